// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child_memory.h"
#include "quern/clock.h"
#include "quern/events.h"
#include "quern/foreign.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "work_usage.h"

void child_init(struct child *child, struct supervisor_calls *calls) {
    *child = (struct child){.calls = calls,
                            .control = -1,
                            .conversation = -1,
                            .requests = -1,
                            .tree = -1,
                            .process = -1,
                            .work_dir = -1,
                            .memory = {MANIFEST_UNKNOWN, MANIFEST_UNKNOWN}};
    tree_guard_init(&child->guard);
}

static void kill_tree(const struct child *child) {
    if (child->tree >= 0)
        pidfd_send_signal(child->tree, SIGKILL, NULL, 0);
}

static int unwatch(struct child *child, struct err *err) {
    TRY(calls_unwatch(child->calls, err));
    child->watched = false;
    return 0;
}

// Nobody can tell any more how it ends: nothing of it lives on when the job is somebody else's. Each answer that is still owed
// may be the error that led here, and comes before that to UNWATCH.
static void forsake(struct child *child) {
    struct pollfd tree = {.fd = child->tree, .events = POLLIN};
    struct err ignored;
    kill_tree(child);
    own_close(&child->control); // the zygote kills it, too
    while (poll(&tree, 1, -1) < 0 && errno == EINTR)
        ;
    for (uint32_t left = child->calls->owed + 1; left > 0 && unwatch(child, &ignored) < 0; left--)
        ;
}

void child_done(struct child *child) {
    if (child->watched)
        forsake(child);
    tree_guard_done(&child->guard);
    int *const fds[] = {&child->control, &child->tree, &child->process, &child->work_dir};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        own_close(fds[i]);
    foreign_close(&child->conversation, 1);
    foreign_close(&child->requests, 1);
}

// The first thing that is wrong counts; the tree does not outlive it.
static void refuse(struct child *child, const struct err *why) {
    if (!child->refused.reason)
        child->refused = *why;
    kill_tree(child);
}

// ---- start ----

static int receive_first(struct child *child, struct host_spawned *spawned, struct err *err) {
    // The two kinds of answer differ in size: peek at which one it is.
    char first[sizeof(struct host_exited) > sizeof(struct host_spawned) ? sizeof(struct host_exited)
                                                                        : sizeof(struct host_spawned)];
    ssize_t size = recv(child->control, first, sizeof first, MSG_PEEK);
    if (size <= 0)
        return err_set(err, REASON_LOST, "the zygote died when it was asked for a child");
    if ((size_t)size == sizeof child->exit) {
        TRY(record_receive(child->control, &child->exit, sizeof child->exit, NULL, 0, NULL, err));
        err_distrust(&child->exit.err);
        *err = child->exit.err;
        return -1;
    }
    int fds[3];
    size_t count = 0;
    TRY(record_receive(child->control, spawned, sizeof *spawned, fds, 3, &count, err));
    if (count != 3) {
        for (size_t i = 0; i < count; i++)
            close(fds[i]);
        return err_set(err, REASON_BUG, "the zygote's answer came with %zu descriptors instead of 3", count);
    }
    child->conversation = fds[0];
    child->tree = fds[1];
    child->process = fds[2];
    child->facts = spawned->facts;
    child->inherited_bytes = spawned->inherited_bytes;
    return 0;
}

int child_ask(int zygote, const struct job_limits *limits, enum host_when when, struct err *err) {
    int ends[2];
    struct host_spawn spawn = {.version = HOST_VERSION, .when = when, .limits = limits->jail};
    TRY(record_pair(ends, err));
    auto_fd int control = ends[0], its_control = ends[1];
    if (record_send(zygote, &spawn, sizeof spawn, &its_control, 1, err) < 0)
        return err_set(err, REASON_LOST, "the zygote died before it was asked for a child");
    return steal_fd(&control);
}

int child_take(struct child *child, int control, const struct job_limits *limits, struct err *err) {
    struct host_spawned spawned;
    child->control = control;
    child->time_ms = limits->time_ms;
    TRY(receive_first(child, &spawned, err));
    child->watched = true; // also when the supervisor fails to bind it
    return calls_watch(child->calls, &(struct calls_tree){child->tree, child->process, limits}, &child->facts,
                       &child->guard.watch.group, err);
}

// A child that is dead already is not an error here: child_attend() learns why.
static bool is_dead(const struct err *sending) { return sending->sys == EPIPE || sending->sys == ECONNRESET; }

static int tell(const struct child *child, const struct host_call *call, const int *fds, size_t fd_count,
                struct err *err) {
    struct err sending;
    if (record_send(child->conversation, call, sizeof *call, fds, fd_count, &sending) == 0 || is_dead(&sending))
        return 0;
    *err = sending;
    return -1;
}

static const struct host_call lent = {.kind = HOST_LENT};

static int new_file(struct child *child, int *ret, struct err *err) {
    *ret = memory_new("quern-result", 0, err);
    TRY(*ret);
    tree_guard_lend(&child->guard, *ret);
    return 0;
}

static int lend(struct child *child, struct err *err) {
    int file = -1;
    TRY(new_file(child, &file, err));
    return tell(child, &lent, &file, 1, err);
}

// A script that leaves in its queue what it is told would hold us up.
static int lend_next(struct child *child, struct err *err) {
    struct err posting;
    int file = -1;
    TRY(new_file(child, &file, err));
    if (record_post(child->conversation, &lent, sizeof lent, &file, 1, &posting) == 0 || is_dead(&posting))
        return 0;
    return err_set(err, REASON_BAD_RESULT, "the script's process does not take the files that it is lent");
}

// What it is told decides what it may use.
static int watch_call(struct child *child, const struct host_call *call, const int *fds, struct err *err) {
    if (call->kind == HOST_COMMIT)
        child->limits = call->limits;
    if (call->kind == HOST_INPUT && call->flags == OBJECT_DATASET)
        return tree_watch_input(&child->guard.watch, fds[0], err);
    if (call->kind == HOST_START)
        tree_watch_begin(&child->guard.watch, child->process, &child->facts, child->inherited_bytes, &child->limits);
    return 0;
}

int child_send(struct child *child, const struct host_call *call, const int *fds, size_t fd_count, struct err *err) {
    child->segments = child->segments || call->kind == HOST_INPUT;
    TRY(watch_call(child, call, fds, err));
    TRY(tell(child, call, fds, fd_count, err));
    return call->kind == HOST_START && call->task != HOST_TASK_LINT ? lend(child, err) : 0;
}

int child_listen(struct child *child, struct err *err) {
    const struct host_call call = {.kind = HOST_REQUESTS};
    int ends[2];
    TRY(record_pair(ends, err));
    child->requests = ends[0];
    auto_fd int its_end = ends[1];
    return child_send(child, &call, &its_end, 1, err);
}

// ---- listen ----

static int check_result(int fd, uint64_t most, uint64_t *ret_bytes, struct err *err) {
    char text[LIMITS_TEXT_BYTES];
    if (memory_check(fd, most, ret_bytes, err) == 0)
        return 0;
    return err->reason != REASON_LIMIT_OUTPUT
               ? -1
               : err_set(err, REASON_LIMIT_OUTPUT, "a result is larger than the limit of %s for all of them (--result)",
                         limits_show_bytes(most, text));
}

static void take_result(struct child *child, const struct child_listener *listener, const struct host_answer *answer,
                        int *fd) {
    struct err why;
    uint64_t bytes = 0;
    child->segments = true;
    int checked = check_result(*fd, listener->result_bytes, &bytes, &why);
    bool taken = checked == 0 && tree_guard_take_back(&child->guard, *fd);
    if (checked < 0 || listener->on_result(listener->context, answer, steal_fd(fd), &why) < 0 ||
        (taken && lend_next(child, &why) < 0))
        refuse(child, &why);
}

static void take_done(struct child *child) {
    child->done = true;
    child_memory_measure(child->process, child->segments, &child->memory);
    foreign_close(&child->conversation, 1); // lets the child end
}

// Steals `fd` if it keeps it.
static void take_answer(struct child *child, const struct child_listener *listener, const struct host_answer *answer,
                        int *fd) {
    switch ((enum host_answer_kind)answer->kind) {
    case HOST_READY:
        if (child->work_dir < 0) {
            child->work_dir = steal_fd(fd);
            tree_guard_work(&child->guard, &child->facts, child->work_dir);
        }
        break;
    case HOST_RESULT:
        take_result(child, listener, answer, fd);
        break;
    case HOST_NOTE:
        child->met |= answer->met;
        if (!answer->met)
            listener->on_note(listener->context, answer->name, answer->value);
        break;
    case HOST_TRACEBACK:
        memcpy(child->traceback, answer->value, sizeof child->traceback);
        break;
    case HOST_RAISED:
        if (!child->raised.kind)
            child->raised = *answer;
        break;
    case HOST_DONE:
        take_done(child);
        break;
    }
}

static void on_conversation(struct child *child, const struct child_listener *listener) {
    struct host_answer answer;
    struct err why;
    int fd = -1;
    size_t count = 0;
    int got = foreign_receive(child->conversation, &answer, sizeof answer, &fd, 1, &count, &why);
    if (got == 0 || (got < 0 && why.reason == REASON_INFRA)) {
        foreign_close(&child->conversation, 1);
        return;
    }
    if (got < 0) {
        err_set(&why, REASON_BAD_RESULT, "the script's process sent a record that is none");
        refuse(child, &why);
    } else if (++child->answers > HOST_MAX_ANSWERS) {
        err_set(&why, REASON_BAD_RESULT, "the script's process sent more than %u records", HOST_MAX_ANSWERS);
        refuse(child, &why);
    } else if (host_answer_check(&answer, count, &why) < 0) {
        refuse(child, &why);
    } else {
        take_answer(child, listener, &answer, &fd);
    }
    foreign_close(&fd, got > 0 ? 1 : 0);
}

static int answer(struct child *child, const struct child_listener *listener, struct request *request, int *fds,
                  size_t count, struct err *err) {
    struct err why;
    // All others may wait for a service.
    if (request->kind != REQUEST_PROGRESS)
        TRY(tree_guard_start(&child->guard, child->tree, err));
    if (listener->on_request(listener->context, child->work_dir, request, fds, count, &why) < 0)
        refuse(child, &why);
    return 0;
}

static int on_request(struct child *child, const struct child_listener *listener, struct err *err) {
    struct request request;
    struct err why;
    int fds[REQUEST_MAX_FDS];
    size_t count = 0;
    int got = foreign_receive(child->requests, &request, sizeof request, fds, REQUEST_MAX_FDS, &count, &why);
    if (got == 0 || (got < 0 && why.reason == REASON_INFRA)) {
        foreign_close(&child->requests, 1);
    } else if (got < 0) {
        err_set(&why, REASON_BAD_RESULT, "the script's process sent a request that is none");
        refuse(child, &why);
    } else {
        int answered = answer(child, listener, &request, fds, count, err);
        foreign_close(fds, count);
        return answered;
    }
    return 0;
}

// The group tells of orphans, too, which nobody waited for.
static void take_usage(struct child *child) {
    struct cgroup_usage usage;
    struct err why;
    if (!tree_watch_end(&child->guard.watch, &usage))
        return;
    child->exit.user_us = usage.cpu.user_us;
    child->exit.system_us = usage.cpu.system_us;
    if (usage.out_of_processes)
        child->met |= CHILD_MET(REASON_LIMIT_PROCESSES);
    if (!usage.out_of_memory || child->done)
        return;
    tree_watch_killed(&child->guard.watch, &usage, &why);
    refuse(child, &why);
}

static int end_guard(struct child *child, struct err *err) {
    struct err why;
    int found = tree_guard_end(&child->guard, &why, err);
    if (found > 0)
        refuse(child, &why);
    return found < 0 ? -1 : 0;
}

static int on_control(struct child *child, struct err *err) {
    struct err why;
    int got = record_receive(child->control, &child->exit, sizeof child->exit, NULL, 0, NULL, err);
    TRY(got);
    if (got == 0)
        return err_set(err, REASON_LOST, "the zygote died while a job ran");
    err_distrust(&child->exit.err);
    child->exited = true;
    TRY(end_guard(child, err));
    take_usage(child);
    if (child->facts.mount_ns && work_is_full(child->work_dir))
        child->met |= CHILD_MET(REASON_LIMIT_DISK);
    if (tree_watch_last_survey(&child->guard.watch, &why) > 0)
        refuse(child, &why);
    return 0;
}

static int on_output(const struct child_listener *listener, struct spool *spool, uint32_t stream, struct err *err) {
    char bytes[EVENT_BYTES];
    size_t count = 0;
    TRY(spool_take(spool, bytes, sizeof bytes, &count, err));
    if (count && listener->on_output)
        listener->on_output(listener->context, stream, bytes, count);
    return 0;
}

static int on_supervisor(struct child *child, struct err *err) {
    TRY(calls_take_unasked(child->calls, err));
    if (calls_end(child->calls))
        kill_tree(child);
    return 0;
}

static void on_turn(struct child *child, const struct child_listener *listener) {
    if (!listener->on_turn)
        return;
    listener->on_turn(listener->context);
    if (calls_end(child->calls))
        kill_tree(child);
}

enum { CONVERSATION, REQUESTS, CONTROL, SUPERVISOR, OUT, ERR, OTHER, SOURCES };

static int spool_end(const struct spool *spool) { return spool ? spool->read_end : -1; }

// Returns 1 when nothing is left to hear. What a dead tree said lies there to its end: who else has the other side of it, a
// socket in whose queue it was left perhaps, says nothing any more.
static int attend_once(struct child *child, const struct child_listener *listener, struct err *err) {
    const bool dead = child->exited;
    uint64_t deadline_ns = CLOCK_NEVER;
    int other = listener->on_wait ? listener->on_wait(listener->context, &deadline_ns) : -1;
    uint64_t look_ns = dead ? 0 : tree_guard_next_ns(&child->guard);
    deadline_ns = look_ns < deadline_ns ? look_ns : deadline_ns;
    struct pollfd polls[SOURCES] = {
        [CONVERSATION] = {.fd = child->conversation, .events = POLLIN},
        [REQUESTS] = {.fd = child->requests, .events = POLLIN},
        [CONTROL] = {.fd = dead ? -1 : child->control, .events = POLLIN},
        [SUPERVISOR] = {.fd = child->calls->socket, .events = POLLIN},
        [OUT] = {.fd = spool_end(listener->out), .events = POLLIN},
        [ERR] = {.fd = spool_end(listener->err), .events = POLLIN},
        [OTHER] = {.fd = other, .events = POLLIN},
    };
    if (poll(polls, SOURCES, clock_poll_ms(deadline_ns)) < 0)
        return errno == EINTR ? 0 : err_sys(err, REASON_BUG, "the worker's poll");
    if (dead && !polls[OUT].revents && !polls[ERR].revents && !polls[CONVERSATION].revents)
        return 1;
    // Output first, so that what a script printed stands before what became of it.
    if (polls[OUT].revents)
        TRY(on_output(listener, listener->out, 1, err));
    if (polls[ERR].revents)
        TRY(on_output(listener, listener->err, 2, err));
    if (polls[CONVERSATION].revents)
        on_conversation(child, listener);
    if (polls[SUPERVISOR].revents)
        TRY(on_supervisor(child, err));
    if (polls[CONTROL].revents)
        TRY(on_control(child, err));
    // Behind the supervisor: a request may ask it, and takes from its socket what the poll saw there.
    if (polls[REQUESTS].revents)
        TRY(on_request(child, listener, err));
    if (clock_now_ns() >= look_ns)
        TRY(tree_guard_start(&child->guard, child->tree, err));
    on_turn(child, listener);
    return 0;
}

int child_attend(struct child *child, const struct child_listener *listener, struct err *err) {
    if (calls_end(child->calls))
        kill_tree(child);
    int done;
    do
        done = attend_once(child, listener, err);
    while (done == 0);
    return done < 0 ? -1 : unwatch(child, err);
}
