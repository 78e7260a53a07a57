// SPDX-License-Identifier: Apache-2.0
// A worker's child, whose zygote, supervisor and script are the test itself: what they say lies there before it is asked for.
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/worker/child.h"
#include "quern/clock.h"
#include "tests/unit/sleeper.h"

struct world {
    struct supervisor_calls calls;
    struct child child;
    struct job_limits limits;
    int supervisor, zygote, script, its_zygote; // the other ends; that of the zygote until the child takes it
    pid_t tree;
    uint32_t requests;
};

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    int calls[2], control[2], conversation[2];
    world->tree = sleeper(); // first, so that it has none of the ends
    assert_int_equal(record_pair(calls, NULL), 0);
    assert_int_equal(record_pair(control, NULL), 0);
    assert_int_equal(record_pair(conversation, NULL), 0);
    world->calls.socket = calls[0];
    world->supervisor = calls[1];
    world->its_zygote = control[0];
    world->zygote = control[1];
    world->script = conversation[1];
    world->limits = (struct job_limits){.time_ms = 60000, .jail = {.memory_bytes = 1 << 30, .processes = 16}};
    int tree = pidfd_open(world->tree, 0);
    const struct host_spawned spawned = {.facts = {.bound = JAIL_BOUND_POLLED, .pid_ns = true, .mount_ns = true}};
    assert_int_equal(
        record_send(world->zygote, &spawned, sizeof spawned, (int[]){conversation[0], tree, tree}, 3, NULL), 0);
    close(conversation[0]);
    close(tree);
    child_init(&world->child, &world->calls);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    kill(world->tree, SIGKILL);
    waitpid(world->tree, NULL, 0);
    close(world->calls.socket);
    close(world->supervisor);
    close(world->zygote);
    close(world->script);
    free(world);
    return 0;
}

static void supervisor_answers(const struct world *world, enum reason reason) {
    const struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY, .err = {.reason = reason}};
    assert_int_equal(record_send(world->supervisor, &reply, sizeof reply, NULL, 0, NULL), 0);
}

// The kind of the next call that the supervisor got, or 0.
static uint32_t said(const struct world *world) {
    struct pollfd polled = {.fd = world->supervisor, .events = POLLIN};
    struct supervisor_call call;
    int fds[2];
    size_t count = 0;
    if (poll(&polled, 1, 0) != 1)
        return 0;
    assert_int_equal(record_receive(world->supervisor, &call, sizeof call, fds, 2, &count, NULL), 1);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    return call.kind;
}

static int take(struct world *world) {
    struct err err;
    return child_take(&world->child, world->its_zygote, &world->limits, &err);
}

// Without waiting for it: it was to be dead before child_done() returned.
static void assert_forsaken(const struct world *world) {
    siginfo_t info = {0};
    assert_int_equal(waitid(P_PID, (id_t)world->tree, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    assert_int_equal(info.si_status, SIGKILL);
    assert_int_equal(said(world), SUPERVISOR_WATCH);
    assert_int_equal(said(world), SUPERVISOR_UNWATCH);
    assert_int_equal(said(world), 0);
}

static void c_a_tree_is_forsaken_when_its_child_cannot_be_told(void **state) {
    struct world *world = *state;
    struct err err;
    const struct host_call input = {.kind = HOST_INPUT, .flags = OBJECT_DATASET};
    supervisor_answers(world, REASON_NONE);
    supervisor_answers(world, REASON_NONE);
    assert_int_equal(take(world), 0);
    assert_int_equal(child_send(&world->child, &input, (int[]){-1}, 1, &err), -1);
    child_done(&world->child);
    assert_forsaken(world);
}

static void c_a_tree_is_forsaken_that_could_not_be_bound(void **state) {
    struct world *world = *state;
    world->calls.grouped = true;
    supervisor_answers(world, REASON_INFRA);
    supervisor_answers(world, REASON_NONE);
    assert_int_equal(take(world), -1);
    child_done(&world->child);
    assert_forsaken(world);
}

static void c_a_late_answer_does_not_keep_a_tree_watched(void **state) {
    struct world *world = *state;
    supervisor_answers(world, REASON_BUG); // to WATCH, for which nobody waits
    supervisor_answers(world, REASON_NONE);
    assert_int_equal(take(world), 0);
    child_done(&world->child);
    assert_forsaken(world);
}

static void c_a_tree_is_forsaken_when_the_zygote_dies(void **state) {
    struct world *world = *state;
    struct err err;
    const struct child_listener listener = {.context = world};
    supervisor_answers(world, REASON_NONE);
    supervisor_answers(world, REASON_NONE);
    assert_int_equal(take(world), 0);
    close(world->zygote);
    world->zygote = -1;
    assert_int_equal(child_attend(&world->child, &listener, &err), -1);
    child_done(&world->child);
    assert_forsaken(world);
}

static int on_request(void *context, int work_dir, struct request *request, const int *fds, size_t fd_count,
                      struct err *err) {
    struct world *world = context;
    (void)work_dir, (void)request, (void)fds, (void)fd_count, (void)err;
    world->requests++;
    return 0;
}

// Its last request, and that it is dead, are heard in one turn.
static void c_a_last_request_does_not_begin_the_guard_again(void **state) {
    struct world *world = *state;
    const struct child_listener listener = {.context = world, .on_request = on_request};
    const struct host_call start = {.kind = HOST_START, .task = HOST_TASK_LINT};
    const struct host_exited exited = {.code = 0};
    const struct request request = {.kind = REQUEST_FIND, .name = "key"};
    struct host_call call;
    int requests = -1;
    size_t count = 0;
    supervisor_answers(world, REASON_NONE);
    supervisor_answers(world, REASON_NONE);
    assert_int_equal(take(world), 0);
    assert_int_equal(child_listen(&world->child, NULL), 0);
    assert_int_equal(record_receive(world->script, &call, sizeof call, &requests, 1, &count, NULL), 1);
    assert_int_equal(child_send(&world->child, &start, NULL, 0, NULL), 0);
    assert_true(tree_guard_next_ns(&world->child.guard) != CLOCK_NEVER);
    assert_int_equal(record_send(requests, &request, sizeof request, NULL, 0, NULL), 0);
    assert_int_equal(record_send(world->zygote, &exited, sizeof exited, NULL, 0, NULL), 0);
    assert_int_equal(child_attend(&world->child, &listener, NULL), 0);
    assert_int_equal(world->requests, 1);
    assert_false(world->child.guard.running);
    assert_true(tree_guard_next_ns(&world->child.guard) == CLOCK_NEVER);
    close(requests);
    child_done(&world->child);
    assert_int_equal(said(world), SUPERVISOR_WATCH);
    assert_int_equal(said(world), SUPERVISOR_UNWATCH);
    assert_int_equal(said(world), 0); // once
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(c_a_tree_is_forsaken_when_its_child_cannot_be_told), CASE(c_a_tree_is_forsaken_that_could_not_be_bound),
        CASE(c_a_late_answer_does_not_keep_a_tree_watched),       CASE(c_a_tree_is_forsaken_when_the_zygote_dies),
        CASE(c_a_last_request_does_not_begin_the_guard_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
