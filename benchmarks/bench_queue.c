// SPDX-License-Identifier: Apache-2.0
//
// bench_queue FEW MANY: transitions on a Redis that holds few queued jobs and on one that holds many, in turns: one
// connection, a unix socket, no persistence. Each cycle submits a job, claims one and completes it, so that the queues stay
// as long as they are. Rounds: rounds.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_operator.h"
#include "quern/queue_server.h"
#include "quern/queue_worker.h"
#include "rounds.h"
#include "tests/unit/redis_server.h"

enum {
    CYCLES = 500,
    MIDDLE = CYCLES / 2,
    TAIL = CYCLES * 99 / 100,
    DOCUMENT_BYTES = 500,
    LEASE_MS = 600000,
    JOBS_MAX = 10000000
};

enum call { SUBMIT, CLAIM, COMPLETE, CALLS };

struct place {
    struct redis_server redis;
    struct queue *queue; /* owned */
    unsigned long jobs, next;
    double bytes_per_job;
    uint64_t took_ns[CALLS][CYCLES];
};

static char document[DOCUMENT_BYTES];

/* ---- transitions ---- */

static int submit(struct place *place, struct err *err) {
    char id[JOB_ID_BYTES];
    struct queue_receipt receipt;
    struct queue_submission job;
    snprintf(id, sizeof id, "01JD%022lu", place->next++);
    queue_submission_defaults(&job);
    job.id = id;
    job.document = document;
    job.document_bytes = sizeof document;
    int answer = queue_submit(place->queue, &job, &receipt, err);
    return answer > QUEUE_OK ? err_set(err, REASON_BUG, "submit: answer %d", answer) : answer;
}

static int claim(struct place *place, struct queue_claim *ret, struct err *err) {
    char nonce[QUEUE_NONCE_BYTES];
    dice_hex(nonce);
    int answer = queue_claim(place->queue, "bench", nonce, LEASE_MS, 0, ret, err);
    return answer > QUEUE_OK ? err_set(err, REASON_BUG, "claim: answer %d", answer) : answer;
}

static int complete(struct place *place, const struct queue_claim *claim, struct err *err) {
    char key[STORAGE_KEY_BYTES];
    snprintf(key, sizeof key, "job:%s/dataset1", claim->id);
    const struct queue_name name = {.key = key, .version = "sha256-0123456789abcdef0123456789abcdef", .bytes = 1};
    int answer = queue_complete(place->queue, claim->id, claim->token, "{}", 2, &name, 1, err);
    return answer > QUEUE_OK ? err_set(err, REASON_BUG, "complete: answer %d", answer) : answer;
}

static int cycle(struct place *place, size_t number, struct err *err) {
    struct queue_claim claimed = {0};
    uint64_t at[CALLS + 1] = {clock_now_ns()};
    TRY(submit(place, err));
    at[1] = clock_now_ns();
    TRY(claim(place, &claimed, err));
    at[2] = clock_now_ns();
    int done = complete(place, &claimed, err);
    at[3] = clock_now_ns();
    queue_claim_free(&claimed);
    for (enum call call = SUBMIT; call < CALLS; call++)
        place->took_ns[call][number] = at[call + 1] - at[call];
    return done;
}

/* ---- a place of so many jobs ---- */

static int used_bytes(struct place *place, double *ret, struct err *err) {
    struct server server;
    TRY(queue_server(place->queue, &server, err));
    *ret = (double)server.used_bytes;
    return 0;
}

static int fill(struct place *place, unsigned long jobs, struct err *err) {
    struct queue_options options = {.url = place->redis.url, .name = "bench", .timeout_ms = 60000};
    double before = 0, after = 0;
    place->jobs = jobs;
    TRY(queue_open(&options, &place->queue, err));
    TRY(queue_set(place->queue, QUEUE_MOST_WAITING, JOBS_MAX, err));
    TRY(used_bytes(place, &before, err));
    while (place->next < jobs)
        TRY(submit(place, err));
    TRY(used_bytes(place, &after, err));
    place->bytes_per_job = (after - before) / (double)jobs;
    return 0;
}

/* ---- samples ---- */

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void say(const struct place *place, const char *what, const char *unit, double value) {
    char label[96];
    snprintf(label, sizeof label, "%lu queued: %s", place->jobs, what);
    rounds_sample(label, unit, value);
}

static void say_all(struct place *place) {
    static const char *const halves[CALLS] = {"submit, p50", "claim, p50", "complete, p50"};
    static const char *const tails[CALLS] = {"submit, p99", "claim, p99", "complete, p99"};
    double total_s = 0;
    for (enum call call = SUBMIT; call < CALLS; call++) {
        uint64_t *took_ns = place->took_ns[call];
        for (size_t i = 0; i < CYCLES; i++)
            total_s += (double)took_ns[i] / 1e9;
        qsort(took_ns, CYCLES, sizeof *took_ns, by_size);
        say(place, halves[call], "us", (double)took_ns[MIDDLE] / 1e3);
        say(place, tails[call], "us", (double)took_ns[TAIL] / 1e3);
    }
    say(place, "submit, claim and complete", "/s", CYCLES / total_s);
    say(place, "memory of a queued job", "bytes", place->bytes_per_job);
}

static int measure(struct place places[2], struct err *err) {
    while (rounds_wait()) {
        for (size_t i = 0; i < CYCLES; i++) {
            TRY(cycle(&places[0], i, err));
            TRY(cycle(&places[1], i, err));
        }
        say_all(&places[0]);
        say_all(&places[1]);
        rounds_end();
    }
    return 0;
}

static int run(unsigned long few, unsigned long many, struct err *err) {
    static struct place places[2];
    const unsigned long jobs[2] = {few, many};
    int done = 0;
    for (size_t i = 0; i < 2 && done == 0; i++) {
        redis_server_start(&places[i].redis, false);
        done = fill(&places[i], jobs[i], err);
    }
    if (done == 0)
        done = measure(places, err);
    for (size_t i = 0; i < 2; i++) {
        queue_close(places[i].queue);
        if (places[i].redis.pid)
            redis_server_stop(&places[i].redis);
    }
    return done;
}

int main(int argc, char **argv) {
    struct err err;
    unsigned long few = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, many = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (few == 0 || many == 0 || few > JOBS_MAX || many > JOBS_MAX) {
        fprintf(stderr, "usage: bench_queue FEW MANY, 1 to %d\n", JOBS_MAX);
        return 2;
    }
    memset(document, 'x', sizeof document);
    if (run(few, many, &err) == 0)
        return 0;
    fprintf(stderr, "bench_queue: %s\n", err.msg);
    return err_exit_code(&err);
}
