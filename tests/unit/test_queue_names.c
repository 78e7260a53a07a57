// SPDX-License-Identifier: Apache-2.0
// The catalogue of a queue: who may name what, and which version wins.
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
#include "quern/queue_names.h"
#include "quern/queue_operator.h"
#include "quern/queue_worker.h"
#include "queue_world.h"

static void expect_name(struct queue_world *world, const char *key, const char *version) {
    char found[STORAGE_VERSION_BYTES] = "";
    uint64_t bytes = 0;
    int answer = queue_name_get(world->queue, key, found, &bytes, &world->err);
    if (answer < 0)
        fail_msg("%s", world->err.msg);
    assert_int_equal(answer, version ? QUEUE_OK : QUEUE_NO_NAME);
    assert_string_equal(found, version ? version : "");
    assert_int_equal(bytes, version ? strlen(version) : 0);
}

/* The bytes of an object are as many as its version has letters, so that expect_name() can tell. */
static struct queue_name name(const char *key, const char *version) {
    return (struct queue_name){.key = key, .version = version, .bytes = strlen(version)};
}

static void promote(struct queue_world *world, const char *key, const char *version) {
    struct queue_name promoted = name(key, version);
    if (queue_promote(world->queue, &promoted, 1, &world->err) < 0)
        fail_msg("%s", world->err.msg);
}

static void complete(struct queue_world *world, const struct queue_claim *claim, const char *key, const char *version) {
    char own[STORAGE_KEY_BYTES];
    snprintf(own, sizeof own, "job:%s/dataset1", claim->id);
    const struct queue_name names[] = {name(own, version), name(key, version)};
    int answer = queue_complete(world->queue, claim->id, claim->token, "{}", 2, names, 2, &world->err);
    if (answer < 0)
        fail_msg("%s", world->err.msg);
    assert_int_equal(answer, QUEUE_OK);
}

static uint64_t outrun_of(struct queue_world *world, const char *id) {
    struct queue_record record;
    assert_int_equal(queue_get(world->queue, id, &record, &world->err), QUEUE_OK);
    uint64_t outrun = record.outrun;
    queue_record_free(&record);
    return outrun;
}

static void m_names_are_set_in_the_moment_of_completion(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    expect_name(world, "data.csv", NULL);
    complete(world, &claim, "data.csv", "v1");
    expect_name(world, "data.csv", "v1");
    expect_name(world, "job:j1/dataset1", "v1");
    assert_int_equal(outrun_of(world, "j1"), 0);
    complete(world, &claim, "data.csv", "v2"); /* repeated: answered, not done again */
    expect_name(world, "data.csv", "v1");
}

static void m_an_earlier_claim_does_not_take_a_name_back(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    struct queue_claim early = world_claim(world, "j1"), late = world_claim(world, "j2");
    complete(world, &late, "data.csv", "late");
    complete(world, &early, "data.csv", "early");
    expect_name(world, "data.csv", "late");
    expect_name(world, "job:j1/dataset1", "early");
    expect_name(world, "job:j2/dataset1", "late");
    assert_int_equal(outrun_of(world, "j1"), 1);
    assert_int_equal(outrun_of(world, "j2"), 0);
    world_expect(world, "j1", JOB_SUCCEEDED);
}

/* Who promotes means it; the fence that the name has stays, for attempts. */
static void m_people_win_over_any_attempt_that_was_before_them(void **state) {
    struct queue_world *world = *state;
    world_submit_plain(world, "j1");
    world_submit_plain(world, "j2");
    struct queue_claim early = world_claim(world, "j1"), late = world_claim(world, "j2");
    complete(world, &late, "data.csv", "late");
    promote(world, "data.csv", "mine");
    expect_name(world, "data.csv", "mine");
    complete(world, &early, "data.csv", "early");
    expect_name(world, "data.csv", "mine");
}

static void m_an_attempt_that_is_fenced_names_nothing(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    struct queue_claim zombie = world_claim(world, "j1");
    assert_int_equal(queue_lost(world->queue, "j1", zombie.token, &became, &world->err), QUEUE_OK);
    struct queue_name one = name("data.csv", "v1");
    assert_int_equal(queue_complete(world->queue, "j1", zombie.token, "{}", 2, &one, 1, &world->err), QUEUE_FENCED);
    expect_name(world, "data.csv", NULL);
}

/* The log of an attempt that is tried again is there until the next one has its own. */
static void m_a_failed_attempt_leaves_its_log_until_the_next_ends(void **state) {
    struct queue_world *world = *state;
    struct queue_submission job = world_job("j1");
    struct err why = {.reason = REASON_EXIT, .detail = 1, .msg = "no"};
    enum job_state became = JOB_STATE_COUNT;
    job.retries = 1;
    world_submit(world, &job, JOB_QUEUED);
    struct queue_claim claim = world_claim(world, "j1");
    struct queue_name log = name("job:j1/stderr.txt", "first");
    assert_int_equal(queue_fail(world->queue, "j1", claim.token, &why, NULL, 0, &log, 1, &became, &world->err),
                     QUEUE_OK);
    assert_int_equal(became, JOB_DELAYED);
    expect_name(world, "job:j1/stderr.txt", "first");
    world_advance(world, 600000);
    world_tick(world);
    world_tick(world);
    claim = world_claim(world, "j1");
    complete(world, &claim, "data.csv", "v1");
    expect_name(world, "job:j1/stderr.txt", NULL);
    expect_name(world, "job:j1/dataset1", "v1");
}

static void m_names_of_a_job_go_with_it_and_no_others(void **state) {
    struct queue_world *world = *state;
    struct queue_receipt receipt;
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "j10" : "j1";
        world_submit_plain(world, id);
        struct queue_claim claim = world_claim(world, id);
        complete(world, &claim, "data.csv", "v1");
    }
    assert_int_equal(queue_remove(world->queue, "j1", &world->err), QUEUE_OK);
    expect_name(world, "job:j1/dataset1", NULL);
    expect_name(world, "job:j10/dataset1", "v1");
    expect_name(world, "data.csv", "v1");
    world_submit_plain(world, "j2");
    struct queue_claim claim = world_claim(world, "j2");
    struct err why = {.reason = REASON_BAD_INPUT, .msg = "no"};
    enum job_state became = JOB_STATE_COUNT;
    struct queue_name log = name("job:j2/stderr.txt", "v1");
    assert_int_equal(queue_fail(world->queue, "j2", claim.token, &why, NULL, 0, &log, 1, &became, &world->err),
                     QUEUE_OK);
    expect_name(world, "job:j2/stderr.txt", "v1");
    assert_int_equal(queue_retry(world->queue, "j2", &receipt, &world->err), QUEUE_OK);
    expect_name(world, "job:j2/stderr.txt", NULL);
}

/* Who waited for a job may read what it gave until he has ended himself, however soon the job is forgotten. */
static void r_names_of_a_forgotten_job_stay_for_those_who_waited_for_it(void **state) {
    struct queue_world *world = *state;
    struct queue_dependency after = {"j1", QUEUE_AFTER_OK};
    struct queue_receipt receipt;
    world_submit_plain(world, "j1");
    struct queue_submission heirs[] = {world_job("j2"), world_job("j3")};
    for (size_t i = 0; i < 2; i++) {
        heirs[i].after = &after;
        heirs[i].after_count = 1;
    }
    world_submit(world, &heirs[0], JOB_BLOCKED);
    struct queue_claim claim = world_claim(world, "j1");
    complete(world, &claim, "data.csv", "v1");
    world_submit(world, &heirs[1], JOB_QUEUED); // j1 has ended already
    assert_int_equal(queue_set(world->queue, QUEUE_DONE_MS, 1000, &world->err), QUEUE_OK);
    world_advance(world, 2000);
    assert_int_equal(world_tick(world).purged, 1);
    expect_name(world, "job:j1/dataset1", "v1");
    claim = world_claim(world, "j2");
    assert_int_equal(world_fail(world, &claim, REASON_BAD_INPUT, 0), JOB_FAILED);
    expect_name(world, "job:j1/dataset1", "v1");
    claim = world_claim(world, "j3");
    complete(world, &claim, "data.csv", "v3");
    expect_name(world, "job:j1/dataset1", NULL);
    assert_int_equal(queue_retry(world->queue, "j2", &receipt, &world->err), QUEUE_NO_DEPENDENCY);
}

static void m_a_replayed_heir_inherits_again_and_a_cancelled_one_no_more(void **state) {
    struct queue_world *world = *state;
    struct queue_dependency after[] = {{"j1", QUEUE_AFTER_OK}, {"j1", QUEUE_AFTER_ANY}};
    struct queue_receipt receipt;
    enum job_state became = JOB_STATE_COUNT;
    world_submit_plain(world, "j1");
    struct queue_submission heir = world_job("j2");
    heir.after = after;
    heir.after_count = 2;
    world_submit(world, &heir, JOB_BLOCKED);
    struct queue_claim claim = world_claim(world, "j1");
    complete(world, &claim, "data.csv", "v1");
    assert_int_equal(queue_cancel(world->queue, "j2", &became, &world->err), QUEUE_OK);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:heirs:j1"), 0);
    expect_name(world, "job:j1/dataset1", "v1");
    assert_int_equal(queue_retry(world->queue, "j2", &receipt, &world->err), QUEUE_OK);
    assert_int_equal(queue_remove(world->queue, "j1", &world->err), QUEUE_OK);
    expect_name(world, "job:j1/dataset1", "v1");
    assert_int_equal(queue_cancel(world->queue, "j2", &became, &world->err), QUEUE_OK);
    expect_name(world, "job:j1/dataset1", NULL);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:heirs:j1 quern:{q}:names"), 1); // data.csv
}

/* ---- people ---- */

static void b_names_are_listed_in_pieces_and_removed_all_or_none(void **state) {
    struct queue_world *world = *state;
    static const char *const keys[] = {"a", "a/b", "a0", "b", "\xc3\xa4/x"};
    static struct queue_named rows[4];
    size_t count = 0, missing = 99;
    for (size_t i = 0; i < 5; i++)
        promote(world, keys[4 - i], "v1");
    promote(world, "a/b", "version:2");
    assert_int_equal(queue_names(world->queue, "", "", rows, 4, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(rows[i].key, keys[i]);
    assert_string_equal(rows[1].version, "version:2");
    assert_int_equal(rows[1].bytes, 9);
    assert_int_equal(rows[1].changed_unix_ms, WORLD_EPOCH_MS);
    assert_int_equal(queue_names(world->queue, "", "b", rows, 4, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].key, keys[4]);
    assert_int_equal(queue_names(world->queue, "a/", "", rows, 4, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 1);
    const char *const wrong[] = {"a", "c", "b"};
    assert_int_equal(queue_remove_names(world->queue, wrong, 3, &missing, &world->err), QUEUE_NO_NAME);
    assert_int_equal(missing, 1);
    expect_name(world, "a", "v1");
    assert_int_equal(queue_remove_names(world->queue, keys, 5, &missing, &world->err), QUEUE_OK);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:names"), 0);
}

/* As a queue may have them from before these signs were refused. */
static void r_held_names_with_signs_are_listed_and_removed(void **state) {
    struct queue_world *world = *state;
    static const char *const held[] = {"o{d}"};
    struct queue_named row;
    size_t count = 0, missing = 0;
    redisReply *added = redisCommand(world->redis.raw, "ZADD quern:{q}:names 0 %b", "o{d}\0v1 2 0 1", (size_t)13);
    assert_true(added && added->integer == 1);
    freeReplyObject(added);
    assert_int_equal(queue_names(world->queue, "", "", &row, 1, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(row.key, held[0]);
    assert_int_equal(queue_names(world->queue, "", held[0], &row, 1, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(queue_remove_names(world->queue, held, 1, &missing, &world->err), QUEUE_OK);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:names"), 0);
}

static void l_as_many_names_as_may_be(void **state) {
    struct queue_world *world = *state;
    static struct queue_name names[QUEUE_MAX_NAMES + 1];
    static char keys[QUEUE_MAX_NAMES + 1][32];
    static struct queue_named rows[QUEUE_MAX_LIST];
    size_t count = 0;
    world_submit_plain(world, "j1");
    struct queue_claim claim = world_claim(world, "j1");
    for (size_t i = 0; i <= QUEUE_MAX_NAMES; i++) {
        snprintf(keys[i], sizeof keys[i], "job:j1/out%04zu", i);
        names[i] = name(keys[i], "v1");
    }
    assert_int_equal(queue_complete(world->queue, "j1", claim.token, "", 0, names, QUEUE_MAX_NAMES + 1, &world->err),
                     -1);
    assert_string_equal(world->err.msg, "names: expected 0 to 512, found 513");
    assert_int_equal(queue_complete(world->queue, "j1", claim.token, "", 0, names, QUEUE_MAX_NAMES, &world->err),
                     QUEUE_OK);
    assert_int_equal(queue_names(world->queue, "job:j1/", "", rows, QUEUE_MAX_LIST, &count, &world->err), QUEUE_OK);
    assert_int_equal(count, QUEUE_MAX_NAMES);
    assert_string_equal(rows[511].key, "job:j1/out0511");
    assert_int_equal(queue_remove(world->queue, "j1", &world->err), QUEUE_OK);
    assert_int_equal(redis_number(&world->redis, "EXISTS quern:{q}:names"), 0);
}

static void f_names_that_are_not_theirs_are_refused(void **state) {
    struct queue_world *world = *state;
    static const char token[] = "1-0123456789abcdef0123456789abcdef";
    struct err why = {.reason = REASON_EXIT, .msg = "no"};
    enum job_state became;
    size_t missing;
    static const struct {
        const char *key, *complete, *fail, *promote;
    } cases[] = {
        {"job:j2/x", "key \"job:j2/x\": the names of a job are given by that job alone",
         "key \"job:j2/x\": the names of a job are given by that job alone",
         "key \"job:j2/x\": the names of a job are given by that job alone"},
        {"job:j12/x", "key \"job:j12/x\": the names of a job are given by that job alone",
         "key \"job:j12/x\": the names of a job are given by that job alone",
         "key \"job:j12/x\": the names of a job are given by that job alone"},
        {"job:j1", "key \"job:j1\": the names of a job are given by that job alone",
         "key \"job:j1\": the names of a job are given by that job alone",
         "key \"job:j1\": the names of a job are given by that job alone"},
        {"job:j1/x", NULL, NULL, "key \"job:j1/x\": the names of a job are given by that job alone"},
        {"a", NULL, "key \"a\": expected a name below job:j1/", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct queue_name one = name(cases[i].key, "v1");
        const char *key = cases[i].key;
        int answer = queue_complete(world->queue, "j1", token, "", 0, &one, 1, &world->err);
        assert_int_equal(answer, cases[i].complete ? -1 : QUEUE_FENCED);
        if (cases[i].complete)
            assert_string_equal(world->err.msg, cases[i].complete);
        answer = queue_fail(world->queue, "j1", token, &why, NULL, 0, &one, 1, &became, &world->err);
        assert_int_equal(answer, cases[i].fail ? -1 : QUEUE_FENCED);
        if (cases[i].fail)
            assert_string_equal(world->err.msg, cases[i].fail);
        if (!cases[i].promote)
            continue;
        assert_int_equal(queue_promote(world->queue, &one, 1, &world->err), -1);
        assert_string_equal(world->err.msg, cases[i].promote);
        assert_int_equal(queue_remove_names(world->queue, &key, 1, &missing, &world->err), -1);
        assert_string_equal(world->err.msg, cases[i].promote);
    }
}

/* ---- a worker that died between its claim and telling of it ---- */

static void c_a_claim_whose_maker_died_is_lost_whatever_it_took(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    char nonce[QUEUE_NONCE_BYTES];
    struct queue_claim claim;
    memcpy(nonce, world_nonce(), sizeof nonce);
    world_submit_plain(world, "j1");
    assert_int_equal(queue_claim(world->queue, "w", nonce, WORLD_LEASE_MS, 0, &claim, &world->err), QUEUE_OK);
    queue_claim_free(&claim);
    assert_int_equal(queue_lost_claim(world->queue, nonce, &became, &world->err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    world_expect(world, "j1", JOB_QUEUED);
    assert_int_equal(queue_lost_claim(world->queue, nonce, &became, &world->err), QUEUE_NOTHING);
}

/* The claim itself may still be on its way. */
static void c_a_claim_that_comes_after_its_makers_death_takes_nothing(void **state) {
    struct queue_world *world = *state;
    enum job_state became = JOB_STATE_COUNT;
    char nonce[QUEUE_NONCE_BYTES];
    struct queue_claim claim;
    memcpy(nonce, world_nonce(), sizeof nonce);
    world_submit_plain(world, "j1");
    assert_int_equal(queue_lost_claim(world->queue, nonce, &became, &world->err), QUEUE_NOTHING);
    assert_int_equal(queue_claim(world->queue, "w", nonce, WORLD_LEASE_MS, 0, &claim, &world->err), QUEUE_NOTHING);
    assert_string_equal(claim.why, "spent");
    world_expect(world, "j1", JOB_QUEUED);
    assert_true(redis_number(&world->redis, "PTTL quern:{q}:spent:%s", nonce) > 0);
}

static void f_a_nonce_is_thirty_two_digits(void **state) {
    struct queue_world *world = *state;
    enum job_state became;
    struct queue_claim claim;
    static const char *const wrong[][2] = {
        {"", "nonce: expected 1 to 32 of 0-9 a-f"},
        {"0123", "nonce: expected 32 of 0-9 a-f, found 4"},
        {"0123456789ABCDEF0123456789ABCDEF", "nonce: expected 1 to 32 of 0-9 a-f"},
        {"0123456789abcdef0123456789abcdef0", "nonce: expected 1 to 32 of 0-9 a-f"},
        {"0123456789abcdef0123456789abcd\r\n", "nonce: expected 1 to 32 of 0-9 a-f"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(queue_claim(world->queue, "w", wrong[i][0], WORLD_LEASE_MS, 0, &claim, &world->err), -1);
        assert_string_equal(world->err.msg, wrong[i][1]);
        assert_int_equal(queue_lost_claim(world->queue, wrong[i][0], &became, &world->err), -1);
        assert_string_equal(world->err.msg, wrong[i][1]);
    }
}

/* ---- what jobs speak of ---- */

enum { DENSE = 4 << 20, MOST_SEEN = 1 << 17 };

struct seen {
    unsigned char found[MOST_SEEN];
    size_t visits, distinct;
};

static int see(void *context, const char *version) {
    struct seen *seen = context;
    size_t index = strtoul(version + strlen("sha256-"), NULL, 16);
    assert_int_equal(strlen(version), 71);
    assert_true(index < MOST_SEEN);
    seen->visits++;
    seen->distinct += !seen->found[index];
    seen->found[index] = 1;
    return 0;
}

/* As many versions as fit into so many bytes, with one byte between; returns the number behind the last. */
static size_t fill_with_versions(char *text, size_t bytes, size_t first) {
    size_t at = 0;
    for (; at + 73 <= bytes; at += 72)
        snprintf(text + at, 73, "sha256-%064zx ", first++);
    memset(text + at, '.', bytes - at);
    return first;
}

static void submit_document(struct queue_world *world, const char *id, const char *document, size_t bytes) {
    struct queue_receipt receipt;
    struct queue_submission job = world_job(id);
    job.document = document;
    job.document_bytes = bytes;
    if (queue_submit(world->queue, &job, &receipt, &world->err) != QUEUE_OK)
        fail_msg("%s", world->err.msg);
}

/* Each call does about as much as any other, whatever somebody wrote into a document; and none is missed at a cut. */
static void l_a_document_full_of_versions_does_not_stop_the_collector(void **state) {
    struct queue_world *world = *state;
    auto_free char *dense = malloc(DENSE);
    auto_free struct seen *seen = calloc(1, sizeof *seen);
    size_t next = 0, calls = 0;
    char plain[73], id[16];
    uint64_t cursor = 0;
    for (size_t i = 0; i < 300; i++) {
        next = fill_with_versions(plain, 73, next);
        snprintf(id, sizeof id, "j%zu", i);
        submit_document(world, id, plain, 72);
    }
    next = fill_with_versions(dense, DENSE, next);
    submit_document(world, "dense", dense, DENSE);
    next = fill_with_versions(plain, 73, next);
    submit_document(world, "last", plain, 72);
    assert_int_equal(queue_remove(world->queue, "j7", &world->err), QUEUE_STATE);
    do {
        size_t before = seen->visits;
        assert_int_equal(queue_versions(world->queue, &cursor, see, seen, &world->err), QUEUE_OK);
        assert_true(seen->visits - before <= 1900);
        calls++;
    } while (cursor && calls < 100);
    assert_int_equal(cursor, 0);
    assert_int_equal(seen->distinct, next);
    assert_in_range(calls, 33, 35);
}

/* What stands in Redis may be anybody's: nothing reads such a document, so that the end of it keeps nothing. */
static void f_a_forged_document_ends_the_walk_as_any_other(void **state) {
    struct queue_world *world = *state;
    auto_free struct seen *seen = calloc(1, sizeof *seen);
    uint64_t cursor = 0;
    size_t calls = 0;
    world_submit_plain(world, "j1");
    free(redis_text(&world->redis, "SETRANGE quern:{q}:spec:j1 %d x", 64 << 20));
    free(redis_text(&world->redis, "ZADD quern:{q}:numbers 2 ghost"));
    while (queue_versions(world->queue, &cursor, see, seen, &world->err) == QUEUE_OK && cursor && calls < 100)
        calls++;
    assert_int_equal(cursor, 0);
    assert_in_range(calls, 64, 66);
    free(redis_text(&world->redis, "ZADD quern:{q}:numbers 9007199254740992 ghost"));
    cursor = UINT64_C(2) << 23;
    assert_int_equal(queue_versions(world->queue, &cursor, see, seen, &world->err), -1);
    assert_string_equal(world->err.msg, "versions: an answer that does not belong to it");
}

int main(void) {
#define T(test) cmocka_unit_test_setup(test, world_empty)
    const struct CMUnitTest tests[] = {
        T(m_names_are_set_in_the_moment_of_completion),
        T(m_an_earlier_claim_does_not_take_a_name_back),
        T(m_people_win_over_any_attempt_that_was_before_them),
        T(m_an_attempt_that_is_fenced_names_nothing),
        T(m_a_failed_attempt_leaves_its_log_until_the_next_ends),
        T(m_names_of_a_job_go_with_it_and_no_others),
        T(r_names_of_a_forgotten_job_stay_for_those_who_waited_for_it),
        T(m_a_replayed_heir_inherits_again_and_a_cancelled_one_no_more),
        T(b_names_are_listed_in_pieces_and_removed_all_or_none),
        T(r_held_names_with_signs_are_listed_and_removed),
        T(l_as_many_names_as_may_be),
        T(f_names_that_are_not_theirs_are_refused),
        T(c_a_claim_whose_maker_died_is_lost_whatever_it_took),
        T(c_a_claim_that_comes_after_its_makers_death_takes_nothing),
        T(f_a_nonce_is_thirty_two_digits),
        T(l_a_document_full_of_versions_does_not_stop_the_collector),
        T(f_a_forged_document_ends_the_walk_as_any_other),
    };
    return cmocka_run_group_tests_name("queue_names", tests, world_open, world_close);
}
