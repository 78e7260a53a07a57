// SPDX-License-Identifier: Apache-2.0
// The supervisor and its zygotes, for which the test speaks: who has served long gives its place to a new one; whose job came
// last is told when another may come.
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "daemon/supervisor/renewal.h"
#include "daemon/supervisor/supervisor.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "tests/unit/sleeper.h"

struct world {
    struct supervisor supervisor;
    struct environment environment;
    int worker; // its end
    int renewals, failed_renewals;
};

static void on_renewal(void *context, uint32_t environment, const struct err *failure) {
    struct world *world = context;
    assert_int_equal(environment, 0);
    world->renewals += !failure;
    world->failed_renewals += failure != NULL;
}

static void on_idle(void *context, uint32_t worker, uint32_t queue, const char *wake, bool drained) {
    (void)context;
    (void)worker;
    (void)queue;
    (void)wake;
    (void)drained;
}

static const struct supervisor_hooks hooks = {.on_renewal = on_renewal, .on_idle = on_idle};

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    environment_default(&world->environment);
    supervisor_init(&world->supervisor, &hooks, world, 0);
    assert_non_null(supervisor_offer(&world->supervisor, &world->environment));
    world->worker = -1;
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    supervisor_done(&world->supervisor);
    own_close(&world->worker);
    free(world);
    return 0;
}

static void turn(struct world *world) {
    world->supervisor.alarm_ns = clock_now_ns(); // what is there, and no more
    assert_int_equal(supervisor_turn(&world->supervisor, NULL), 0);
}

// A process that stands for a zygote; its end of the socket is the test's.
static void put_listening(struct peer *peer, enum peer_state state, int *ret_end, int *ret_requests) {
    int ends[2], requests[2];
    assert_int_equal(record_pair(ends, NULL), 0);
    assert_int_equal(record_pair(requests, NULL), 0);
    peer->state = state;
    peer->supervisor = ends[0];
    peer->requests = requests[0];
    peer->pid = sleeper();
    peer->pidfd = pidfd_open(peer->pid, 0);
    *ret_requests = requests[1];
    *ret_end = ends[1];
}

static void put_zygote(struct peer *peer, enum peer_state state, int *ret_end) {
    int requests;
    put_listening(peer, state, ret_end, &requests);
    close(requests);
}

// Processes that were forked since have the test's end, too.
static void leave(int end) {
    shutdown(end, SHUT_RDWR);
    close(end);
}

static void say_ready(struct world *world, int end, enum reason reason) {
    struct host_ready ready = {.version = HOST_VERSION, .python = "3.11", .pandas = "1.5"};
    if (reason)
        err_set(&ready.err, reason, "no room");
    assert_int_equal(record_send(end, &ready, sizeof ready, NULL, 0, NULL), 0);
    turn(world);
}

static void b_a_zygote_grows_old_by_jobs_and_by_time(void **state) {
    struct world *world = *state;
    struct peer *zygote = &world->supervisor.zygotes[0];
    int end;
    put_zygote(zygote, PEER_UP, &end);
    zygote->born_ns = 1000;
    zygote->jobs = 100000;
    assert_false(renewal_due(&world->supervisor, 0, CLOCK_NEVER));
    zygote->renew_jobs = 100001;
    assert_false(renewal_due(&world->supervisor, 0, CLOCK_NEVER));
    zygote->jobs++;
    assert_true(renewal_due(&world->supervisor, 0, 1000));
    zygote->renew_jobs = 0;
    zygote->renew_ms = 2;
    assert_false(renewal_due(&world->supervisor, 0, 2000999));
    assert_true(renewal_due(&world->supervisor, 0, 2001000));
    world->supervisor.renewals[0].successor.state = PEER_COMING;
    assert_false(renewal_due(&world->supervisor, 0, 2001000));
    world->supervisor.renewals[0].successor.state = PEER_DOWN;
    zygote->state = PEER_COMING;
    assert_false(renewal_due(&world->supervisor, 0, 2001000));
    leave(end);
}

static void b_a_new_zygote_takes_the_place_of_the_old_one(void **state) {
    struct world *world = *state;
    struct peer *zygote = &world->supervisor.zygotes[0], *retired = &world->supervisor.renewals[0].retired;
    int old_end, new_end;
    put_zygote(zygote, PEER_UP, &old_end);
    put_zygote(&world->supervisor.renewals[0].successor, PEER_COMING, &new_end);
    zygote->renew_jobs = 1;
    zygote->jobs = 7;
    pid_t old = zygote->pid, new = world->supervisor.renewals[0].successor.pid;
    say_ready(world, new_end, 0);
    assert_int_equal(world->renewals, 1);
    assert_int_equal(zygote->pid, new);
    assert_int_equal(zygote->state, PEER_UP);
    assert_int_equal(zygote->jobs, 0);
    assert_int_equal(retired->pid, old);
    assert_int_equal(retired->requests, -1);
    assert_false(renewal_due(&world->supervisor, 0, CLOCK_NEVER)); // while the old one has jobs
    leave(old_end);
    turn(world);
    assert_int_equal(retired->state, PEER_DOWN);
    assert_int_equal(zygote->state, PEER_UP);
    leave(new_end);
}

static void c_a_new_zygote_that_does_not_come_up_changes_nothing(void **state) {
    struct world *world = *state;
    struct peer *zygote = &world->supervisor.zygotes[0];
    int old_end, new_end;
    put_zygote(zygote, PEER_UP, &old_end);
    pid_t old = zygote->pid;
    for (int dies = 0; dies < 2; dies++) {
        put_zygote(&world->supervisor.renewals[0].successor, PEER_COMING, &new_end);
        if (!dies)
            say_ready(world, new_end, REASON_CONFIG);
        leave(new_end);
        if (dies)
            turn(world);
        assert_int_equal(world->failed_renewals, dies + 1);
        assert_int_equal(zygote->pid, old);
        assert_int_equal(zygote->state, PEER_UP);
        assert_int_equal(world->supervisor.renewals[0].successor.state, PEER_DOWN);
        assert_int_equal(world->supervisor.renewals[0].retired.state, PEER_DOWN);
    }
    leave(old_end);
}

// ---- what may come ----

static void put_worker(struct world *world) {
    int ends[2];
    assert_int_equal(record_pair(ends, NULL), 0);
    world->worker = ends[1];
    pid_t pid = sleeper();
    world->supervisor.workers[0] = (struct worker_link){.alive = true,
                                                        .calls = ends[0],
                                                        .events = -1,
                                                        .tree = -1,
                                                        .pidfd = pidfd_open(pid, 0),
                                                        .step_deadline_ns = CLOCK_NEVER,
                                                        .cancel_deadline_ns = CLOCK_NEVER,
                                                        .tree_deadline_ns = CLOCK_NEVER,
                                                        .wait_ends_ns = CLOCK_NEVER};
}

static void say(struct world *world, struct supervisor_call call) {
    assert_int_equal(record_send(world->worker, &call, sizeof call, NULL, 0, NULL), 0);
    turn(world);
}

static void hear(struct world *world) {
    struct supervisor_reply reply;
    int fd = -1;
    size_t count = 0;
    assert_int_equal(record_receive(world->worker, &reply, sizeof reply, &fd, 1, &count, NULL), 1);
    assert_int_equal(reply.err.reason, 0);
    own_close(&fd);
}

static void claim(struct world *world) {
    say(world, (struct supervisor_call){.kind = SUPERVISOR_IDLE});
    supervisor_let_claim(&world->supervisor, 0, 0);
    hear(world);
}

static bool was_told(int requests) {
    struct host_spawn told;
    struct pollfd at = {.fd = requests, .events = POLLIN};
    if (poll(&at, 1, 0) == 0)
        return false;
    assert_int_equal(record_receive(requests, &told, sizeof told, NULL, 0, NULL, NULL), 1);
    assert_int_equal(told.version, HOST_VERSION);
    assert_int_equal(told.when, HOST_PERHAPS);
    return true;
}

static void b_whose_job_came_last_is_told_that_another_may_come(void **state) {
    struct world *world = *state;
    struct peer *zygote = &world->supervisor.zygotes[0];
    int end, requests;
    put_worker(world);
    put_listening(zygote, PEER_UP, &end, &requests);
    zygote->standby = 1;
    claim(world);
    assert_false(was_told(requests)); // none came yet
    say(world,
        (struct supervisor_call){.kind = SUPERVISOR_CONNECT, .peer = SUPERVISOR_PEER_ZYGOTE, .environment = "default"});
    hear(world);
    claim(world);
    assert_true(was_told(requests));
    zygote->standby = 0;
    claim(world);
    assert_false(was_told(requests));
    zygote->standby = 1;
    zygote->state = PEER_COMING;
    claim(world);
    assert_false(was_told(requests));
    peer_stop(zygote);
    claim(world);
    close(requests);
    leave(end);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(b_a_zygote_grows_old_by_jobs_and_by_time),
        CASE(b_a_new_zygote_takes_the_place_of_the_old_one),
        CASE(c_a_new_zygote_that_does_not_come_up_changes_nothing),
        CASE(b_whose_job_came_last_is_told_that_another_may_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
