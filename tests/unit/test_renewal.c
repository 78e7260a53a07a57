// SPDX-License-Identifier: Apache-2.0
// A zygote that has served long gives its place to a new one: the supervisor, with zygotes that the test speaks for.
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
#include "tests/unit/sleeper.h"

struct world {
    struct supervisor supervisor;
    struct environment environment;
    int renewals, failed_renewals;
};

static void on_renewal(void *context, uint32_t environment, const struct err *failure) {
    struct world *world = context;
    assert_int_equal(environment, 0);
    world->renewals += !failure;
    world->failed_renewals += failure != NULL;
}

static const struct supervisor_hooks hooks = {.on_renewal = on_renewal};

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    environment_default(&world->environment);
    supervisor_init(&world->supervisor, &hooks, world, 0);
    assert_non_null(supervisor_offer(&world->supervisor, &world->environment));
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    supervisor_done(&world->supervisor);
    free(world);
    return 0;
}

static void turn(struct world *world) {
    world->supervisor.alarm_ns = clock_now_ns(); // what is there, and no more
    assert_int_equal(supervisor_turn(&world->supervisor, NULL), 0);
}

// A process that stands for a zygote; its end of the socket is the test's.
static void put_zygote(struct peer *peer, enum peer_state state, int *ret_end) {
    int ends[2], requests[2];
    assert_int_equal(record_pair(ends, NULL), 0);
    assert_int_equal(record_pair(requests, NULL), 0);
    peer->state = state;
    peer->supervisor = ends[0];
    peer->requests = requests[0];
    peer->pid = sleeper();
    peer->pidfd = pidfd_open(peer->pid, 0);
    close(requests[1]);
    *ret_end = ends[1];
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(b_a_zygote_grows_old_by_jobs_and_by_time),
        CASE(b_a_new_zygote_takes_the_place_of_the_old_one),
        CASE(c_a_new_zygote_that_does_not_come_up_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
