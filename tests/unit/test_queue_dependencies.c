// SPDX-License-Identifier: Apache-2.0
// Jobs that wait for jobs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_worker.h"
#include "queue_world.h"

static void submit_after(struct queue_world *world, const char *id, const char *dep, enum queue_when when,
                         enum job_state expected) {
    struct queue_dependency after = {.id = dep, .when = when};
    struct queue_submission job = world_job(id);
    job.after = &after;
    job.after_count = 1;
    world_submit(world, &job, expected);
}

static const struct {
    enum queue_when when;
    enum reason end; /* of the job waited for; NONE: it succeeds */
    enum job_state expected;
} edges[] = {
    {QUEUE_AFTER_OK, REASON_NONE, JOB_QUEUED},        {QUEUE_AFTER_OK, REASON_EXCEPTION, JOB_FAILED},
    {QUEUE_AFTER_ANY, REASON_NONE, JOB_QUEUED},       {QUEUE_AFTER_ANY, REASON_EXCEPTION, JOB_QUEUED},
    {QUEUE_AFTER_NOT_OK, REASON_NONE, JOB_CANCELLED}, {QUEUE_AFTER_NOT_OK, REASON_EXCEPTION, JOB_QUEUED},
};

static void end_first(struct queue_world *world, enum reason reason) {
    struct queue_claim claim = world_claim(world, "first");
    if (reason == REASON_NONE)
        world_complete(world, &claim);
    else
        assert_int_equal(world_fail(world, &claim, reason, 0), JOB_FAILED);
}

static void m_an_edge_is_told_how_its_job_ended(void **state) {
    struct queue_world *world = *state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        assert_int_equal(world_empty(state), 0);
        world_submit_plain(world, "first");
        submit_after(world, "second", "first", edges[i].when, JOB_BLOCKED);
        end_first(world, edges[i].end);
        world_expect(world, "second", edges[i].expected);
        if (edges[i].expected != JOB_QUEUED)
            world_expect_why(world, "second", "dependency:first");
    }
}

static void m_an_edge_to_an_ended_job_is_decided_at_once(void **state) {
    struct queue_world *world = *state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        assert_int_equal(world_empty(state), 0);
        world_submit_plain(world, "first");
        end_first(world, edges[i].end);
        submit_after(world, "second", "first", edges[i].when, edges[i].expected);
    }
}

static void m_all_edges_must_be_satisfied(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "a");
    world_submit_plain(world, "b");
    struct queue_dependency after[] = {{"a", QUEUE_AFTER_OK}, {"b", QUEUE_AFTER_ANY}, {"a", QUEUE_AFTER_OK}};
    struct queue_submission job = world_job("c");
    job.after = after;
    job.after_count = 3; // the same edge twice is one
    world_submit(world, &job, JOB_BLOCKED);
    struct queue_claim a = world_claim(world, "a"), b = world_claim(world, "b");
    world_complete(world, &a);
    world_expect(world, "c", JOB_BLOCKED);
    world_complete(world, &b);
    world_expect(world, "c", JOB_QUEUED);
}

static void m_a_time_to_wait_for_counts_after_the_dependencies_too(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "first");
    struct queue_dependency after = {"first", QUEUE_AFTER_OK};
    struct queue_submission job = world_job("second");
    job.after = &after;
    job.after_count = 1;
    job.delay_ms = 5000;
    world_submit(world, &job, JOB_BLOCKED);
    end_first(world, REASON_NONE);
    world_expect(world, "second", JOB_DELAYED);
    world_advance(world, 5000);
    world_tick(world);
    world_expect(world, "second", JOB_QUEUED);
}

static void m_a_job_that_is_not_there_cannot_be_waited_for(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    const char *const wishes[] = {"ghost", "self"};
    for (size_t i = 0; i < 2; i++) {
        struct queue_dependency after = {wishes[i], QUEUE_AFTER_OK};
        struct queue_submission job = world_job("self");
        job.after = &after;
        job.after_count = 1;
        job.unique = "u";
        assert_int_equal(queue_submit(world->queue, &job, &receipt, &world->err), QUEUE_NO_DEPENDENCY);
        assert_string_equal(receipt.other, wishes[i]);
    }
    // Nothing is left of the refused ones, not even their key.
    struct queue_submission job = world_job("self");
    job.unique = "u";
    world_submit(world, &job, JOB_QUEUED);
}

static void l_a_long_chain_fails_in_bounded_steps(void **state) {
    struct queue_world *world = *state;
    enum { LENGTH = 3000 };
    char before[16] = "first", id[16];
    world_submit_plain(world, before);
    for (int i = 0; i < LENGTH; i++) {
        struct queue_dependency after = {before, QUEUE_AFTER_OK};
        snprintf(id, sizeof id, "j%d", i);
        struct queue_submission job = world_job(id);
        struct queue_receipt receipt;
        job.after = &after;
        job.after_count = 1;
        assert_int_equal(queue_submit(world->queue, &job, &receipt, &world->err), QUEUE_OK);
        memcpy(before, id, sizeof before);
    }
    end_first(world, REASON_EXCEPTION);
    world_expect(world, id, JOB_BLOCKED);
    int ticks = 0;
    for (; world_tick(world).told >= 100; ticks++)
        assert_true(ticks < LENGTH);
    assert_in_range(ticks, LENGTH / 100, 3 * LENGTH / 100);
    world_expect(world, id, JOB_FAILED);
    world_expect_why(world, id, "dependency:j2998");
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:todo"), 0);
}

static void l_a_wide_fan_is_told_in_bounded_steps(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "first");
    for (int i = 0; i < 250; i++) {
        char id[16];
        snprintf(id, sizeof id, "j%d", i);
        submit_after(world, id, "first", QUEUE_AFTER_OK, JOB_BLOCKED);
    }
    end_first(world, REASON_NONE);
    assert_int_equal(redis_number(&world->redis, "ZCARD quern:{q}:ready"), 16);
    assert_int_equal(queue_remove(world->queue, "first", &world->err), QUEUE_BUSY);
    assert_int_equal(redis_number(&world->redis, "ZCARD quern:{q}:ready"), 80);
    world_tick(world);
    world_tick(world);
    assert_int_equal(redis_number(&world->redis, "ZCARD quern:{q}:ready"), 250);
    assert_int_equal(queue_remove(world->queue, "first", &world->err), QUEUE_OK);
}

static void m_a_cancelled_waiter_leaves_no_edge_behind(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "a");
    world_submit_plain(world, "b");
    submit_after(world, "c", "a", QUEUE_AFTER_OK, JOB_BLOCKED);
    assert_int_equal(queue_cancel(world->queue, "c", &became, &world->err), QUEUE_OK);
    assert_int_equal(queue_remove(world->queue, "c", &world->err), QUEUE_OK);
    submit_after(world, "c", "b", QUEUE_AFTER_OK, JOB_BLOCKED); // another job of the same id
    struct queue_claim a = world_claim(world, "a");
    world_complete(world, &a);
    world_expect(world, "c", JOB_BLOCKED);
    struct queue_claim b = world_claim(world, "b");
    world_complete(world, &b);
    world_expect(world, "c", JOB_QUEUED);
}

static void m_a_replay_waits_for_its_dependencies_again(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    world_submit_plain(world, "first");
    submit_after(world, "second", "first", QUEUE_AFTER_OK, JOB_BLOCKED);
    end_first(world, REASON_EXCEPTION);
    world_expect(world, "second", JOB_FAILED);
    assert_int_equal(queue_retry(world->queue, "second", &receipt, &world->err), QUEUE_NO_DEPENDENCY);
    assert_string_equal(receipt.other, "first");
    assert_int_equal(queue_retry(world->queue, "first", &receipt, &world->err), QUEUE_OK);
    assert_int_equal(receipt.state, JOB_QUEUED);
    assert_int_equal(queue_retry(world->queue, "second", &receipt, &world->err), QUEUE_OK);
    assert_int_equal(receipt.state, JOB_BLOCKED);
    end_first(world, REASON_NONE);
    world_expect(world, "second", JOB_QUEUED);
}

// The last one who waited for it has gone while its end was still to be told: the end of its life before is nobody's news.
static void r_a_replayed_job_tells_only_of_its_new_end(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    enum { FAN = 16 }; // as many as the transition tells that ends it: nobody is left, and the note of its end is
    world_submit_plain(world, "first");
    for (int i = 0; i < FAN; i++) {
        char id[16];
        snprintf(id, sizeof id, "j%d", i);
        submit_after(world, id, "first", QUEUE_AFTER_OK, JOB_BLOCKED);
    }
    end_first(world, REASON_EXCEPTION);
    world_expect(world, "j15", JOB_FAILED);
    assert_int_equal(queue_retry(world->queue, "first", &receipt, &world->err), QUEUE_OK);
    submit_after(world, "second", "first", QUEUE_AFTER_OK, JOB_BLOCKED);
    submit_after(world, "third", "first", QUEUE_AFTER_ANY, JOB_BLOCKED);
    world_tick(world);
    world_expect(world, "second", JOB_BLOCKED);
    world_expect(world, "third", JOB_BLOCKED);
    end_first(world, REASON_NONE);
    world_expect(world, "second", JOB_QUEUED);
    world_expect(world, "third", JOB_QUEUED);
    world_tick(world);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:todo"), 0);
}

int main(void) {
#define T(test) cmocka_unit_test_setup(test, world_empty)
    const struct CMUnitTest tests[] = {
        T(m_an_edge_is_told_how_its_job_ended),
        T(m_an_edge_to_an_ended_job_is_decided_at_once),
        T(m_all_edges_must_be_satisfied),
        T(m_a_time_to_wait_for_counts_after_the_dependencies_too),
        T(m_a_job_that_is_not_there_cannot_be_waited_for),
        T(l_a_long_chain_fails_in_bounded_steps),
        T(l_a_wide_fan_is_told_in_bounded_steps),
        T(m_a_cancelled_waiter_leaves_no_edge_behind),
        T(m_a_replay_waits_for_its_dependencies_again),
        T(r_a_replayed_job_tells_only_of_its_new_end),
    };
    return cmocka_run_group_tests_name("queue_dependencies", tests, world_open, world_close);
}
