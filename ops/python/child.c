// SPDX-License-Identifier: Apache-2.0
#include "ops/python/child.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "ops/python/answer.h"
#include "ops/python/call.h"
#include "ops/python/glue.h"
#include "ops/python/warm.h"
#include "quern/host.h"
#include "quern/own.h"

#define TOUCH_AFTER_MS 10

// A pipe takes a record of this size in one piece.
static _Noreturn void give_up(const struct heritage *heritage, const struct err *err) {
    ssize_t sent = write(heritage->report, err, sizeof *err);
    _exit(sent == (ssize_t)sizeof *err ? JAIL_EXIT : JAIL_EXIT + 1);
}

// Who stands by is ready when it is warm.
static int get_ready(const struct heritage *heritage, struct err *err) {
    const int keep[] = {heritage->conversation, heritage->report};
    auto_fd int work_dir = -1;
    TRY(jail_prepare(heritage->jail, heritage->slot, &heritage->limits, keep, 2, &work_dir, err));
    if (heritage->standby)
        TRY(warm_touch(err));
    return answer_ready(heritage->conversation, work_dir, err);
}

// Who waits this long waits on a machine that has time to spare. A child that is wanted at once does without: it would
// copy pages that its job may never need.
static int touch_when_idle(const struct heritage *heritage, struct err *err) {
    struct pollfd at = {.fd = heritage->conversation, .events = POLLIN};
    return !heritage->standby && poll(&at, 1, TOUCH_AFTER_MS) == 0 ? warm_touch(err) : 0;
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

// Returns 1, 0 when nobody wants this child any more, -1.
static int take_commit(const struct heritage *heritage, struct call *call, struct err *err) {
    struct host_call record;
    int fds[3] = {-1, -1, -1};
    size_t count = 0;
    int got = record_receive(heritage->conversation, &record, sizeof record, fds, 3, &count, err);
    if (got <= 0)
        return got;
    int done = check_commit(&record, count, err);
    if (done == 0)
        done = put_streams(fds, count, err);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    TRY(done);
    TRY(jail_commit(heritage->jail, &record.limits, err));
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

static void wait_for_end(int conversation) {
    struct host_call ignored;
    while (record_receive(conversation, &ignored, sizeof ignored, NULL, 0, NULL, NULL) > 0)
        ;
}

// A script may fork and come back here twice; only the first process has anything to say.
static _Noreturn void run(const struct call *call) {
    pid_t self = getpid();
    int done = glue_run(call);
    fflush(NULL);
    if (getpid() != self)
        _exit(0);
    if (done < 0 || answer_done(call->conversation, NULL) < 0)
        _exit(JAIL_EXIT);
    wait_for_end(call->conversation);
    _exit(0);
}

_Noreturn void child_main(const struct heritage *heritage) {
    struct call call;
    struct err err;
    call_open(&call, heritage->conversation, heritage->profile);
    if (jail_work_path(heritage->jail, heritage->slot, call.work_dir, &err) < 0 || get_ready(heritage, &err) < 0 ||
        touch_when_idle(heritage, &err) < 0)
        give_up(heritage, &err);
    int wanted = take_commit(heritage, &call, &err);
    if (wanted > 0)
        wanted = take_call(&call, &err);
    if (wanted < 0)
        give_up(heritage, &err);
    if (wanted == 0)
        _exit(0);
    close(heritage->report);
    run(&call);
}
