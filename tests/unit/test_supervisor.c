// SPDX-License-Identifier: Apache-2.0
// The supervisor, with workers that are the test itself: it sends their calls and lets the supervisor turn.
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/supervisor/supervisor.h"
#include "quern/clock.h"
#include "quern/memory.h"
#include "tests/unit/sleeper.h"

enum { WORKERS = 3, UNIT = 1000 };

struct world {
    struct supervisor supervisor;
    struct environment environment;
    int ends[WORKERS]; // the workers' ends of their conversations
    pid_t pids[WORKERS];
    uint32_t idle, holds, steps, done, deaths;
    char wake[QUEUE_WAKE_BYTES];
    bool drained;
    enum job_state state;
    enum reason reason;
    int tree; // looked at when a death is told
    bool tree_was_dead;
};

static void on_event(void *context, uint32_t worker, const struct event *event, int fd) {
    (void)context, (void)worker, (void)event, (void)fd;
}

static void on_idle(void *context, uint32_t worker, uint32_t queue, const char *wake, bool drained) {
    struct world *world = context;
    (void)worker, (void)queue;
    world->drained = drained;
    world->idle++;
    memcpy(world->wake, wake, sizeof world->wake);
}

static void on_hold(void *context, uint32_t worker, bool fresh) {
    struct world *world = context;
    (void)worker;
    world->holds += fresh;
    world->steps += !fresh;
}

static void on_done(void *context, uint32_t worker, const struct supervisor_end *end) {
    struct world *world = context;
    (void)worker;
    world->done++;
    world->state = (enum job_state)end->state;
    world->reason = (enum reason)end->reason;
}

static void on_death(void *context, uint32_t worker) {
    struct world *world = context;
    struct pollfd tree = {.fd = world->tree, .events = POLLIN};
    (void)worker;
    world->deaths++;
    world->tree_was_dead = poll(&tree, 1, 0) == 1;
}

static const struct supervisor_hooks hooks = {
    .on_event = on_event, .on_idle = on_idle, .on_hold = on_hold, .on_done = on_done, .on_death = on_death};

static void add_worker(struct world *world, uint32_t index) {
    int ends[2];
    assert_int_equal(record_pair(ends, NULL), 0);
    world->ends[index] = ends[1];
    world->pids[index] = sleeper();
    world->supervisor.workers[index] = (struct worker_link){.alive = true,
                                                            .calls = ends[0],
                                                            .events = -1,
                                                            .tree = -1,
                                                            .pidfd = pidfd_open(world->pids[index], 0),
                                                            .step_deadline_ns = CLOCK_NEVER,
                                                            .cancel_deadline_ns = CLOCK_NEVER,
                                                            .tree_deadline_ns = CLOCK_NEVER,
                                                            .wait_ends_ns = CLOCK_NEVER};
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    environment_default(&world->environment);
    supervisor_init(&world->supervisor, &hooks, world, 3 * UNIT);
    assert_non_null(supervisor_offer(&world->supervisor, &world->environment));
    world->tree = -1;
    for (uint32_t i = 0; i < WORKERS; i++)
        add_worker(world, i);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    supervisor_done(&world->supervisor);
    for (uint32_t i = 0; i < WORKERS; i++)
        close(world->ends[i]);
    free(world);
    return 0;
}

static void turn(struct world *world) {
    world->supervisor.alarm_ns = clock_now_ns(); // what is there, and no more
    assert_int_equal(supervisor_turn(&world->supervisor, NULL), 0);
}

// True when the worker was told something; a descriptor that came along is closed.
static bool heard(struct world *world, uint32_t worker, struct supervisor_reply *reply) {
    struct pollfd end = {.fd = world->ends[worker], .events = POLLIN};
    int fds[SUPERVISOR_MAX_KEYS];
    size_t count = 0;
    if (poll(&end, 1, 0) != 1)
        return false;
    assert_int_equal(record_receive(world->ends[worker], reply, sizeof *reply, fds, SUPERVISOR_MAX_KEYS, &count, NULL),
                     1);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    return true;
}

static void tell(struct world *world, uint32_t worker, const struct supervisor_call *call, int fd) {
    assert_int_equal(record_send(world->ends[worker], call, sizeof *call, &fd, fd >= 0, NULL), 0);
    turn(world);
}

static struct err ask(struct world *world, uint32_t worker, const struct supervisor_call *call) {
    struct supervisor_reply reply;
    tell(world, worker, call, -1);
    assert_true(heard(world, worker, &reply));
    assert_int_equal(reply.kind, SUPERVISOR_REPLY);
    return reply.err;
}

#define ASK(world, worker, ...) ask(world, worker, &(struct supervisor_call){__VA_ARGS__})
#define ASK_WELL(world, worker, ...) assert_int_equal(ASK(world, worker, __VA_ARGS__).reason, 0)

static void wait_for_turn(struct world *world, uint32_t worker, const char *wake) {
    struct supervisor_call call = {.kind = SUPERVISOR_IDLE};
    struct supervisor_reply reply;
    snprintf(call.wake, sizeof call.wake, "%s", wake);
    tell(world, worker, &call, -1);
    assert_false(heard(world, worker, &reply));
}

static void claim(struct world *world, uint32_t worker) {
    struct supervisor_reply reply;
    wait_for_turn(world, worker, "");
    supervisor_let_claim(&world->supervisor, worker, 0);
    assert_true(heard(world, worker, &reply));
}

static void hold(struct world *world, uint32_t worker) {
    claim(world, worker);
    ASK_WELL(world, worker, .kind = SUPERVISOR_HOLD, .id = "job", .token = "1-a");
}

// ---- turns ----

static void b_a_worker_waits_until_it_may_claim(void **state) {
    struct world *world = *state;
    struct supervisor_reply first, second;
    wait_for_turn(world, 0, "7-1");
    assert_string_equal(world->wake, "7-1");
    supervisor_let_claim(&world->supervisor, 0, 2);
    assert_true(heard(world, 0, &first));
    assert_int_equal(first.count, 1);
    assert_int_equal(first.queue, 2);
    assert_int_equal(strspn(first.nonce, "0123456789abcdef"), 32);
    wait_for_turn(world, 0, "8-1");
    supervisor_let_claim(&world->supervisor, 0, 1);
    assert_true(heard(world, 0, &second));
    assert_string_not_equal(first.nonce, second.nonce);
    assert_int_equal(world->idle, 2);
}

static void b_a_worker_that_is_not_needed_exits(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    wait_for_turn(world, 0, "");
    supervisor_dismiss(&world->supervisor, 0);
    assert_true(heard(world, 0, &reply));
    assert_int_equal(reply.count, 0);
    assert_int_equal(reply.err.reason, 0);
}

static void b_a_job_is_held_and_done(void **state) {
    struct world *world = *state;
    hold(world, 0);
    ASK_WELL(world, 0, .kind = SUPERVISOR_STEP, .step = STEP_LOAD, .deadline_ms = 1000);
    assert_int_equal(world->holds, 1);
    assert_int_equal(world->steps, 1);
    assert_string_equal(world->supervisor.workers[0].id, "job");
    ASK_WELL(world, 0, .kind = SUPERVISOR_DONE, .end = {.state = JOB_FAILED, .reason = REASON_EXCEPTION});
    assert_int_equal(world->done, 1);
    assert_int_equal(world->state, JOB_FAILED);
    assert_int_equal(world->reason, REASON_EXCEPTION);
    wait_for_turn(world, 0, "");
}

static void b_a_job_is_told_to_end_once(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    hold(world, 0);
    supervisor_end_job(&world->supervisor, 0, SUPERVISOR_FENCED);
    supervisor_end_job(&world->supervisor, 0, SUPERVISOR_CANCEL);
    assert_true(heard(world, 0, &reply));
    assert_int_equal(reply.kind, SUPERVISOR_FENCED);
    assert_false(heard(world, 0, &reply));
}

static void f_calls_out_of_turn_are_refused(void **state) {
    struct world *world = *state;
    assert_string_equal(ASK(world, 0, .kind = SUPERVISOR_HOLD, .id = "job", .token = "1-a").msg,
                        "HOLD: not expected of a worker in turn 0");
    assert_string_equal(ASK(world, 0, .kind = SUPERVISOR_DONE).msg, "DONE: not expected of a worker in turn 0");
    hold(world, 0);
    assert_string_equal(ASK(world, 0, .kind = SUPERVISOR_IDLE).msg, "IDLE: not expected of a worker in turn 3");
    assert_string_equal(ASK(world, 0, .kind = SUPERVISOR_DONE, .end = {.state = 99}).msg,
                        "DONE: state 99 for reason 0 does not exist");
    claim(world, 1);
    assert_string_equal(ASK(world, 1, .kind = SUPERVISOR_HOLD, .queue = 1, .id = "job").msg,
                        "HOLD: not expected of a worker in turn 2");
    struct supervisor_call endless = {.kind = SUPERVISOR_HOLD};
    memset(endless.id, 'a', sizeof endless.id);
    assert_string_equal(ask(world, 1, &endless).msg, "HOLD: expected an id and a token");
}

static void b_environments_are_known_by_name(void **state) {
    struct world *world = *state;
    assert_string_equal(
        ASK(world, 0, .kind = SUPERVISOR_CONNECT, .peer = SUPERVISOR_PEER_ZYGOTE, .environment = "other").msg,
        "environment other: not known on this host");
}

// ---- death ----

static void until_dead(struct world *world, uint32_t deaths) {
    uint64_t deadline_ns = clock_deadline_ns(20000);
    while (world->deaths < deaths) {
        assert_true(clock_now_ns() < deadline_ns);
        world->supervisor.alarm_ns = clock_deadline_ns(10);
        assert_int_equal(supervisor_turn(&world->supervisor, NULL), 0);
    }
}

static void c_a_death_is_told_when_the_tree_is_dead(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    pid_t tree = sleeper();
    world->tree = pidfd_open(tree, 0);
    hold(world, 0);
    tell(world, 0, &(struct supervisor_call){.kind = SUPERVISOR_WATCH}, world->tree);
    assert_true(heard(world, 0, &reply));
    assert_int_equal(kill(world->pids[0], SIGKILL), 0);
    until_dead(world, 1);
    assert_true(world->tree_was_dead);
    assert_string_equal(world->supervisor.workers[0].id, "job");
    assert_int_equal(world->supervisor.workers[0].wait_signal, SIGKILL);
    assert_false(world->supervisor.workers[0].alive);
    assert_int_equal(waitpid(tree, NULL, 0), tree);
    close(world->tree);
}

static void until_readable(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 20000), 1);
}

// A worker does not wait for the answers to STEP and WATCH: it may be dead before the supervisor has read them.
static void c_a_tree_is_killed_of_which_only_a_dead_worker_told(void **state) {
    struct world *world = *state;
    const struct supervisor_call step = {.kind = SUPERVISOR_STEP, .step = STEP_RUN, .deadline_ms = 60000};
    const struct supervisor_call watch = {.kind = SUPERVISOR_WATCH, .deadline_ms = 60000};
    pid_t tree = sleeper();
    world->tree = pidfd_open(tree, 0);
    hold(world, 0);
    assert_int_equal(record_send(world->ends[0], &step, sizeof step, NULL, 0, NULL), 0);
    assert_int_equal(record_send(world->ends[0], &watch, sizeof watch, &world->tree, 1, NULL), 0);
    assert_int_equal(kill(world->pids[0], SIGKILL), 0);
    until_readable(world->supervisor.workers[0].pidfd);
    until_dead(world, 1);
    assert_true(world->tree_was_dead);
    assert_int_equal(world->supervisor.workers[0].step, STEP_RUN);
    assert_int_equal(waitpid(tree, NULL, 0), tree);
    close(world->tree);
}

static void c_a_job_is_done_of_which_only_a_dead_worker_told(void **state) {
    struct world *world = *state;
    const struct supervisor_call step = {.kind = SUPERVISOR_STEP, .step = STEP_COMPLETE, .deadline_ms = 60000};
    const struct supervisor_call done = {.kind = SUPERVISOR_DONE, .end = {.state = JOB_SUCCEEDED}};
    hold(world, 0);
    assert_int_equal(record_send(world->ends[0], &step, sizeof step, NULL, 0, NULL), 0);
    assert_int_equal(record_send(world->ends[0], &done, sizeof done, NULL, 0, NULL), 0);
    assert_int_equal(shutdown(world->ends[0], SHUT_RDWR), 0);
    assert_int_equal(kill(world->pids[0], SIGKILL), 0);
    until_readable(world->supervisor.workers[0].pidfd);
    until_dead(world, 1);
    assert_int_equal(world->done, 1);
    assert_int_equal(world->state, JOB_SUCCEEDED);
    assert_int_equal(world->supervisor.workers[0].turn, WORKER_BUSY);
}

static void c_a_step_that_overstays_is_killed(void **state) {
    struct world *world = *state;
    hold(world, 0);
    assert_int_equal(kill(world->pids[0], SIGSTOP), 0);
    ASK_WELL(world, 0, .kind = SUPERVISOR_STEP, .step = STEP_LOAD, .deadline_ms = 1);
    until_dead(world, 1);
    assert_true(world->supervisor.workers[0].overstayed);
}

// ---- memory ----

static struct supervisor_key key(const char *text) {
    struct supervisor_key made = {""};
    snprintf(made.text, sizeof made.text, "%s", text);
    return made;
}

static void reserve(struct world *world, uint32_t worker, const char *first, const char *second) {
    struct supervisor_call call = {.kind = SUPERVISOR_RESERVE, .count = 2, .keys = {key(first), key(second)}};
    assert_int_equal(ask(world, worker, &call).reason, 0);
}

static bool grant(struct world *world, uint32_t worker, const char *text, uint64_t bytes, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_GRANT, .count = 1, .bytes = bytes, .keys = {key(text)}};
    struct supervisor_reply reply;
    tell(world, worker, &call, -1);
    if (!heard(world, worker, &reply))
        return false;
    *err = reply.err;
    return true;
}

static void granted(struct world *world, uint32_t worker, const char *text) {
    struct err err;
    assert_true(grant(world, worker, text, UNIT, &err));
    assert_int_equal(err.reason, 0);
}

static void publish(struct world *world, uint32_t worker, const char *text) {
    struct supervisor_call call = {.kind = SUPERVISOR_PUBLISH, .count = 1, .keys = {key(text)}};
    struct supervisor_reply reply;
    int fd = memory_new("test", UNIT, NULL);
    assert_int_equal(memory_seal(fd, NULL), 0);
    tell(world, worker, &call, fd);
    assert_true(heard(world, worker, &reply));
    assert_int_equal(reply.err.reason, 0);
    close(fd);
}

static void done(struct world *world, uint32_t worker) {
    ASK_WELL(world, worker, .kind = SUPERVISOR_DONE, .end = {.state = JOB_SUCCEEDED});
}

static void l_two_jobs_with_two_inputs_in_memory_for_three(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    struct err err;
    hold(world, 0);
    hold(world, 1);
    reserve(world, 0, "a", "b");
    reserve(world, 1, "c", "d");
    granted(world, 0, "a");
    granted(world, 1, "c");
    granted(world, 0, "b");
    assert_false(grant(world, 1, "d", UNIT, &err));
    publish(world, 0, "a");
    publish(world, 0, "b");
    assert_false(heard(world, 1, &reply));
    done(world, 0);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.err.reason, 0);
    assert_int_equal(world->supervisor.segments.used_bytes, 3 * UNIT);
}

static void l_who_would_wait_for_ever_is_refused(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    struct err err;
    world->supervisor.segments.budget_bytes = 2 * UNIT;
    hold(world, 0);
    hold(world, 1);
    reserve(world, 0, "a", "b");
    reserve(world, 1, "c", "d");
    granted(world, 0, "a");
    granted(world, 1, "c");
    assert_false(grant(world, 0, "b", UNIT, &err));
    assert_true(grant(world, 1, "d", UNIT, &err));
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg,
                        "a dataset needs 1000 bytes of memory, which is held by jobs that wait for memory themselves");
    assert_false(heard(world, 0, &reply));
    done(world, 1);
    assert_true(heard(world, 0, &reply));
    assert_int_equal(reply.err.reason, 0);
}

static void l_waiting_for_one_who_waits_is_waiting(void **state) {
    struct world *world = *state;
    struct err err;
    world->supervisor.segments.budget_bytes = 2 * UNIT;
    hold(world, 0);
    hold(world, 1);
    reserve(world, 1, "c", "d");
    granted(world, 1, "c");
    publish(world, 1, "c");
    granted(world, 1, "d");
    publish(world, 1, "d");
    reserve(world, 0, "a", "b");
    assert_false(grant(world, 0, "a", UNIT, &err));
    reserve(world, 1, "a", "c"); // waits for the key that worker 0 is to load, and pins what it needs for that
    struct supervisor_reply reply;
    assert_true(heard(world, 0, &reply));
    assert_int_equal(reply.err.reason, REASON_INFRA);
}

static void l_what_cannot_fit_is_refused_at_once(void **state) {
    struct world *world = *state;
    struct err err;
    hold(world, 0);
    reserve(world, 0, "a", "b");
    granted(world, 0, "a");
    assert_true(grant(world, 0, "b", 2 * UNIT + 1, &err));
    assert_int_equal(err.reason, REASON_LIMIT_MEMORY);
    assert_string_equal(err.msg, "a dataset needs 2001 bytes of memory, this host has 2000 available");
}

static void r_what_others_hold_does_not_count_as_missing(void **state) {
    struct world *world = *state;
    struct supervisor_call call = {.kind = SUPERVISOR_RESERVE, .count = 1, .keys = {key("c")}};
    struct supervisor_reply reply;
    struct err err;
    hold(world, 0);
    reserve(world, 0, "a", "b");
    assert_true(grant(world, 0, "a", 3 * UNIT, &err));
    hold(world, 1);
    tell(world, 1, &call, -1);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.available, 3 * UNIT);
}

// What a worker made itself is in memory already: it waits for nobody.
static void l_a_file_of_the_worker_s_own_may_go_beyond_the_budget(void **state) {
    struct world *world = *state;
    struct err err;
    hold(world, 0);
    hold(world, 1);
    reserve(world, 0, "a", "b");
    assert_true(grant(world, 0, "a", 3 * UNIT, &err));
    reserve(world, 1, "c", "d");
    publish(world, 1, "c");
    assert_int_equal(world->supervisor.segments.used_bytes, 4 * UNIT);
    assert_int_equal(segments_available(&world->supervisor.segments), 0);
}

static void c_a_dead_worker_lets_go_of_its_memory(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    struct err err;
    hold(world, 0);
    hold(world, 1);
    reserve(world, 0, "a", "b");
    assert_true(grant(world, 0, "a", 3 * UNIT, &err));
    reserve(world, 1, "c", "d");
    assert_false(grant(world, 1, "c", UNIT, &err));
    assert_int_equal(kill(world->pids[0], SIGKILL), 0);
    until_dead(world, 1);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.err.reason, 0);
}

static bool reserved(struct world *world, uint32_t worker, const char *text, struct supervisor_reply *reply) {
    struct supervisor_call call = {.kind = SUPERVISOR_RESERVE, .count = 1, .keys = {key(text)}};
    tell(world, worker, &call, -1);
    return heard(world, worker, reply);
}

// Worker 0 has two thirds of all memory, and worker 1 wants as much.
static void make_wait(struct world *world) {
    struct err err;
    struct supervisor_reply reply;
    hold(world, 0);
    hold(world, 1);
    assert_true(reserved(world, 0, "a", &reply));
    assert_true(grant(world, 0, "a", 2 * UNIT, &err));
    ASK_WELL(world, 1, .kind = SUPERVISOR_STEP, .step = STEP_LOAD, .deadline_ms = 600000);
    assert_true(reserved(world, 1, "large", &reply));
    assert_false(grant(world, 1, "large", 2 * UNIT, &err));
}

static void l_small_jobs_pass_a_large_one_for_a_while_only(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    make_wait(world);
    hold(world, 2);
    assert_true(reserved(world, 2, "small", &reply));
    granted(world, 2, "small");
    publish(world, 2, "small");
    done(world, 2);
    world->supervisor.workers[1].wait_begun_ns -= UINT64_C(30000) * 1000000;
    hold(world, 2);
    assert_false(reserved(world, 2, "small", &reply)); // though it is in memory: it would be held for longer
    turn(world);
    assert_false(heard(world, 2, &reply) || heard(world, 1, &reply));
    done(world, 0);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.err.reason, 0);
    assert_true(heard(world, 2, &reply));
    assert_int_equal(reply.states[0], SUPERVISOR_HIT);
}

static void l_who_holds_memory_goes_on_whoever_waits(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    make_wait(world);
    world->supervisor.workers[1].wait_begun_ns -= UINT64_C(30000) * 1000000;
    assert_true(reserved(world, 0, "b", &reply));
    granted(world, 0, "b");
}

static void l_nobody_waits_for_longer_than_half_his_time(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    make_wait(world);
    struct worker_link *link = &world->supervisor.workers[1];
    uint64_t left_ns = link->step_deadline_ns - link->wait_ends_ns;
    assert_in_range(left_ns / 1000000, 299000, 301000);
    link->wait_begun_ns -= UINT64_C(30000) * 1000000;
    hold(world, 2);
    assert_false(reserved(world, 2, "small", &reply));
    link->wait_ends_ns = clock_now_ns();
    turn(world);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.err.reason, REASON_INFRA);
    assert_string_equal(reply.err.msg,
                        "a dataset needs 2000 bytes of memory, which other jobs of this host held for too long");
    assert_true(heard(world, 2, &reply));
    assert_int_equal(reply.states[0], SUPERVISOR_LOAD);
}

static void l_a_job_that_waits_to_begin_gives_up_too(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    make_wait(world);
    world->supervisor.workers[1].wait_begun_ns -= UINT64_C(30000) * 1000000;
    hold(world, 2);
    assert_false(reserved(world, 2, "small", &reply));
    world->supervisor.workers[2].wait_ends_ns = clock_now_ns();
    turn(world);
    assert_true(heard(world, 2, &reply));
    assert_int_equal(reply.err.reason, REASON_INFRA);
    assert_string_equal(reply.err.msg, "datasets need memory, which other jobs of this host held for too long");
}

static void b_a_job_that_is_to_end_waits_for_no_memory(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    make_wait(world);
    supervisor_end_job(&world->supervisor, 1, SUPERVISOR_CANCEL);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.kind, SUPERVISOR_CANCEL);
    assert_true(heard(world, 1, &reply));
    assert_int_equal(reply.err.reason, REASON_CANCELLED);
    assert_string_equal(reply.err.msg, "a dataset needs 2000 bytes of memory, for which it waited when it was to end");
    done(world, 0);
    assert_false(heard(world, 1, &reply));
}

static void b_a_job_that_was_told_to_end_does_not_begin_to_wait(void **state) {
    struct world *world = *state;
    struct supervisor_reply reply;
    struct err err;
    hold(world, 0);
    hold(world, 1);
    assert_true(reserved(world, 0, "a", &reply));
    assert_true(grant(world, 0, "a", 2 * UNIT, &err));
    assert_true(reserved(world, 1, "large", &reply));
    supervisor_end_job(&world->supervisor, 1, SUPERVISOR_CANCEL);
    assert_true(heard(world, 1, &reply));
    assert_true(grant(world, 1, "large", 2 * UNIT, &err));
    assert_int_equal(err.reason, REASON_CANCELLED);
    assert_string_equal(err.msg, "a dataset needs 2000 bytes of memory, for which a job that is to end does not wait");
}

static void b_a_worker_that_drains_says_so(void **state) {
    struct world *world = *state;
    struct supervisor_call call = {.kind = SUPERVISOR_IDLE, .wake = "7-1", .drained = 1};
    wait_for_turn(world, 0, "6-1");
    assert_false(world->drained);
    supervisor_let_claim(&world->supervisor, 0, 0);
    struct supervisor_reply reply;
    assert_true(heard(world, 0, &reply));
    tell(world, 0, &call, -1);
    assert_true(world->drained);
    assert_string_equal(world->wake, "7-1");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(b_a_worker_waits_until_it_may_claim),
        CASE(b_a_worker_that_is_not_needed_exits),
        CASE(b_a_job_is_held_and_done),
        CASE(b_a_job_is_told_to_end_once),
        CASE(f_calls_out_of_turn_are_refused),
        CASE(b_environments_are_known_by_name),
        CASE(c_a_death_is_told_when_the_tree_is_dead),
        CASE(c_a_tree_is_killed_of_which_only_a_dead_worker_told),
        CASE(c_a_job_is_done_of_which_only_a_dead_worker_told),
        CASE(c_a_step_that_overstays_is_killed),
        CASE(l_two_jobs_with_two_inputs_in_memory_for_three),
        CASE(l_who_would_wait_for_ever_is_refused),
        CASE(l_waiting_for_one_who_waits_is_waiting),
        CASE(l_what_cannot_fit_is_refused_at_once),
        CASE(r_what_others_hold_does_not_count_as_missing),
        CASE(l_a_file_of_the_worker_s_own_may_go_beyond_the_budget),
        CASE(c_a_dead_worker_lets_go_of_its_memory),
        CASE(l_small_jobs_pass_a_large_one_for_a_while_only),
        CASE(l_who_holds_memory_goes_on_whoever_waits),
        CASE(l_nobody_waits_for_longer_than_half_his_time),
        CASE(l_a_job_that_waits_to_begin_gives_up_too),
        CASE(b_a_job_that_is_to_end_waits_for_no_memory),
        CASE(b_a_job_that_was_told_to_end_does_not_begin_to_wait),
        CASE(b_a_worker_that_drains_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
