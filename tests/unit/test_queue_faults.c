// SPDX-License-Identifier: Apache-2.0
// Replies that are lost, clients that are killed, a Redis that dies: nothing is lost and nothing happens twice.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_names.h"
#include "quern/queue_operator.h"
#include "quern/queue_worker.h"
#include "queue_world.h"
#include "redis_peer.h"

static struct queue *open_at(const char *url, uint32_t patience_ms) {
    struct queue_options options = {.url = url, .name = "q", .timeout_ms = 20000, .patience_ms = patience_ms};
    struct queue *queue = NULL;
    assert_int_equal(queue_open(&options, &queue, NULL), 0);
    return queue;
}

/* All scripts are known to Redis: the first reply of a call is then that of the transition. */
static void load_scripts(struct queue_world *world) {
    enum job_state became = JOB_STATE_COUNT;
    struct err why = {.reason = REASON_EXCEPTION};
    struct queue_receipt receipt;
    world_submit_plain(world, "warm");
    struct queue_claim claim = world_claim(world, "warm");
    assert_int_equal(queue_release(world->queue, "warm", claim.token, &became, &world->err), QUEUE_OK);
    claim = world_claim(world, "warm");
    assert_int_equal(queue_lost(world->queue, "warm", claim.token, &became, &world->err), QUEUE_OK);
    claim = world_claim(world, "warm");
    assert_int_equal(queue_fail(world->queue, "warm", claim.token, &why, NULL, 0, NULL, 0, &became, &world->err),
                     QUEUE_OK);
    assert_int_equal(queue_retry(world->queue, "warm", &receipt, &world->err), QUEUE_OK);
    claim = world_claim(world, "warm");
    world_complete(world, &claim);
    assert_int_equal(queue_cancel(world->queue, "warm", &became, &world->err), QUEUE_OK);
    world_tick(world);
}

static struct queue_claim claim_at(struct queue *queue, const char *id, uint64_t attempt) {
    struct queue_claim claim = {0};
    struct err err;
    int answer = queue_claim(queue, "w", world_nonce(), WORLD_LEASE_MS, 0, &claim, &err);
    if (answer < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(answer, QUEUE_OK);
    assert_string_equal(claim.id, id);
    assert_int_equal(claim.attempt, attempt);
    free(steal_ptr(&claim.document));
    return claim;
}

static void c_every_transition_survives_the_loss_of_its_reply(void **state) {
    struct queue_world *world = *state;
    load_scripts(world);
    struct redis_peer peer;
    redis_peer_lossy(&peer, world->redis.socket);
    struct queue *queue = open_at(peer.url, 60000);
    struct queue_submission job = world_job("j1");
    struct queue_receipt receipt;
    struct err err, why = {.reason = REASON_INFRA};
    enum job_state became = JOB_STATE_COUNT;
    assert_int_equal(queue_submit(queue, &job, &receipt, &err), QUEUE_OK);
    assert_int_equal(receipt.number, 2);
    struct queue_claim claim = claim_at(queue, "j1", 1);
    assert_int_equal(queue_release(queue, "j1", claim.token, &became, &err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    claim = claim_at(queue, "j1", 1);
    assert_int_equal(queue_lost(queue, "j1", claim.token, &became, &err), QUEUE_OK);
    assert_int_equal(became, JOB_QUEUED);
    claim = claim_at(queue, "j1", 2);
    assert_int_equal(queue_fail(queue, "j1", claim.token, &why, NULL, 0, NULL, 0, &became, &err), QUEUE_OK);
    assert_int_equal(became, JOB_DELAYED);
    world_advance(world, 20000);
    world_tick(world);
    claim = claim_at(queue, "j1", 3);
    assert_int_equal(queue_complete(queue, "j1", claim.token, "{}", 2, NULL, 0, &err), QUEUE_OK);
    assert_int_equal(queue_cancel(queue, "j1", &became, &err), QUEUE_OK);
    assert_int_equal(became, JOB_SUCCEEDED);
    struct queue_record record;
    assert_int_equal(queue_get(world->queue, "j1", &record, &err), QUEUE_OK);
    assert_int_equal(record.crashes, 1);
    assert_int_equal(record.infra, 1);
    assert_int_equal(record.attempts, 3);
    queue_record_free(&record);
    struct queue_counts counts;
    assert_int_equal(queue_count(world->queue, &counts, &err), QUEUE_OK);
    assert_int_equal(counts.submitted, 2);
    assert_int_equal(counts.jobs[JOB_SUCCEEDED], 2);
    queue_close(queue);
    redis_peer_stop(&peer);
}

/* What people do has no token that would tell a second call from a repeated one. */
static void r_what_people_change_survives_the_loss_of_its_reply(void **state) {
    struct queue_world *world = *state;
    struct queue_name name = {.key = "data.csv", .version = "v1"};
    struct queue_receipt receipt;
    enum job_state became = JOB_STATE_COUNT;
    size_t missing = 0;
    struct redis_peer peer;
    struct err err;
    for (int warm = 1; warm >= 0; warm--) {
        world_submit_plain(world, "j1");
        assert_int_equal(queue_cancel(world->queue, "j1", &became, &err), QUEUE_OK);
        if (!warm)
            redis_peer_lossy(&peer, world->redis.socket);
        struct queue *queue = warm ? world->queue : open_at(peer.url, 60000);
        assert_int_equal(queue_retry(queue, "j1", &receipt, &err), QUEUE_OK);
        assert_int_equal(receipt.state, JOB_QUEUED);
        world_expect(world, "j1", JOB_QUEUED);
        assert_int_equal(queue_cancel(world->queue, "j1", &became, &err), QUEUE_OK);
        assert_int_equal(queue_promote(queue, &name, 1, &err), QUEUE_OK);
        assert_int_equal(queue_remove_names(queue, &name.key, 1, &missing, &err), QUEUE_OK);
        assert_int_equal(queue_remove(queue, "j1", &err), QUEUE_OK);
        assert_int_equal(queue_remove(queue, "j1", &err), QUEUE_NO_JOB);
        if (!warm)
            queue_close(queue);
    }
    struct queue_counts counts;
    assert_int_equal(queue_count(world->queue, &counts, &err), QUEUE_OK);
    assert_int_equal(counts.submitted, 2);
    assert_int_equal(counts.jobs[JOB_CANCELLED], 0);
    redis_peer_stop(&peer);
}

/* ---- kill -9 of a client ---- */

enum { ROUNDS = 30, CALLS_MAX = 12 };

/* Submits, claims and completes for ever; says so with a byte after every call. */
static void live_a_worker(const struct queue_world *world, int round, int told) {
    struct queue *queue = open_at(world->redis.url, 0);
    for (int i = 0;; i++) {
        char id[32];
        struct queue_receipt receipt;
        struct queue_claim claim = {0};
        struct err err;
        snprintf(id, sizeof id, "r%d-%d", round, i);
        struct queue_submission job = world_job(id);
        if (queue_submit(queue, &job, &receipt, &err) != QUEUE_OK || write(told, "s", 1) != 1)
            _exit(1);
        if (queue_claim(queue, "w", world_nonce(), WORLD_LEASE_MS, 0, &claim, &err) != QUEUE_OK ||
            write(told, "c", 1) != 1)
            _exit(1);
        if (queue_complete(queue, claim.id, claim.token, "{}", 2, NULL, 0, &err) != QUEUE_OK ||
            write(told, "d", 1) != 1)
            _exit(1);
        queue_claim_free(&claim);
    }
}

/* Lets a worker make some calls, kills it somewhere in the next one, and adds up what it told. */
static void kill_after(struct queue_world *world, int round, int calls, unsigned *submitted, unsigned *done) {
    int pipe_ends[2];
    pid_t parent = getpid();
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t worker = fork();
    assert_true(worker >= 0);
    if (worker == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            live_a_worker(world, round, pipe_ends[1]);
        _exit(1);
    }
    close(pipe_ends[1]);
    char call = 0;
    for (int i = 0; read(pipe_ends[0], &call, 1) == 1; i++) {
        *submitted += call == 's';
        *done += call == 'd';
        if (i == calls)
            assert_int_equal(kill(worker, SIGKILL), 0);
    }
    close(pipe_ends[0]);
    int status = 0;
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void finish_all(struct queue_world *world) {
    for (int i = 0; i < 31; i++) {
        world_advance(world, 1000);
        world_tick(world);
    }
    struct queue_claim claim;
    while (queue_claim(world->queue, "w", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world->err) == QUEUE_OK) {
        assert_int_equal(queue_complete(world->queue, claim.id, claim.token, "{}", 2, NULL, 0, &world->err), QUEUE_OK);
        queue_claim_free(&claim);
    }
    assert_string_equal(claim.why, "empty");
}

static void c_clients_killed_between_and_within_calls_lose_nothing(void **state) {
    struct queue_world *world = *state;
    struct queue_counts counts;
    unsigned submitted = 0, done = 0;
    world_tick(world);
    for (int round = 0; round < ROUNDS; round++) {
        kill_after(world, round, round % CALLS_MAX, &submitted, &done);
        assert_int_equal(queue_count(world->queue, &counts, &world->err), QUEUE_OK);
        assert_true(counts.jobs[JOB_SUCCEEDED] >= done);
        if (round % 3 == 0)
            free(redis_text(&world->redis, "SCRIPT FLUSH"));
        finish_all(world);
        assert_int_equal(queue_count(world->queue, &counts, &world->err), QUEUE_OK);
        assert_true(counts.submitted >= submitted);
        assert_int_equal(counts.jobs[JOB_SUCCEEDED], counts.submitted);
        // What was done without being told is done: the next round counts from here.
        submitted = (unsigned)counts.submitted;
        done = (unsigned)counts.jobs[JOB_SUCCEEDED];
    }
    uint64_t cursor = 0, repaired = 0;
    do {
        assert_int_equal(queue_sweep(world->queue, &cursor, &repaired, &world->err), QUEUE_OK);
        assert_int_equal(repaired, 0);
    } while (cursor);
}

/* ---- kill -9 of Redis ---- */

static void c_a_killed_redis_comes_back_with_every_job(void **state) {
    (void)state;
    struct queue_world world = {.queue = NULL};
    redis_server_start(&world.redis, true);
    world.queue = open_at(world.redis.url, 0);
    void *self = &world;
    assert_int_equal(world_empty(&self), 0);
    for (int round = 0; round < 5; round++) {
        char waits[16], runs[16];
        snprintf(runs, sizeof runs, "a%d", round);
        snprintf(waits, sizeof waits, "b%d", round);
        world_submit_plain(&world, runs);
        struct queue_submission job = world_job(waits);
        struct queue_dependency after = {runs, QUEUE_AFTER_OK};
        job.after = &after;
        job.after_count = 1;
        world_submit(&world, &job, JOB_BLOCKED);
        struct queue_claim claim = world_claim(&world, runs);
        redis_server_crash(&world.redis);
        redis_server_again(&world.redis);
        struct queue_renewal renewal = {.id = claim.id, .token = claim.token};
        assert_int_equal(queue_renew(world.queue, WORLD_LEASE_MS, &renewal, 1, &world.err), QUEUE_OK);
        assert_int_equal(renewal.lease, QUEUE_LEASE_HELD);
        world_complete(&world, &claim);
        redis_server_crash(&world.redis);
        redis_server_again(&world.redis);
        world_expect(&world, runs, JOB_SUCCEEDED);
        world_complete(&world, &claim);
        claim = world_claim(&world, waits);
        world_complete(&world, &claim);
    }
    queue_close(world.queue);
    redis_server_stop(&world.redis);
}

static void c_a_redis_that_is_away_is_told_as_such_and_found_again(void **state) {
    (void)state;
    struct queue_world world = {.queue = NULL};
    redis_server_start(&world.redis, true);
    world.queue = open_at(world.redis.url, 0);
    void *self = &world;
    assert_int_equal(world_empty(&self), 0);
    world_submit_plain(&world, "j1");
    redis_server_crash(&world.redis);
    struct queue_claim claim;
    char expected[ERR_MSG_BYTES];
    assert_int_equal(queue_claim(world.queue, "w", world_nonce(), WORLD_LEASE_MS, 0, &claim, &world.err), -1);
    snprintf(expected, sizeof expected, "Redis at %s: Connection refused", world.redis.socket);
    assert_string_equal(world.err.msg, expected);
    assert_int_equal(world.err.reason, REASON_UNREACHABLE);
    redis_server_again(&world.redis);
    world_claim(&world, "j1");
    queue_close(world.queue);
    redis_server_stop(&world.redis);
}

int main(void) {
#define T(test) cmocka_unit_test_setup(test, world_empty)
    const struct CMUnitTest tests[] = {
        T(c_every_transition_survives_the_loss_of_its_reply),
        T(r_what_people_change_survives_the_loss_of_its_reply),
        T(c_clients_killed_between_and_within_calls_lose_nothing),
        cmocka_unit_test(c_a_killed_redis_comes_back_with_every_job),
        cmocka_unit_test(c_a_redis_that_is_away_is_told_as_such_and_found_again),
    };
    return cmocka_run_group_tests_name("queue_faults", tests, world_open, world_close);
}
