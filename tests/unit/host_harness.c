// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/host_harness.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"

int harness_wait(int fd, struct err *err) {
    uint64_t deadline = clock_deadline_ns(HARNESS_MS);
    for (;;) {
        struct pollfd at = {.fd = fd, .events = POLLIN};
        int got = poll(&at, 1, clock_poll_ms(deadline));
        if (got > 0)
            return 0;
        if (got == 0)
            return err_set(err, REASON_INFRA, "nothing came within %u ms", HARNESS_MS);
        if (errno != EINTR)
            return err_sys(err, REASON_INFRA, "poll");
    }
}

static void close_all(int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        own_close(&fds[i]);
}

static int start(struct harness *harness, const char *program, const char *option, const int *fds, struct err *err) {
    const char *const argv[] = {program, "test", option, NULL};
    const char *const environ[] = {"SECRET=not for jobs", "TZ=UTC", NULL};
    const struct jail_spawn spawn = {
        .program = program, .argv = argv, .environ = environ, .fds = fds, .fd_count = 3, .isolate = true};
    return jail_spawn(&spawn, &harness->pidfd, &harness->pid, err);
}

int harness_open(struct harness *harness, const char *program, const char *option, const char *text, struct err *err) {
    int requests[2] = {-1, -1}, supervisor[2] = {-1, -1};
    *harness = (struct harness){.supervisor = -1, .requests = -1, .pidfd = -1};
    TRY(record_pair(requests, err));
    TRY(record_pair(supervisor, err));
    auto_fd int environment = memory_from("environment", text, strlen(text), err);
    const int fds[] = {requests[1], supervisor[1], environment};
    int started = start(harness, program, option, fds, err);
    close_all(&requests[1], 1);
    close_all(&supervisor[1], 1);
    harness->requests = requests[0];
    harness->supervisor = supervisor[0];
    TRY(started);
    TRY(harness_wait(harness->supervisor, err));
    int got = record_receive(harness->supervisor, &harness->ready, sizeof harness->ready, NULL, 0, NULL, err);
    return got == 0 ? err_set(err, REASON_INFRA, "the zygote went without a word") : got;
}

int harness_close(struct harness *harness, struct err *err) {
    close_all(&harness->supervisor, 1);
    close_all(&harness->requests, 1);
    TRY(harness_wait(harness->pidfd, err));
    siginfo_t info;
    waitid(P_PIDFD, (id_t)harness->pidfd, &info, WEXITED);
    close_all(&harness->pidfd, 1);
    return 0;
}

int child_open(const struct harness *harness, struct harness_child *child, struct err *err) {
    struct jail_limits limits;
    jail_limits_default(&limits);
    return child_open_with(harness, &limits, child, err);
}

int child_open_with(const struct harness *harness, const struct jail_limits *limits, struct harness_child *child,
                    struct err *err) {
    return child_request(harness, &(struct host_spawn){.version = HOST_VERSION, .limits = *limits}, child, err);
}

int child_open_ahead(const struct harness *harness, struct harness_child *child, struct err *err) {
    struct host_spawn request = {.version = HOST_VERSION, .when = HOST_AHEAD};
    jail_limits_default(&request.limits);
    return child_request(harness, &request, child, err);
}

int child_request(const struct harness *harness, const struct host_spawn *request, struct harness_child *child,
                  struct err *err) {
    int control[2];
    *child = (struct harness_child){.control = -1, .conversation = -1, .tree = -1, .pidfd = -1};
    TRY(record_pair(control, err));
    child->control = control[0];
    int sent = record_send(harness->requests, request, sizeof *request, &control[1], 1, err);
    close(control[1]);
    TRY(sent);
    // Refusals have another size: look at it first.
    TRY(harness_wait(child->control, err));
    char first[sizeof(struct host_exited)];
    if (recv(child->control, first, sizeof first, MSG_PEEK) == (ssize_t)sizeof(struct host_exited)) {
        TRY(child_exited(child, err));
        *err = child->exited.err;
        return -1;
    }
    struct host_spawned spawned;
    int fds[3];
    size_t count = 0;
    if (record_receive(child->control, &spawned, sizeof spawned, fds, 3, &count, err) != 1 || count != 3)
        return err_set(err, REASON_INFRA, "no child came");
    child->conversation = fds[0];
    child->tree = fds[1];
    child->pidfd = fds[2];
    return 0;
}

int child_lend(struct harness_child *child, struct err *err) {
    const struct host_call record = {.kind = HOST_LENT};
    auto_fd int file = memory_new("lent", 0, err);
    TRY(file);
    return child_send(child, &record, file, err);
}

int child_answer(struct harness_child *child, struct host_answer *answer, int *ret_fd, struct err *err) {
    size_t count = 0;
    *ret_fd = -1;
    TRY(harness_wait(child->conversation, err));
    int got = record_receive(child->conversation, answer, sizeof *answer, ret_fd, 1, &count, err);
    if (got == 1)
        TRY(host_answer_check(answer, count, err));
    if (got == 1 && answer->kind == HOST_RESULT)
        TRY(child_lend(child, err));
    return got;
}

int child_done(struct harness_child *child, struct err *err) {
    struct host_answer answer;
    do {
        auto_fd int fd = -1;
        int got = child_answer(child, &answer, &fd, err);
        TRY(got);
        if (got == 0)
            return err_set(err, REASON_INFRA, "the child went without DONE");
        if (answer.kind == HOST_RAISED)
            return err_set(err, REASON_EXCEPTION, "%s", answer.value);
    } while (answer.kind != HOST_DONE);
    return 0;
}

// A child that ends before it is ready says why in host_exited.
int child_ready(struct harness_child *child, struct err *err) {
    struct host_answer answer;
    auto_fd int work_dir = -1;
    int got = child_answer(child, &answer, &work_dir, err);
    TRY(got);
    if (got == 1 && answer.kind == HOST_READY)
        return 0;
    if (got == 1)
        return err_set(err, REASON_BUG, "expected READY, found answer %u", answer.kind);
    TRY(child_exited(child, err));
    return err_set(err, REASON_INFRA, "the child ended with %d, signal %d: %s", child->exited.code,
                   child->exited.signal, child->exited.err.msg);
}

int child_send(struct harness_child *child, const struct host_call *record, int fd, struct err *err) {
    return record_send(child->conversation, record, sizeof *record, &fd, fd >= 0, err);
}

int child_commit(struct harness_child *child, int out, struct err *err) {
    struct host_call record = {.kind = HOST_COMMIT};
    jail_limits_default(&record.limits);
    const int fds[] = {out, out};
    return record_send(child->conversation, &record, sizeof record, fds, 2, err);
}

int child_start(struct harness_child *child, const char *script, struct err *err) {
    struct host_call record = {.kind = HOST_SCRIPT, .name = "script.py"};
    auto_fd int fd = memory_from("script", script, strlen(script), err);
    TRY(child_send(child, &record, fd, err));
    record = (struct host_call){.kind = HOST_START, .task = HOST_TASK_RUN, .dialect = HOST_QUERN};
    TRY(child_send(child, &record, -1, err));
    return child_lend(child, err);
}

int child_exited(struct harness_child *child, struct err *err) {
    TRY(harness_wait(child->control, err));
    int got = record_receive(child->control, &child->exited, sizeof child->exited, NULL, 0, NULL, err);
    return got == 0 ? err_set(err, REASON_INFRA, "the zygote is gone") : got < 0 ? -1 : 0;
}

void child_close(struct harness_child *child) {
    close_all(&child->control, 1);
    close_all(&child->conversation, 1);
    close_all(&child->tree, 1);
    close_all(&child->pidfd, 1);
    child->control = child->conversation = child->tree = child->pidfd = -1;
}
