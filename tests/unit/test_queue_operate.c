// SPDX-License-Identifier: Apache-2.0
// What people and operators do to a queue, and what they see of it.
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
#include "quern/queue_operator.h"
#include "quern/queue_server.h"
#include "quern/queue_worker.h"
#include "queue_world.h"

static void m_a_unique_key_belongs_to_one_live_job(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    struct queue_submission one = world_job("one"), two = world_job("two");
    one.unique = two.unique = "daily:report";
    world_submit(world, &one, JOB_QUEUED);
    assert_int_equal(queue_submit(world->queue, &two, &receipt, &world->err), QUEUE_DUPLICATE);
    assert_string_equal(receipt.other, "one");
    struct queue_claim claim = world_claim(world, "one");
    assert_int_equal(world_fail(world, &claim, REASON_EXCEPTION, 0), JOB_FAILED);
    world_submit(world, &two, JOB_QUEUED);
    assert_int_equal(queue_retry(world->queue, "one", &receipt, &world->err), QUEUE_DUPLICATE);
    assert_string_equal(receipt.other, "two");
    claim = world_claim(world, "two");
    world_complete(world, &claim);
    assert_int_equal(queue_retry(world->queue, "one", &receipt, &world->err), QUEUE_OK);
    two.id = "three";
    assert_int_equal(queue_submit(world->queue, &two, &receipt, &world->err), QUEUE_DUPLICATE);
    assert_string_equal(receipt.other, "one");
}

static void l_a_full_queue_refuses_and_still_knows_its_jobs(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    struct queue_submission late = world_job("late"), third = world_job("third"), again = world_job("again");
    late.delay_ms = 1000;
    assert_int_equal(queue_set(world->queue, QUEUE_MOST_WAITING, 2, &world->err), QUEUE_OK);
    world_submit(world, &again, JOB_QUEUED);
    world_submit(world, &late, JOB_DELAYED);
    assert_int_equal(queue_submit(world->queue, &third, &receipt, &world->err), QUEUE_FULL);
    assert_int_equal(receipt.waiting, 2);
    assert_int_equal(receipt.most, 2);
    assert_int_equal(queue_submit(world->queue, &again, &receipt, &world->err), QUEUE_OK);
    assert_int_equal(queue_set(world->queue, QUEUE_MOST_WAITING, 0, &world->err), QUEUE_OK);
    world_submit(world, &third, JOB_QUEUED);
}

static void m_a_paused_queue_gives_nothing_and_takes_everything(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_pause(world->queue, true, &world->err), QUEUE_OK);
    world_submit_plain(world, "j3");
    world_claim_nothing(world, "paused");
    world_complete(world, &claim);
    assert_int_equal(queue_pause(world->queue, false, &world->err), QUEUE_OK);
    world_claim(world, "j2");
}

static void m_no_more_jobs_run_than_the_width(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    world_submit_plain(world, "j3");
    assert_int_equal(queue_set(world->queue, QUEUE_WIDTH, 1, &world->err), QUEUE_OK);
    struct queue_claim claim = world_claim(world, "j1");
    world_claim_nothing(world, "width");
    world_complete(world, &claim);
    world_claim(world, "j2");
    assert_int_equal(queue_set(world->queue, QUEUE_WIDTH, 0, &world->err), QUEUE_OK);
    world_claim(world, "j3");
}

static void m_a_worker_with_little_time_takes_what_fits(void **state) {
    struct queue_world *world = *state;
    struct queue_submission longer = world_job("longer"), shorter = world_job("shorter");
    longer.time_ms = 3600000;
    shorter.time_ms = 60000;
    world_submit_plain(world, "endless");
    world_submit(world, &longer, JOB_QUEUED);
    world_submit(world, &shorter, JOB_QUEUED);
    struct queue_claim claim;
    assert_int_equal(queue_claim(world->queue, "p", world_nonce(), WORLD_LEASE_MS, 60000, &claim, &world->err),
                     QUEUE_OK);
    assert_string_equal(claim.id, "shorter");
    queue_claim_free(&claim);
    assert_int_equal(queue_claim(world->queue, "p", world_nonce(), WORLD_LEASE_MS, 60000, &claim, &world->err),
                     QUEUE_NOTHING);
    assert_string_equal(claim.why, "empty");
}

static void m_only_failed_and_cancelled_jobs_are_replayed(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    assert_int_equal(queue_retry(world->queue, "j0", &receipt, &world->err), QUEUE_NO_JOB);
    assert_int_equal(queue_retry(world->queue, "j1", &receipt, &world->err), QUEUE_STATE);
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    assert_int_equal(queue_retry(world->queue, "j1", &receipt, &world->err), QUEUE_OK);
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(world_fail(world, &claim, REASON_EXCEPTION, 0), JOB_FAILED);
    assert_int_equal(queue_retry(world->queue, "j1", &receipt, &world->err), QUEUE_OK);
    assert_int_equal(receipt.state, JOB_QUEUED);
    struct queue_record record;
    assert_int_equal(queue_get(world->queue, "j1", &record, &world->err), QUEUE_OK);
    assert_string_equal(record.why, "");
    assert_string_equal(record.text, "");
    assert_int_equal(record.attempts, 1);
    assert_int_equal(record.ended_unix_ms, 0);
    queue_record_free(&record);
    claim = world_claim(world, "j1");
    world_complete(world, &claim);
    assert_int_equal(queue_retry(world->queue, "j1", &receipt, &world->err), QUEUE_STATE);
}

static void m_only_ended_jobs_are_removed_and_nothing_is_left(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    assert_int_equal(queue_remove(world->queue, "j0", &world->err), QUEUE_NO_JOB);
    assert_int_equal(queue_remove(world->queue, "j1", &world->err), QUEUE_STATE);
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(
        queue_log(world->queue, "j1", claim.token, &(struct queue_output){false, "hello\n", 6}, 1, &world->err),
        QUEUE_OK);
    assert_int_equal(queue_remove(world->queue, "j1", &world->err), QUEUE_STATE);
    assert_int_equal(queue_cancel(world->queue, "j1", &became, &world->err), QUEUE_OK);
    world_fail(world, &claim, REASON_EXCEPTION, 0);
    assert_int_equal(queue_remove(world->queue, "j1", &world->err), QUEUE_OK);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:job:j1 quern:{q}:spec:j1 quern:{q}:log:j1 "
                                                 "quern:{q}:cancelled quern:{q}:numbers quern:{q}:claims"),
                     0);
}

static void end_many(struct queue_world *world, int count) {
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "j%d", i);
        world_submit_plain(world, id);
        struct queue_claim claim = world_claim(world, id);
        world_complete(world, &claim);
        world_advance(world, 1000);
    }
}

static void m_ended_jobs_go_by_age_and_by_number(void **state) {
    struct queue_world *world = *state;
    assert_int_equal(queue_set(world->queue, QUEUE_DONE_MS, 60000, &world->err), QUEUE_OK);
    assert_int_equal(queue_set(world->queue, QUEUE_DONE_MOST, 4, &world->err), QUEUE_OK);
    end_many(world, 6);
    assert_int_equal(world_tick(world).purged, 2);
    world_expect(world, "j2", JOB_SUCCEEDED);
    world_advance(world, 56999); // j2 ended 60,999 ms ago now, j3 one second later
    assert_int_equal(world_tick(world).purged, 1);
    world_expect(world, "j3", JOB_SUCCEEDED);
    world_advance(world, 60000);
    assert_int_equal(world_tick(world).purged, 3);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:done quern:{q}:numbers quern:{q}:job:j5"), 0);
}

static void m_purge_takes_the_oldest_first(void **state) {
    struct queue_world *world = *state;
    uint64_t removed = 0;
    end_many(world, 5);
    assert_int_equal(queue_purge(world->queue, JOB_SUCCEEDED, 2000, 2, &removed, &world->err), QUEUE_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(queue_purge(world->queue, JOB_SUCCEEDED, 2000, 100, &removed, &world->err), QUEUE_OK);
    assert_int_equal(removed, 2);
    world_expect(world, "j4", JOB_SUCCEEDED);
    assert_int_equal(queue_purge(world->queue, JOB_QUEUED, 0, 1, &removed, &world->err), -1);
    assert_string_equal(world->err.msg, "state of ended jobs: expected 4 to 6, found 2");
}

static void m_a_new_priority_counts_in_every_state(void **state) {
    struct queue_world *world = *state;
    struct queue_submission late = world_job("late");
    late.delay_ms = 1000;
    world_submit_plain(world, "a");
    world_submit_plain(world, "b");
    world_submit(world, &late, JOB_DELAYED);
    assert_int_equal(queue_prioritise(world->queue, "b", 1, &world->err), QUEUE_OK);
    assert_int_equal(queue_prioritise(world->queue, "late", 0, &world->err), QUEUE_OK);
    assert_int_equal(queue_prioritise(world->queue, "ghost", 0, &world->err), QUEUE_NO_JOB);
    world_advance(world, 1000);
    world_tick(world);
    world_claim(world, "late");
    world_claim(world, "b");
    struct queue_claim claim = world_claim(world, "a");
    world_complete(world, &claim);
    assert_int_equal(queue_prioritise(world->queue, "a", 0, &world->err), QUEUE_STATE);
}

static void l_progress_is_taken_ten_times_a_second(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_progress(world->queue, "j1", claim.token, "10 %", &world->err), QUEUE_OK);
    assert_int_equal(queue_progress(world->queue, "j1", claim.token, "11 %", &world->err), QUEUE_DROPPED);
    world_advance(world, 100);
    assert_int_equal(queue_progress(world->queue, "j1", claim.token, "20 %", &world->err), QUEUE_OK);
    struct queue_record record;
    assert_int_equal(queue_get(world->queue, "j1", &record, &world->err), QUEUE_OK);
    assert_string_equal(record.progress, "20 %");
    queue_record_free(&record);
    world_complete(world, &claim);
    assert_int_equal(queue_progress(world->queue, "j1", claim.token, "99 %", &world->err), QUEUE_FENCED);
}

static void l_a_log_has_a_bound(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_set(world->queue, QUEUE_LOG_BYTES, 200, &world->err), QUEUE_OK);
    assert_int_equal(
        queue_log(world->queue, "j1", claim.token, &(struct queue_output){false, "one\0\r\n", 6}, 1, &world->err),
        QUEUE_OK);
    assert_int_equal(queue_log(world->queue, "j1", claim.token, &(struct queue_output){true, "two", 3}, 1, &world->err),
                     QUEUE_OK);
    assert_int_equal(
        queue_log(world->queue, "j1", claim.token, &(struct queue_output){true, "three", 5}, 1, &world->err),
        QUEUE_DROPPED);
    assert_int_equal(redis_number(&world->redis, "XLEN quern:{q}:log:j1"), 2);
    world_complete(world, &claim);
    assert_int_equal(queue_log(world->queue, "j1", claim.token, &(struct queue_output){true, "x", 1}, 1, &world->err),
                     QUEUE_FENCED);
}

static enum job_state lose(struct queue_world *world, const struct queue_claim *claim) {
    enum job_state became = JOB_STATE_COUNT;
    assert_int_equal(queue_lost(world->queue, claim->id, claim->token, &became, &world->err), QUEUE_OK);
    return became;
}

/* What was printed before is told as long as it leaves half of the room to the attempt that is of interest now. */
static void r_a_new_attempt_has_room_for_its_log_and_no_progress_yet(void **state) {
    struct queue_world *world = *state;
    const struct queue_output piece = {false, "0123456789012345", 16}; // 80 with what it costs
    assert_int_equal(queue_set(world->queue, QUEUE_LOG_BYTES, 240, &world->err), QUEUE_OK);
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    assert_int_equal(queue_log(world->queue, "j1", claim.token, &piece, 1, &world->err), QUEUE_OK);
    assert_int_equal(queue_progress(world->queue, "j1", claim.token, "half", &world->err), QUEUE_OK);
    assert_int_equal(lose(world, &claim), JOB_QUEUED);
    claim = world_claim(world, "j1");
    assert_int_equal(redis_number(&world->redis, "XLEN quern:{q}:log:j1"), 1);
    assert_int_equal(redis_number(&world->redis, "HEXISTS quern:{q}:job:j1 progress"), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(queue_log(world->queue, "j1", claim.token, &piece, 1, &world->err), QUEUE_OK);
    assert_int_equal(queue_log(world->queue, "j1", claim.token, &piece, 1, &world->err), QUEUE_DROPPED);
    assert_int_equal(lose(world, &claim), JOB_DELAYED);
    world_advance(world, 600000);
    world_tick(world);
    claim = world_claim(world, "j1");
    assert_int_equal(redis_number(&world->redis, "XLEN quern:{q}:log:j1"), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(queue_log(world->queue, "j1", claim.token, &piece, 1, &world->err), QUEUE_OK);
    assert_int_equal(queue_log(world->queue, "j1", claim.token, &piece, 1, &world->err), QUEUE_DROPPED);
}

static void m_lists_and_counts_tell_the_truth(void **state) {
    struct queue_world *world = *state;
    struct queue_row rows[3];
    struct queue_counts counts;
    size_t count = 0;
    char id[JOB_ID_BYTES];
    end_many(world, 4);
    world_submit_plain(world, "waits");
    world_advance(world, 1500);
    assert_int_equal(queue_list(world->queue, JOB_SUCCEEDED, 0, rows, 3, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].id, "j3");
    assert_string_equal(rows[2].id, "j1");
    assert_int_equal(rows[2].number, 2);
    assert_int_equal(queue_list(world->queue, JOB_SUCCEEDED, 3, rows, 3, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "j0");
    assert_int_equal(queue_count(world->queue, &counts, &world->err), QUEUE_OK);
    assert_int_equal(counts.jobs[JOB_SUCCEEDED], 4);
    assert_int_equal(counts.jobs[JOB_QUEUED], 1);
    assert_int_equal(counts.jobs[JOB_RUNNING], 0);
    assert_int_equal(counts.submitted, 5);
    assert_int_equal(counts.oldest_ready_ms, 1500);
    assert_int_equal(queue_find(world->queue, 5, id, &world->err), QUEUE_OK);
    assert_string_equal(id, "waits");
    assert_int_equal(queue_find(world->queue, 6, id, &world->err), QUEUE_NO_JOB);
}

static void b_the_document_is_as_it_was_submitted(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j");
    char *document = NULL;
    size_t bytes = 0;
    job.document = "{\"a\":\"\\u0000\r\n\"}";
    job.document_bytes = strlen(job.document);
    world_submit(world, &job, JOB_QUEUED);
    assert_int_equal(queue_document(world->queue, "j", &document, &bytes, &world->err), QUEUE_OK);
    assert_int_equal(bytes, job.document_bytes);
    assert_string_equal(document, job.document);
    free(document);
    assert_int_equal(queue_document(world->queue, "k", &document, &bytes, &world->err), QUEUE_NO_JOB);
    assert_int_equal(queue_document(world->queue, "a b", &document, &bytes, &world->err), -1);
}

static void m_a_sweep_mends_what_hands_broke(void **state) {
    struct queue_world *world = *state;
    uint64_t cursor = 0, repaired = 0;
    world_submit_plain(world, "lostindex");
    world_submit_plain(world, "twice");
    world_submit_plain(world, "gone");
    redis_number(&world->redis, "ZREM quern:{q}:ready lostindex");
    redis_number(&world->redis, "ZADD quern:{q}:lease 5 twice");
    redis_number(&world->redis, "DEL quern:{q}:job:gone");
    assert_int_equal(queue_sweep(world->queue, &cursor, &repaired, &world->err), QUEUE_OK);
    assert_int_equal(cursor, 0);
    assert_int_equal(repaired, 3);
    world_expect(world, "lostindex", JOB_QUEUED);
    world_expect(world, "twice", JOB_QUEUED);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:spec:gone"), 0);
    assert_int_equal(queue_sweep(world->queue, &cursor, &repaired, &world->err), QUEUE_OK);
    assert_int_equal(repaired, 0);
    world_claim(world, "lostindex");
    world_claim(world, "twice");
    world_claim_nothing(world, "empty");
}

/* So many that one claim does not take them all away: who waits for news hears of it at once. */
static void c_many_ghosts_are_taken_away_by_several_claims(void **state) {
    struct queue_world *world = *state;
    struct queue_claim claim;
    bool woken = false;
    for (int i = 0; i < 100; i++)
        redis_number(&world->redis, "ZADD quern:{q}:ready %d ghost%d", i, i);
    world_submit_plain(world, "j1");
    assert_int_equal(queue_claim(world->queue, "w", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world->err),
                     QUEUE_NOTHING);
    assert_string_equal(claim.why, "ghost");
    assert_int_equal(queue_wait(world->queue, claim.wake, 5000, &woken, &world->err), QUEUE_OK);
    assert_true(woken);
    world_claim(world, "j1");
}

static void c_a_ghost_in_the_index_is_not_claimed(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "ghost");
    world_submit_plain(world, "j1");
    redis_number(&world->redis, "DEL quern:{q}:job:ghost");
    world_claim(world, "j1");
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:job:ghost quern:{q}:ready"), 0);
}

static void m_a_log_is_read_in_pieces_until_the_job_has_ended(void **state) {
    struct queue_world *world = *state;
    struct queue_pieces pieces;
    bool woken = false;
    assert_int_equal(queue_read_log(world->queue, "j1", "0-0", &pieces, &world->err), QUEUE_NO_JOB);
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    for (int i = 0; i < 70; i++)
        assert_int_equal(
            queue_log(world->queue, "j1", claim.token, &(struct queue_output){i % 2, "a\0b\n", 4}, 1, &world->err),
            QUEUE_OK);
    assert_int_equal(queue_read_log(world->queue, "j1", "0-0", &pieces, &world->err), QUEUE_OK);
    assert_int_equal(pieces.count, 64);
    assert_int_equal(pieces.state, JOB_RUNNING);
    assert_memory_equal(pieces.pieces[1].bytes, "a\0b\n", 4);
    assert_int_equal(pieces.pieces[1].count, 4);
    assert_int_equal(pieces.pieces[1].attempt, 1);
    assert_true(pieces.pieces[1].is_stderr && !pieces.pieces[0].is_stderr);
    struct queue_pieces rest;
    assert_int_equal(queue_read_log(world->queue, "j1", pieces.after, &rest, &world->err), QUEUE_OK);
    assert_int_equal(rest.count, 6);
    assert_int_equal(queue_wait_log(world->queue, "j1", &rest, 1, &woken, &world->err), QUEUE_OK);
    assert_false(woken);
    world_complete(world, &claim);
    assert_int_equal(queue_wait_log(world->queue, "j1", &rest, 5000, &woken, &world->err), QUEUE_OK);
    assert_true(woken);
    queue_pieces_free(&pieces);
    assert_int_equal(queue_read_log(world->queue, "j1", rest.after, &pieces, &world->err), QUEUE_OK);
    assert_int_equal(pieces.count, 0);
    assert_int_equal(pieces.state, JOB_SUCCEEDED);
    queue_pieces_free(&pieces);
    queue_pieces_free(&rest);
}

// What an eviction or somebody with a Redis prompt takes away holds nobody else up.
static void r_a_job_that_vanished_holds_neither_its_key_nor_those_who_wait_for_it(void **state) {
    struct queue_world *world = *state;
    struct queue_dependency after[] = {{"gone", QUEUE_AFTER_OK}, {"gone", QUEUE_AFTER_ANY}};
    struct queue_submission gone = world_job("gone"), next = world_job("next"), ok = world_job("ok");
    struct queue_submission any = world_job("any");
    uint64_t cursor = 0, repaired = 0;
    gone.unique = next.unique = "u";
    ok.after = &after[0];
    any.after = &after[1];
    ok.after_count = any.after_count = 1;
    world_submit(world, &gone, JOB_QUEUED);
    world_submit(world, &ok, JOB_BLOCKED);
    world_submit(world, &any, JOB_BLOCKED);
    redis_number(&world->redis, "DEL quern:{q}:job:gone");
    world_submit(world, &next, JOB_QUEUED);
    assert_int_equal(queue_sweep(world->queue, &cursor, &repaired, &world->err), QUEUE_OK);
    assert_int_equal(repaired, 1);
    world_tick(world);
    world_expect(world, "ok", JOB_FAILED);
    world_expect_why(world, "ok", "dependency:gone");
    world_expect(world, "any", JOB_QUEUED);
}

static void r_a_damaged_record_ends_alone(void **state) {
    struct queue_world *world = *state;
    struct queue_submission waits[] = {world_job("w1"), world_job("w2")};
    static const char *const runs[] = {"r1", "r2", "r3"};
    for (size_t i = 0; i < 3; i++)
        world_submit_plain(world, runs[i]);
    for (size_t i = 0; i < 3; i++)
        world_claim(world, runs[i]);
    for (size_t i = 0; i < 2; i++) {
        waits[i].delay_ms = 1000;
        world_submit(world, &waits[i], JOB_DELAYED);
    }
    redis_number(&world->redis, "HDEL quern:{q}:job:r1 tok");
    redis_number(&world->redis, "HDEL quern:{q}:job:r2 maxcrash");
    redis_number(&world->redis, "HDEL quern:{q}:job:w1 prio");
    world_tick(world);
    for (int i = 0; i < 31; i++) {
        world_advance(world, 1000);
        world_tick(world);
    }
    static const char *const damaged[] = {"r1", "r2", "w1"};
    for (size_t i = 0; i < 3; i++) {
        auto_free char *text = redis_text(&world->redis, "HGET quern:{q}:job:%s text", damaged[i]);
        world_expect(world, damaged[i], JOB_FAILED);
        world_expect_why(world, damaged[i], "infra");
        assert_string_equal(text, "its record in the queue is damaged");
    }
    world_expect(world, "r3", JOB_QUEUED);
    world_expect(world, "w2", JOB_QUEUED);
}

static void m_workers_are_there_while_they_beat(void **state) {
    struct queue_world *world = *state;
    struct queue_worker workers[4];
    size_t count = 0;
    assert_int_equal(queue_beat(world->queue, "h1:1", "{\"slots\":2}", 30000, &world->err), QUEUE_OK);
    world_advance(world, 20000);
    assert_int_equal(queue_beat(world->queue, "h2:1", "", 30000, &world->err), QUEUE_OK);
    assert_int_equal(queue_drain(world->queue, "h2:1", true, &world->err), QUEUE_OK);
    assert_int_equal(queue_drain(world->queue, "h3:1", true, &world->err), QUEUE_NO_WORKER);
    assert_int_equal(queue_beat(world->queue, "h2:1", "", 30000, &world->err), QUEUE_DRAIN);
    world_advance(world, 20000);
    assert_int_equal(queue_workers(world->queue, 0, workers, 4, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 2);
    assert_string_equal(workers[0].name, "h2:1");
    assert_true(workers[0].alive && workers[0].draining);
    assert_string_equal(workers[1].info, "{\"slots\":2}");
    assert_false(workers[1].alive || workers[1].draining);
    assert_int_equal(queue_drain(world->queue, "h2:1", false, &world->err), QUEUE_OK);
    world_advance(world, 86400000);
    assert_int_equal(queue_beat(world->queue, "h2:1", "", 30000, &world->err), QUEUE_OK);
    assert_int_equal(queue_workers(world->queue, 0, workers, 4, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 1);
}

static void m_a_worker_that_shall_drain_is_given_no_job_from_that_moment_on(void **state) {
    struct queue_world *world = *state;
    struct queue_claim claim = {0};
    char nonce[QUEUE_NONCE_BYTES];
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    assert_int_equal(queue_beat(world->queue, "host:1", "", 30000, &world->err), QUEUE_OK);
    memcpy(nonce, world_nonce(), sizeof nonce);
    assert_int_equal(queue_claim(world->queue, "host:1", nonce, WORLD_LEASE_MS, 0, &claim, &world->err), QUEUE_OK);
    queue_claim_free(&claim);
    assert_int_equal(queue_drain(world->queue, "host:1", true, &world->err), QUEUE_OK);
    world_claim_nothing(world, "drain");
    // A claim whose reply was lost had its job before.
    assert_int_equal(queue_claim(world->queue, "host:1", nonce, WORLD_LEASE_MS, 0, &claim, &world->err), QUEUE_OK);
    assert_string_equal(claim.id, "j1");
    world_complete(world, &claim);
    queue_claim_free(&claim);
    world_claim_nothing(world, "drain");
    assert_int_equal(queue_claim(world->queue, "host:2", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world->err),
                     QUEUE_OK);
    assert_string_equal(claim.id, "j2");
    queue_claim_free(&claim);
    assert_int_equal(queue_drain(world->queue, "host:1", false, &world->err), QUEUE_OK);
    world_claim_nothing(world, "empty");
}

static void m_a_server_that_would_lose_jobs_is_refused_with_the_remedy(void **state) {
    struct queue_world *world = *state;
    struct server server;
    assert_int_equal(queue_server(world->queue, &server, &world->err), QUEUE_OK);
    assert_int_equal(server_check(&server, "jobs", &world->err), 0);
    assert_false(server.append_only || server.replica);
    assert_true(server.used_bytes > 0 && server.max_bytes == 0);
    free(redis_text(&world->redis, "CONFIG SET maxmemory-policy allkeys-lru"));
    assert_int_equal(queue_server(world->queue, &server, &world->err), QUEUE_OK);
    free(redis_text(&world->redis, "CONFIG SET maxmemory-policy noeviction"));
    assert_int_equal(server_check(&server, "jobs", &world->err), -1);
    assert_string_equal(world->err.msg, "Redis drops keys when memory ends (maxmemory-policy is allkeys-lru), and jobs "
                                        "with them; set maxmemory-policy noeviction");
    struct server old = {.version = "6.0.16", .eviction = "noeviction"};
    assert_int_equal(server_check(&old, "jobs", &world->err), -1);
    assert_string_equal(world->err.msg, "Redis is version 6.0.16; quern needs 6.2 or later");
    struct server replica = {.version = "7.0.15", .eviction = "noeviction", .replica = true};
    assert_int_equal(server_check(&replica, "jobs", &world->err), -1);
    assert_string_equal(world->err.msg, "this Redis is a replica; name the primary");
    assert_int_equal(world->err.reason, REASON_CONFIG);
}

/* A full one still serves those who do not bring new jobs; one that takes no write serves nobody. */
static void l_a_server_without_room_says_so(void **state) {
    struct queue_world *world = *state;
    struct server server;
    free(redis_text(&world->redis, "CONFIG SET maxmemory 1"));
    assert_int_equal(queue_server(world->queue, &server, &world->err), QUEUE_OK);
    free(redis_text(&world->redis, "CONFIG SET maxmemory 0"));
    assert_true(server.full);
    assert_int_equal(server_check(&server, "jobs", &world->err), 0);
    free(redis_text(&world->redis, "CONFIG SET min-replicas-to-write 1"));
    assert_int_equal(queue_server(world->queue, &server, &world->err), QUEUE_OK);
    free(redis_text(&world->redis, "CONFIG SET min-replicas-to-write 0"));
    assert_false(server.full);
    assert_int_equal(server_check(&server, "jobs", &world->err), -1);
    assert_string_equal(world->err.msg, "queue: Redis refused: NOREPLICAS Not enough good replicas to write; its "
                                        "replicas are away: bring them back, or lower min-replicas-to-write");
    assert_int_equal(err_exit_code(&world->err), 75);
}

static void m_a_queue_says_where_it_is_at_home(void **state) {
    struct queue_world *world = *state;
    struct queue_home home = {.store = "file:/var/lib/quern", .environments = "default,science"}, found;
    assert_int_equal(queue_get_home(world->queue, &found, &world->err), QUEUE_OK);
    assert_string_equal(found.store, "");
    const struct queue_home first = {.store = "file:/first"};
    assert_int_equal(queue_propose_home(world->queue, &first, &found, &world->err), QUEUE_OK);
    assert_string_equal(found.store, "file:/first");
    assert_string_equal(found.environments, "");
    assert_int_equal(queue_set_home(world->queue, &home, &world->err), QUEUE_OK);
    assert_int_equal(queue_get_home(world->queue, &found, &world->err), QUEUE_OK);
    assert_string_equal(found.store, home.store);
    assert_string_equal(found.environments, home.environments);
    const struct queue_home late = {.store = "file:/elsewhere", .environments = "other"};
    assert_int_equal(queue_propose_home(world->queue, &late, &found, &world->err), QUEUE_OK);
    assert_string_equal(found.store, home.store);
    assert_string_equal(found.environments, home.environments);
    home.store[0] = '\n';
    assert_int_equal(queue_set_home(world->queue, &home, &world->err), -1);
    assert_string_equal(world->err.msg, "store: expected UTF-8 without control characters, found other bytes");
}

int main(void) {
#define T(test) cmocka_unit_test_setup(test, world_empty)
    const struct CMUnitTest tests[] = {
        T(m_a_unique_key_belongs_to_one_live_job),
        T(l_a_full_queue_refuses_and_still_knows_its_jobs),
        T(m_a_paused_queue_gives_nothing_and_takes_everything),
        T(m_no_more_jobs_run_than_the_width),
        T(m_a_worker_with_little_time_takes_what_fits),
        T(m_only_failed_and_cancelled_jobs_are_replayed),
        T(m_only_ended_jobs_are_removed_and_nothing_is_left),
        T(m_ended_jobs_go_by_age_and_by_number),
        T(m_purge_takes_the_oldest_first),
        T(m_a_new_priority_counts_in_every_state),
        T(l_progress_is_taken_ten_times_a_second),
        T(l_a_log_has_a_bound),
        T(r_a_new_attempt_has_room_for_its_log_and_no_progress_yet),
        T(m_lists_and_counts_tell_the_truth),
        T(b_the_document_is_as_it_was_submitted),
        T(m_a_sweep_mends_what_hands_broke),
        T(r_a_damaged_record_ends_alone),
        T(r_a_job_that_vanished_holds_neither_its_key_nor_those_who_wait_for_it),
        T(m_a_log_is_read_in_pieces_until_the_job_has_ended),
        T(m_workers_are_there_while_they_beat),
        T(m_a_worker_that_shall_drain_is_given_no_job_from_that_moment_on),
        T(m_a_server_that_would_lose_jobs_is_refused_with_the_remedy),
        T(l_a_server_without_room_says_so),
        T(m_a_queue_says_where_it_is_at_home),
        T(c_a_ghost_in_the_index_is_not_claimed),
        T(c_many_ghosts_are_taken_away_by_several_claims),
    };
    return cmocka_run_group_tests_name("queue_operate", tests, world_open, world_close);
}
