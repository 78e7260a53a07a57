// SPDX-License-Identifier: Apache-2.0
#include "queue_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_worker.h"

int world_open(void **state) {
    struct queue_world *world = calloc(1, sizeof *world);
    redis_server_start(&world->redis, false);
    struct queue_options options = {.name = "q", .timeout_ms = 20000};
    if (getenv("QUERN_TESTS_GUARDED")) {
        redis_server_guard(&world->redis);
        options.password = REDIS_SERVER_PASSWORD;
    }
    options.url = world->redis.url;
    assert_int_equal(queue_open(&options, &world->queue, &world->err), 0);
    *state = world;
    return 0;
}

int world_close(void **state) {
    struct queue_world *world = *state;
    queue_close(world->queue);
    redis_server_stop(&world->redis);
    free(world);
    return 0;
}

static void set_clock(struct queue_world *world, long long us) {
    free(redis_text(&world->redis, "SET quern:{q}:clock %lld", us));
}

int world_empty(void **state) {
    struct queue_world *world = *state;
    free(redis_text(&world->redis, "FLUSHALL"));
    set_clock(world, WORLD_EPOCH_MS * 1000);
    return 0;
}

const char *world_nonce(void) {
    static char nonce[QUEUE_NONCE_BYTES];
    dice_hex(nonce);
    return nonce;
}

void world_advance(struct queue_world *world, long long ms) {
    redis_number(&world->redis, "INCRBY quern:{q}:clock %lld", ms * 1000);
}

struct queue_submission world_job(const char *id) {
    struct queue_submission job;
    queue_submission_defaults(&job);
    job.id = id;
    job.document = "{}";
    job.document_bytes = 2;
    return job;
}

void world_submit(struct queue_world *world, const struct queue_submission *job, enum job_state expected) {
    struct queue_receipt receipt = {0};
    int answer = queue_submit(world->queue, job, &receipt, &world->err);
    if (answer < 0)
        fail_msg("%s", world->err.msg);
    assert_int_equal(answer, QUEUE_OK);
    assert_string_equal(job_state_name(receipt.state), job_state_name(expected));
    world_expect(world, job->id, expected);
}

void world_submit_plain(struct queue_world *world, const char *id) {
    struct queue_submission job = world_job(id);
    world_submit(world, &job, JOB_QUEUED);
}

struct queue_claim world_claim(struct queue_world *world, const char *id) {
    struct queue_claim claim = {0};
    int answer = queue_claim(world->queue, "host:1", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world->err);
    if (answer < 0)
        fail_msg("%s", world->err.msg);
    assert_int_equal(answer, QUEUE_OK);
    assert_string_equal(claim.id, id);
    free(steal_ptr(&claim.document));
    world_expect(world, id, JOB_RUNNING);
    return claim;
}

void world_claim_nothing(struct queue_world *world, const char *why) {
    struct queue_claim claim = {0};
    assert_int_equal(queue_claim(world->queue, "host:1", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world->err),
                     QUEUE_NOTHING);
    assert_string_equal(claim.why, why);
}

struct queue_ticked world_tick(struct queue_world *world) {
    struct queue_ticked ticked = {0};
    if (queue_tick(world->queue, 100, WORLD_LEASE_MS, &ticked, &world->err) < 0)
        fail_msg("%s", world->err.msg);
    return ticked;
}

enum job_state world_fail(struct queue_world *world, const struct queue_claim *claim, enum reason reason, int detail) {
    struct err why = {.reason = reason, .detail = detail, .msg = "it broke"};
    enum job_state state = JOB_STATE_COUNT;
    assert_int_equal(queue_fail(world->queue, claim->id, claim->token, &why, NULL, 0, NULL, 0, &state, &world->err),
                     QUEUE_OK);
    world_expect(world, claim->id, state);
    return state;
}

void world_complete(struct queue_world *world, const struct queue_claim *claim) {
    assert_int_equal(queue_complete(world->queue, claim->id, claim->token, "{\"r\":1}", 7, NULL, 0, &world->err),
                     QUEUE_OK);
    world_expect(world, claim->id, JOB_SUCCEEDED);
}

void world_expect(struct queue_world *world, const char *id, enum job_state expected) {
    static const char *const indexes[JOB_STATE_COUNT] = {
        [JOB_BLOCKED] = "blocked", [JOB_DELAYED] = "delayed", [JOB_QUEUED] = "ready",        [JOB_RUNNING] = "lease",
        [JOB_SUCCEEDED] = "done",  [JOB_FAILED] = "dead",     [JOB_CANCELLED] = "cancelled",
    };
    static const char *const all[] = {"blocked", "delayed", "ready", "lease", "done", "dead", "cancelled"};
    auto_free char *state = redis_text(&world->redis, "HGET quern:{q}:job:%s st", id);
    assert_non_null(state);
    assert_string_equal(state, job_state_name(expected));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        auto_free char *score = redis_text(&world->redis, "ZSCORE quern:{q}:%s %s", all[i], id);
        assert_int_equal(score != NULL, strcmp(all[i], indexes[expected]) == 0);
    }
}

void world_expect_why(struct queue_world *world, const char *id, const char *why) {
    auto_free char *found = redis_text(&world->redis, "HGET quern:{q}:job:%s why", id);
    assert_non_null(found);
    assert_string_equal(found, why);
}
