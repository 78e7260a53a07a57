// SPDX-License-Identifier: Apache-2.0
// The life of a job on a real Redis: submit, claim, renew, and every end of an attempt.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_names.h"
#include "quern/queue_server.h"
#include "quern/queue_worker.h"
#include "queue_world.h"

static void b_a_job_is_submitted_claimed_and_completed(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j1");
    job.document = "{\"a\":\"\r\n\"}";
    job.document_bytes = strlen(job.document);
    job.time_ms = 60000;
    world_submit(world, &job, JOB_QUEUED);
    struct queue_claim claim;
    assert_int_equal(queue_claim(world->queue, "host:1", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world->err),
                     QUEUE_OK);
    assert_string_equal(claim.id, "j1");
    assert_int_equal(claim.number, 1);
    assert_int_equal(claim.attempt, 1);
    assert_int_equal(claim.time_ms, 60000);
    assert_int_equal(claim.document_bytes, job.document_bytes);
    assert_memory_equal(claim.document, job.document, job.document_bytes);
    world_complete(world, &claim);
    queue_claim_free(&claim);
    world_claim_nothing(world, "empty");
}

static void b_the_record_tells_the_whole_life(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_advance(world, 10);
    struct queue_claim claim = world_claim(world, "j1");
    world_advance(world, 10);
    world_complete(world, &claim);
    struct queue_record record;
    assert_int_equal(queue_get(world->queue, "j1", &record, &world->err), QUEUE_OK);
    assert_int_equal(record.state, JOB_SUCCEEDED);
    assert_int_equal(record.number, 1);
    assert_int_equal(record.priority, 5);
    assert_int_equal(record.attempts, 1);
    assert_int_equal(record.submitted_unix_ms, WORLD_EPOCH_MS);
    assert_int_equal(record.started_unix_ms, WORLD_EPOCH_MS + 10);
    assert_int_equal(record.ended_unix_ms, WORLD_EPOCH_MS + 20);
    assert_string_equal(record.result, "{\"r\":1}");
    assert_string_equal(record.why, "");
    queue_record_free(&record);
    assert_int_equal(queue_get(world->queue, "j2", &record, &world->err), QUEUE_NO_JOB);
}

static void m_the_same_submission_again_is_a_success(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    struct queue_submission job = world_job("j1");
    struct queue_receipt receipt;
    assert_int_equal(queue_submit(world->queue, &job, &receipt, &world->err), QUEUE_OK);
    assert_int_equal(receipt.state, JOB_RUNNING);
    assert_int_equal(receipt.number, 1);
    world_complete(world, &claim);
}

static void m_another_submission_under_the_same_id_is_refused(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    struct queue_submission job = world_job("j1");
    job.priority = 1;
    struct queue_receipt receipt;
    assert_int_equal(queue_submit(world->queue, &job, &receipt, &world->err), QUEUE_DUPLICATE);
    assert_string_equal(receipt.other, "j1");
    world_expect(world, "j1", JOB_QUEUED);
}

static void m_priorities_first_and_then_the_order_of_submission(void **state) {
    struct queue_world *world = *state;
    struct queue_submission late = world_job("late"), soon = world_job("soon");
    late.priority = 9;
    soon.priority = 0;
    world_submit(world, &late, JOB_QUEUED);
    world_submit_plain(world, "a");
    world_submit_plain(world, "b");
    world_submit(world, &soon, JOB_QUEUED);
    world_claim(world, "soon");
    world_claim(world, "a");
    world_claim(world, "b");
    world_claim(world, "late");
}

static void m_a_delayed_job_is_ready_after_its_time(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j1"), at = world_job("j2");
    job.delay_ms = 500;
    at.not_before_unix_ms = WORLD_EPOCH_MS + 900;
    world_submit(world, &job, JOB_DELAYED);
    world_submit(world, &at, JOB_DELAYED);
    world_advance(world, 499);
    assert_int_equal(world_tick(world).due, 0);
    world_claim_nothing(world, "empty");
    world_advance(world, 1);
    assert_int_equal(world_tick(world).due, 1);
    world_claim(world, "j1");
    world_advance(world, 400);
    assert_int_equal(world_tick(world).due, 1);
    world_claim(world, "j2");
}

static void m_a_renewed_lease_lives_on(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    struct queue_renewal renewal = {.id = claim.id, .token = claim.token};
    for (int i = 0; i < 5; i++) {
        for (int second = 0; second < 20; second++) {
            world_advance(world, 1000);
            assert_int_equal(world_tick(world).expired, 0);
        }
        assert_int_equal(queue_renew(world->queue, WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
        assert_int_equal(renewal.lease, QUEUE_LEASE_HELD);
    }
    world_complete(world, &claim);
    assert_int_equal(queue_renew(world->queue, WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
    assert_int_equal(renewal.lease, QUEUE_LEASE_LOST);
}

/* Ticks once a second, as keepers do. */
static uint64_t live_through(struct queue_world *world, int seconds) {
    uint64_t expired = 0;
    for (int i = 0; i < seconds; i++) {
        world_advance(world, 1000);
        expired += world_tick(world).expired;
    }
    return expired;
}

static void c_a_lease_that_ends_makes_the_job_ready_and_fences_the_zombie(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    world_tick(world);
    struct queue_claim zombie = world_claim(world, "j1");
    assert_int_equal(live_through(world, 29), 0);
    assert_int_equal(live_through(world, 1), 1);
    world_expect_why(world, "j1", "lost");
    struct queue_claim owner = world_claim(world, "j1"); // before j2: it keeps its place
    assert_string_not_equal(zombie.token, owner.token);
    assert_int_equal(owner.attempt, 2);
    enum job_state became = JOB_STATE_COUNT;
    struct err why = {.reason = REASON_EXCEPTION};
    struct queue_renewal renewal = {.id = zombie.id, .token = zombie.token};
    assert_int_equal(queue_complete(world->queue, "j1", zombie.token, "", 0, NULL, 0, &world->err), QUEUE_FENCED);
    assert_int_equal(queue_fail(world->queue, "j1", zombie.token, &why, NULL, 0, NULL, 0, &became, &world->err),
                     QUEUE_FENCED);
    assert_int_equal(queue_release(world->queue, "j1", zombie.token, &became, &world->err), QUEUE_FENCED);
    assert_int_equal(queue_renew(world->queue, WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
    assert_int_equal(renewal.lease, QUEUE_LEASE_LOST);
    world_expect(world, "j1", JOB_RUNNING);
    world_complete(world, &owner);
}

static void m_a_repeated_end_answers_as_the_first(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    world_complete(world, &claim);
    world_complete(world, &claim);
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_FENCED);
    world_submit_plain(world, "j2");
    claim = world_claim(world, "j2");
    assert_int_equal(queue_lost(world->queue, "j2", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    assert_int_equal(queue_lost(world->queue, "j2", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    assert_int_equal(queue_complete(world->queue, "j2", claim.token, "", 0, NULL, 0, &world->err), QUEUE_FENCED);
    auto_free char *crashes = redis_text(&world->redis, "HGET quern:{q}:job:j2 crash");
    assert_string_equal(crashes, "1");
}

static void c_crashes_are_counted_apart_and_end_as_poison(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j1");
    job.retries = 5;
    world_submit(world, &job, JOB_QUEUED);
    enum job_state became = JOB_STATE_COUNT;
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    claim = world_claim(world, "j1");
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_DELAYED);
    world_claim_nothing(world, "empty");
    world_advance(world, 10000);
    world_tick(world);
    claim = world_claim(world, "j1");
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_FAILED);
    world_expect(world, "j1", JOB_FAILED);
    world_expect_why(world, "j1", "poison");
    auto_free char *retries = redis_text(&world->redis, "HGET quern:{q}:job:j1 retries");
    assert_null(retries);
}

static void m_lost_among_the_rules_spends_retries_before_poison(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j1");
    job.crashes = 0;
    job.retries = 1;
    job.retry_on = "exit:75,lost";
    world_submit(world, &job, JOB_QUEUED);
    enum job_state became = JOB_STATE_COUNT;
    struct queue_claim claim = world_claim(world, "j1");
    redis_number(&world->redis, "HSET quern:{q}:job:j1 text what-an-attempt-before-said");
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_DELAYED);
    auto_free char *text = redis_text(&world->redis, "HGET quern:{q}:job:j1 text");
    assert_string_equal(text, "");
    auto_free char *retries = redis_text(&world->redis, "HGET quern:{q}:stats retries");
    assert_string_equal(retries, "1");
    world_advance(world, 10000);
    world_tick(world);
    claim = world_claim(world, "j1");
    assert_int_equal(queue_lost(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_FAILED);
    world_expect_why(world, "j1", "poison");
}

static void m_only_the_reasons_of_the_rules_are_tried_again(void **state) {
    struct queue_world *world = *state;
    static const struct {
        enum reason reason;
        int detail;
        enum job_state expected;
    } cases[] = {
        {REASON_EXIT, 75, JOB_DELAYED},        {REASON_EXIT, 7, JOB_FAILED},       {REASON_EXIT, 750, JOB_FAILED},
        {REASON_LIMIT_MEMORY, 0, JOB_DELAYED}, {REASON_LIMIT_TIME, 0, JOB_FAILED}, {REASON_EXCEPTION, 0, JOB_FAILED},
        {REASON_SIGNAL, 11, JOB_DELAYED},      {REASON_INFRA, 0, JOB_DELAYED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[8];
        snprintf(id, sizeof id, "j%zu", i);
        struct queue_submission job = world_job(id);
        job.retries = 1;
        job.retry_on = "exit:75,limit:memory,signal";
        world_submit(world, &job, JOB_QUEUED);
        struct queue_claim claim = world_claim(world, id);
        assert_int_equal(world_fail(world, &claim, cases[i].reason, cases[i].detail), cases[i].expected);
    }
}

static void m_retries_end_and_their_pauses_double_within_half(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j1");
    job.retries = 3;
    job.backoff_ms = 1000;
    job.backoff_max_ms = 3000;
    world_submit(world, &job, JOB_QUEUED);
    static const long long longest[] = {1000, 2000, 3000};
    long long now = WORLD_EPOCH_MS;
    for (int i = 0; i < 3; i++) {
        struct queue_claim claim = world_claim(world, "j1");
        assert_int_equal(world_fail(world, &claim, REASON_EXCEPTION, 0), JOB_DELAYED);
        auto_free char *due = redis_text(&world->redis, "HGET quern:{q}:job:j1 due");
        long long pause = strtoll(due, NULL, 10) - now;
        assert_in_range(pause, longest[i] / 2, longest[i]);
        world_advance(world, pause);
        now += pause;
        world_tick(world);
    }
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(claim.attempt, 4);
    assert_int_equal(world_fail(world, &claim, REASON_EXCEPTION, 0), JOB_FAILED);
    world_expect_why(world, "j1", "exception");
}

static void m_infra_has_a_counter_of_its_own(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    free(redis_text(&world->redis, "HSET quern:{q}:conf maxinfra 2"));
    for (int i = 0; i < 2; i++) {
        struct queue_claim claim = world_claim(world, "j1");
        assert_int_equal(world_fail(world, &claim, REASON_INFRA, 0), JOB_DELAYED);
        world_advance(world, 20000);
        world_tick(world);
    }
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(world_fail(world, &claim, REASON_INFRA, 0), JOB_FAILED);
    world_expect_why(world, "j1", "infra");
}

static void m_a_released_job_keeps_its_place_and_its_attempts(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_release(world->queue, "j1", claim.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    claim = world_claim(world, "j1");
    assert_int_equal(claim.attempt, 1);
}

static void m_who_waits_is_cancelled_at_once(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    struct queue_submission delayed = world_job("j2");
    delayed.delay_ms = 1000;
    world_submit_plain(world, "j1");
    world_submit(world, &delayed, JOB_DELAYED);
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    assert_int_equal(queue_cancel(world->queue, "j2", &became, &world->err), QUEUE_OK);
    world_expect(world, "j1", JOB_CANCELLED);
    world_expect(world, "j2", JOB_CANCELLED);
    world_expect_why(world, "j2", "cancelled");
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_CANCELLED);
    assert_int_equal(queue_cancel(world->queue, "j3", &became, &world->err), QUEUE_NO_JOB);
}

static void m_who_runs_is_told_and_ends_cancelled_whatever_it_says(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    struct queue_submission job = world_job("j1");
    job.retries = 3;
    world_submit(world, &job, JOB_QUEUED);
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_RUNNING);
    struct queue_renewal renewal = {.id = claim.id, .token = claim.token};
    assert_int_equal(queue_renew(world->queue, WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
    assert_int_equal(renewal.lease, QUEUE_LEASE_CANCEL);
    assert_int_equal(world_fail(world, &claim, REASON_EXCEPTION, 0), JOB_CANCELLED);
    world_expect_why(world, "j1", "cancelled");
}

static void m_a_result_beats_a_late_cancellation(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    world_complete(world, &claim);
    struct queue_record record;
    assert_int_equal(queue_get(world->queue, "j1", &record, &world->err), QUEUE_OK);
    assert_false(record.cancelling);
    queue_record_free(&record);
}

static void c_a_cancelled_job_whose_host_dies_is_not_run_again(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    world_tick(world);
    world_claim(world, "j1");
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    assert_int_equal(live_through(world, 30), 1);
    world_expect(world, "j1", JOB_CANCELLED);
}

static void c_after_a_gap_in_ticks_no_lease_ends_for_one_lease(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    world_tick(world);
    struct queue_claim held = world_claim(world, "j1");
    world_claim(world, "j2");
    world_advance(world, 3 * WORLD_LEASE_MS);
    assert_int_equal(world_tick(world).expired, 0);
    struct queue_renewal renewal = {.id = held.id, .token = held.token};
    assert_int_equal(queue_renew(world->queue, 2 * WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
    assert_int_equal(renewal.lease, QUEUE_LEASE_HELD);
    assert_int_equal(live_through(world, 29), 0);
    assert_int_equal(live_through(world, 1), 1); // nobody renewed j2
    world_complete(world, &held);
}

static void m_ticks_that_are_always_late_expire_leases_all_the_same(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_tick(world);
    world_claim(world, "j1");
    uint64_t expired = 0;
    for (int i = 0; i < 24; i++) {
        world_advance(world, 4000);
        expired += world_tick(world).expired;
    }
    assert_int_equal(expired, 1);
}

static void c_the_servers_forgotten_scripts_are_loaded_again(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    free(redis_text(&world->redis, "SCRIPT FLUSH"));
    struct queue_claim claim = world_claim(world, "j1");
    free(redis_text(&world->redis, "SCRIPT FLUSH"));
    world_complete(world, &claim);
}

static void c_a_full_redis_refuses_submissions_and_keeps_leases(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    world_submit_plain(world, "j3");
    world_submit_plain(world, "j4");
    struct queue_claim one = world_claim(world, "j1"), two = world_claim(world, "j2"), three = world_claim(world, "j3");
    struct queue_submission job = world_job("j5");
    struct queue_receipt receipt;
    enum job_state became = JOB_STATE_COUNT;
    struct queue_renewal renewal = {.id = one.id, .token = one.token};
    free(redis_text(&world->redis, "CONFIG SET maxmemory 1"));
    assert_int_equal(queue_submit(world->queue, &job, &receipt, &world->err), -1);
    assert_int_equal(world->err.reason, REASON_UNWRITABLE);
    assert_non_null(strstr(world->err.msg, "Redis is full: raise maxmemory or purge ended jobs"));
    assert_int_equal(queue_renew(world->queue, WORLD_LEASE_MS, &renewal, 1, &world->err), QUEUE_OK);
    assert_int_equal(renewal.lease, QUEUE_LEASE_HELD);
    struct queue_name name = {.key = "data.csv", .version = "v1"};
    assert_int_equal(queue_promote(world->queue, &name, 1, &world->err), -1);
    assert_int_equal(world->err.reason, REASON_UNWRITABLE);
    struct queue_home home;
    assert_int_equal(queue_propose_home(world->queue, &(struct queue_home){"file:/s", "default"}, &home, &world->err),
                     QUEUE_OK);
    const struct queue_output hello = {false, "hello", 5};
    assert_int_equal(queue_log(world->queue, "j1", one.token, &hello, 1, &world->err), -1);
    assert_int_equal(world->err.reason, REASON_UNWRITABLE);
    assert_int_equal(queue_progress(world->queue, "j1", one.token, "half", &world->err), QUEUE_OK);
    world_tick(world);
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    assert_int_equal(queue_complete(world->queue, "j1", one.token, "{}", 2, &name, 1, &world->err), QUEUE_OK);
    world_expect(world, "j1", JOB_SUCCEEDED);
    world_fail(world, &two, REASON_EXCEPTION, 0);
    assert_int_equal(queue_release(world->queue, "j3", three.token, &became, &world->err), QUEUE_OK);
    assert_int_equal(queue_cancel(world->queue, "j4", &became, &world->err), QUEUE_OK);
    struct queue_claim again = world_claim(world, "j3");
    assert_int_equal(queue_lost(world->queue, "j3", again.token, &became, &world->err), QUEUE_OK);
    free(redis_text(&world->redis, "CONFIG SET maxmemory 0"));
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:job:j5 quern:{q}:spec:j5"), 0);
}

int main(void) {
#define T(test) cmocka_unit_test_setup(test, world_empty)
    const struct CMUnitTest tests[] = {
        T(b_a_job_is_submitted_claimed_and_completed),
        T(b_the_record_tells_the_whole_life),
        T(m_the_same_submission_again_is_a_success),
        T(m_another_submission_under_the_same_id_is_refused),
        T(m_priorities_first_and_then_the_order_of_submission),
        T(m_a_delayed_job_is_ready_after_its_time),
        T(m_a_renewed_lease_lives_on),
        T(c_a_lease_that_ends_makes_the_job_ready_and_fences_the_zombie),
        T(m_a_repeated_end_answers_as_the_first),
        T(c_crashes_are_counted_apart_and_end_as_poison),
        T(m_lost_among_the_rules_spends_retries_before_poison),
        T(m_only_the_reasons_of_the_rules_are_tried_again),
        T(m_retries_end_and_their_pauses_double_within_half),
        T(m_infra_has_a_counter_of_its_own),
        T(m_a_released_job_keeps_its_place_and_its_attempts),
        T(m_who_waits_is_cancelled_at_once),
        T(m_who_runs_is_told_and_ends_cancelled_whatever_it_says),
        T(m_a_result_beats_a_late_cancellation),
        T(c_a_cancelled_job_whose_host_dies_is_not_run_again),
        T(c_after_a_gap_in_ticks_no_lease_ends_for_one_lease),
        T(m_ticks_that_are_always_late_expire_leases_all_the_same),
        T(c_the_servers_forgotten_scripts_are_loaded_again),
        T(c_a_full_redis_refuses_submissions_and_keeps_leases),
    };
    return cmocka_run_group_tests_name("queue", tests, world_open, world_close);
}
