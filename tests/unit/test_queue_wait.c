// SPDX-License-Identifier: Apache-2.0
// Wake-ups: none is lost, and a wait holds nobody up.
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_operator.h"
#include "quern/queue_worker.h"
#include "queue_world.h"

static bool woken(struct queue_world *world, const char *wake, uint32_t wait_ms) {
    bool answer = false;
    if (queue_wait(world->queue, wake, wait_ms, &answer, &world->err) < 0)
        fail_msg("%s", world->err.msg);
    return answer;
}

/* Every way in which a job can become ready, after a claim that found nothing and before the wait for it. */
static void m_no_wake_up_is_lost_between_claim_and_wait(void **state) {
    struct queue_world *world = *state;
    struct queue_claim nothing;
    enum job_state became = JOB_STATE_COUNT;
#define NOTHING()                                                                                                      \
    assert_int_equal(queue_claim(world->queue, "h", world_nonce(), WORLD_LEASE_MS, 0, &nothing, &world->err),          \
                     QUEUE_NOTHING)
    NOTHING();
    assert_string_equal(nothing.wake, "0-0");
    assert_false(woken(world, nothing.wake, 1));
    world_submit_plain(world, "j1");
    assert_true(woken(world, nothing.wake, 5000));
    struct queue_claim claim = world_claim(world, "j1");
    NOTHING();
    assert_int_equal(queue_release(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_true(woken(world, nothing.wake, 5000));
    claim = world_claim(world, "j1");
    NOTHING();
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_true(woken(world, nothing.wake, 5000));
    assert_int_equal(queue_pause(world->queue, true, &world->err), QUEUE_OK);
    NOTHING();
    assert_false(woken(world, nothing.wake, 1));
    assert_int_equal(queue_pause(world->queue, false, &world->err), QUEUE_OK);
    assert_true(woken(world, nothing.wake, 5000));
    assert_int_equal(queue_set(world->queue, QUEUE_WIDTH, 1, &world->err), QUEUE_OK);
    claim = world_claim(world, "j1");
    world_submit_plain(world, "j2");
    NOTHING();
    assert_string_equal(nothing.why, "width");
    assert_false(woken(world, nothing.wake, 1));
    world_complete(world, &claim);
    assert_true(woken(world, nothing.wake, 5000));
}

/* ---- a wait beside other calls ---- */

static void begin(struct queue_world *world, const char *wake, uint32_t wait_ms) {
    if (queue_wait_begin(world->queue, wake, wait_ms, &world->err) < 0)
        fail_msg("%s", world->err.msg);
    assert_true(queue_wait_fd(world->queue) >= 0);
}

static bool readable(struct queue_world *world, int wait_ms) {
    struct pollfd polled = {.fd = queue_wait_fd(world->queue), .events = POLLIN};
    return poll(&polled, 1, wait_ms) == 1;
}

static struct queue_wakeup end(struct queue_world *world) {
    struct queue_wakeup wakeup;
    if (queue_wait_end(world->queue, &wakeup, &world->err) < 0)
        fail_msg("%s", world->err.msg);
    assert_int_equal(queue_wait_fd(world->queue), -1);
    return wakeup;
}

static void m_other_calls_go_on_while_one_waits(void **state) {
    struct queue_world *world = *state;
    begin(world, "", 5000);
    assert_false(readable(world, 0));
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    assert_true(readable(world, 20000));
    struct queue_wakeup wakeup = end(world);
    assert_true(wakeup.work);
    assert_false(wakeup.cancel);
    begin(world, wakeup.wake, 1);
    assert_true(readable(world, 20000));
    struct queue_wakeup silence = end(world);
    assert_false(silence.work || silence.cancel);
    assert_string_equal(silence.wake, wakeup.wake);
    world_complete(world, &claim);
}

/* Between two waits, too: the second begins where the first ended. */
static void m_a_cancellation_wakes_the_keeper_and_its_renewal_tells_which(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    begin(world, "", 5000);
    struct queue_wakeup wakeup = end(world);
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    begin(world, wakeup.wake, 5000);
    assert_true(readable(world, 20000));
    wakeup = end(world);
    assert_true(wakeup.cancel);
    assert_false(wakeup.work);
    struct queue_renewal renewal = {.id = claim.id, .token = claim.token};
    assert_int_equal(queue_renew(world->queue, WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
    assert_int_equal(renewal.lease, QUEUE_LEASE_CANCEL);
}

static void m_a_new_wait_takes_the_place_of_the_one_before(void **state) {
    struct queue_world *world = *state;
    begin(world, "", 5000);
    begin(world, "", 1);
    assert_true(readable(world, 20000));
    assert_false(end(world).work);
    struct queue_wakeup wakeup;
    assert_int_equal(queue_wait_end(world->queue, &wakeup, &world->err), -1);
    assert_string_equal(world->err.msg, "queue: no wait is under way");
}

static void c_a_wait_learns_that_redis_died_and_the_next_finds_it_again(void **state) {
    struct queue_world *world = *state;
    struct queue_wakeup wakeup;
    begin(world, "", 5000);
    redis_server_crash(&world->redis);
    assert_true(readable(world, 20000));
    assert_int_equal(queue_wait_end(world->queue, &wakeup, &world->err), -1);
    assert_int_equal(world->err.reason, REASON_UNREACHABLE);
    assert_int_equal(queue_wait_fd(world->queue), -1);
    redis_server_again(&world->redis);
    begin(world, "", 1);
    assert_false(end(world).work);
}

int main(void) {
#define T(test) cmocka_unit_test_setup(test, world_empty)
    const struct CMUnitTest tests[] = {
        T(m_no_wake_up_is_lost_between_claim_and_wait),
        T(m_other_calls_go_on_while_one_waits),
        T(m_a_cancellation_wakes_the_keeper_and_its_renewal_tells_which),
        T(m_a_new_wait_takes_the_place_of_the_one_before),
        T(c_a_wait_learns_that_redis_died_and_the_next_finds_it_again),
    };
    return cmocka_run_group_tests_name("queue_wait", tests, world_open, world_close);
}
