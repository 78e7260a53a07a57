// SPDX-License-Identifier: Apache-2.0
// What operators see of a queue: its counters, and who works for it.
#include <stdio.h>

#include "quern/queue_operator.h"
#include "queue/call.h"
#include "queue/replies.h"

enum { WORKER_FIELDS = 4 };

/* ---- workers ---- */

static int read_worker(const struct reply *reply, size_t at, struct queue_worker *worker, struct err *err) {
    uint64_t alive = 0, draining = 0;
    TRY(reply_copy(reply, at, "workers", worker->name, sizeof worker->name, err));
    TRY(reply_number(reply, at + 1, "workers", &alive, err));
    TRY(reply_number(reply, at + 2, "workers", &draining, err));
    worker->alive = alive != 0;
    worker->draining = draining != 0;
    return reply_copy(reply, at + 3, "workers", worker->info, sizeof worker->info, err);
}

int replies_workers(const struct reply *reply, struct queue_worker *workers, size_t room, size_t *ret_count,
                    struct err *err) {
    int answer = call_answer(reply, "workers", err);
    if (answer < 0)
        return -1;
    size_t count = (reply->count - 1) / WORKER_FIELDS;
    if (answer != QUEUE_OK || reply->count - 1 != count * WORKER_FIELDS || count > room)
        return call_wrong("workers", err);
    for (size_t i = 0; i < count; i++)
        TRY(read_worker(reply, 1 + i * WORKER_FIELDS, &workers[i], err));
    *ret_count = count;
    return QUEUE_OK;
}

int queue_workers(struct queue *queue, uint64_t from, struct queue_worker *workers, size_t room, size_t *ret_count,
                  struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(call_check_range("place", from, 0, 1ull << 40, err));
    TRY(call_check_range("rows", room, 1, QUEUE_MAX_LIST, err));
    call_begin(queue, SCRIPT_WORKERS, &args);
    args_number(&args, from);
    args_number(&args, room);
    TRY(call_run(queue, SCRIPT_WORKERS, &args, &reply, err));
    return replies_workers(reply, workers, room, ret_count, err);
}

/* ---- counts ---- */

static int read_count(const struct reply *reply, const char *name, uint64_t *place, struct err *err) {
    size_t index = call_value(reply, name);
    return index ? reply_number(reply, index, "counts", place, err) : 0;
}

const char *const queue_fenced_ops[QUEUE_FENCED_OPS] = {"complete", "fail", "lost", "release", "log", "progress"};

// NAME_WORD of the reply.
static int read_part(const struct reply *reply, const char *name, const char *word, uint64_t *place, struct err *err) {
    char whole[64];
    snprintf(whole, sizeof whole, "%s_%s", name, word);
    return read_count(reply, whole, place, err);
}

static int read_parts(const struct reply *reply, struct queue_counts *counts, struct err *err) {
    for (unsigned i = 0; i < QUEUE_FENCED_OPS; i++)
        TRY(read_part(reply, "total_fenced", queue_fenced_ops[i], &counts->fenced[i], err));
    for (unsigned i = 0; i <= QUEUE_MAX_PRIORITY; i++) {
        TRY(read_part(reply, "oldest_ms", (const char[]){(char)('0' + i), '\0'}, &counts->oldest_ms[i], err));
        if (counts->oldest_ms[i] > counts->oldest_ready_ms)
            counts->oldest_ready_ms = counts->oldest_ms[i];
    }
    return 0;
}

static int read_totals(const struct reply *reply, struct queue_counts *counts, struct err *err) {
    TRY(read_parts(reply, counts, err));
    TRY(read_count(reply, "total_submitted", &counts->submitted, err));
    TRY(read_count(reply, "total_lost", &counts->lost, err));
    TRY(read_count(reply, "total_retries", &counts->retries, err));
    TRY(read_count(reply, "total_infra", &counts->infra, err));
    TRY(read_count(reply, "total_dropped", &counts->dropped, err));
    TRY(read_count(reply, "total_dropped_bytes", &counts->dropped_bytes, err));
    for (unsigned i = 0; i < QUEUE_SETTINGS; i++)
        TRY(read_part(reply, "conf", call_settings[i].field, &counts->settings[i], err));
    return 0;
}

int replies_counts(const struct reply *reply, struct queue_counts *ret, struct err *err) {
    int answer = call_answer(reply, "counts", err);
    if (answer != QUEUE_OK)
        return answer < 0 ? -1 : call_wrong("counts", err);
    struct queue_counts counts = {.known = call_value(reply, "known") != 0,
                                  .paused = call_value(reply, "conf_paused") != 0};
    for (enum job_state state = 0; state < JOB_STATE_COUNT; state++)
        TRY(read_count(reply, job_state_name(state), &counts.jobs[state], err));
    TRY(read_totals(reply, &counts, err));
    *ret = counts;
    return QUEUE_OK;
}

int queue_count(struct queue *queue, struct queue_counts *ret, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    call_begin(queue, SCRIPT_COUNTS, &args);
    TRY(call_run(queue, SCRIPT_COUNTS, &args, &reply, err));
    return replies_counts(reply, ret, err);
}
