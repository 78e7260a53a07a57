// SPDX-License-Identifier: Apache-2.0
#include "ops/python/child.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/python/answer.h"
#include "ops/python/call.h"
#include "ops/python/full_disk.h"
#include "ops/python/glue.h"
#include "ops/python/rehearsal.h"
#include "quern/clock.h"
#include "quern/host.h"
#include "quern/own.h"

enum { IDLE_MS = 10, LINGER_NS = 500000 };

struct child {
    const struct heritage *heritage;
    struct glue glue;
    struct call call;
    uint64_t space_bytes; // by jail_measure()
};

// A pipe takes a record of this size in one piece.
static bool report(const struct heritage *heritage, const struct heritage_report *report) {
    return write(heritage->report, report, sizeof *report) == (ssize_t)sizeof *report;
}

static _Noreturn void give_up(const struct heritage *heritage, const struct err *err) {
    _exit(report(heritage, &(struct heritage_report){.err = *err}) ? JAIL_EXIT : JAIL_EXIT + 1);
}

static int report_usage(const struct heritage *heritage, struct err *err) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) < 0 ||
        !report(heritage, &(struct heritage_report){.user = usage.ru_utime, .system = usage.ru_stime}))
        return err_sys(err, REASON_INFRA, "telling the zygote what was used before the job");
    return 0;
}

// Until the job's are here: of their kind, and nobody reads them. The host's log is not for foreign code.
static int put_no_streams(int unread, struct err *err) {
    if (dup2(unread, STDOUT_FILENO) < 0 || dup2(unread, STDERR_FILENO) < 0)
        return err_sys(err, REASON_INFRA, "streams without a reader");
    close(unread);
    return 0;
}

// Who stands by is ready when it is warm.
static int get_ready(struct child *child, struct err *err) {
    const struct heritage *heritage = child->heritage;
    const int keep[] = {heritage->conversation, heritage->report, heritage->unread};
    auto_fd int work_dir = -1;
    TRY(jail_prepare(heritage->jail, heritage->slot, &heritage->limits, keep, 3, &work_dir, err));
    TRY(put_no_streams(heritage->unread, err));
    const char *module = heritage->bare ? "quern.lint" : "quern.entry";
    TRY(glue_open(&child->glue, module, heritage->conversation, child->call.work_dir, err));
    if (heritage->standby)
        TRY(rehearsal_run(&child->glue, heritage->profile, err));
    if (jail_facts(heritage->jail)->mount_ns)
        TRY(full_disk_watch(heritage->conversation, err));
    return answer_ready(heritage->conversation, work_dir, err);
}

// Who waits this long waits on a machine that has time to spare. A child that is wanted at once does without: it would
// copy pages that its job may never need.
static int rehearse_when_idle(const struct child *child, struct err *err) {
    const struct heritage *heritage = child->heritage;
    struct pollfd at = {.fd = heritage->conversation, .events = POLLIN};
    bool cold = !heritage->standby && !heritage->bare;
    return cold && poll(&at, 1, IDLE_MS) == 0 ? rehearsal_run(&child->glue, heritage->profile, err) : 0;
}

// Python's streams remember what kind of file they were opened on.
static bool is_pipe(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// fds: stdout, stderr[, stdin].
static int put_streams(const int fds[3], size_t count, struct err *err) {
    static const int homes[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};
    for (size_t i = 0; i < count && i < 3; i++)
        if (dup2(fds[i], homes[i]) < 0)
            return err_sys(err, REASON_INFRA, "COMMIT: stream %d", homes[i]);
    return 0;
}

static int check_commit(const struct host_call *record, size_t fd_count, struct err *err) {
    if (record->kind != HOST_COMMIT)
        return err_set(err, REASON_BUG, "expected COMMIT first, found record %u", record->kind);
    if (fd_count < 2 || fd_count > 3)
        return err_set(err, REASON_BUG, "COMMIT: expected 2 or 3 descriptors, found %zu", fd_count);
    return jail_limits_check(&record->limits, err);
}

// A processor that was left for a moment takes longer to come back than what the job has to wait for else.
static void linger(int conversation) {
    struct pollfd at = {.fd = conversation, .events = POLLIN};
    uint64_t until = clock_now_ns() + LINGER_NS;
    while (poll(&at, 1, 0) == 0 && clock_now_ns() < until)
        ;
}

// Returns 1 with the first record of the job, 0 when nobody wants this child any more, -1.
static int await_commit(const struct child *child, struct host_call *record, int fds[3], size_t *count,
                        struct err *err) {
    const struct call *call = &child->call;
    for (;;) {
        int got = record_receive(call->conversation, record, sizeof *record, fds, 3, count, err);
        if (got <= 0 || record->kind != HOST_SOON || *count)
            return got;
        TRY(rehearsal_again(&child->glue, child->heritage->profile, call->conversation, err));
        linger(call->conversation);
    }
}

// Returns 1, 0 when nobody wants this child any more, -1.
static int take_commit(struct child *child, struct err *err) {
    struct host_call record;
    struct call *call = &child->call;
    int fds[3] = {-1, -1, -1};
    size_t count = 0;
    int got = await_commit(child, &record, fds, &count, err);
    if (got <= 0)
        return got;
    int done = check_commit(&record, count, err);
    call->other_streams = count != 2 || !is_pipe(fds[0]) || !is_pipe(fds[1]);
    if (done == 0)
        done = put_streams(fds, count, err);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    TRY(done);
    TRY(report_usage(child->heritage, err));
    TRY(jail_commit(child->heritage->jail, child->space_bytes, &record.limits, err));
    call->result_bytes = record.limits.file_bytes;
    return 1;
}

// Returns 1 when the call is complete, 0 when nobody wants this child any more, -1.
static int take_call(struct call *call, struct err *err) {
    for (;;) {
        struct host_call record;
        auto_fd int fd = -1;
        size_t count = 0;
        int got = record_receive(call->conversation, &record, sizeof record, &fd, 1, &count, err);
        if (got <= 0)
            return got;
        int done = call_take(call, &record, &fd, err);
        if (done)
            return done;
    }
}

// The file that was lent for one more result may be waiting.
static void wait_for_end(int conversation) {
    struct host_call ignored;
    for (;;) {
        auto_fd int unused = -1;
        size_t count = 0;
        if (record_receive(conversation, &ignored, sizeof ignored, &unused, 1, &count, NULL) <= 0)
            return;
    }
}

// A script may fork and come back here twice; only the first process has anything to say.
static _Noreturn void run(const struct child *child) {
    const struct call *call = &child->call;
    pid_t self = getpid();
    int done = glue_run(&child->glue, call);
    fflush(NULL);
    if (getpid() != self)
        _exit(0);
    if (done < 0 || answer_done(call->conversation, NULL) < 0)
        _exit(JAIL_EXIT);
    wait_for_end(call->conversation);
    _exit(0);
}

_Noreturn void child_main(const struct heritage *heritage) {
    struct child child = {.heritage = heritage};
    struct err err;
    call_open(&child.call, heritage->conversation, heritage->profile);
    if (jail_work_path(heritage->jail, heritage->slot, child.call.work_dir, &err) < 0 || get_ready(&child, &err) < 0 ||
        rehearse_when_idle(&child, &err) < 0 || jail_measure(&child.space_bytes, &err) < 0)
        give_up(heritage, &err);
    int wanted = take_commit(&child, &err);
    if (wanted > 0)
        wanted = take_call(&child.call, &err);
    if (wanted < 0)
        give_up(heritage, &err);
    if (wanted == 0)
        _exit(0);
    close(heritage->report);
    run(&child);
}
