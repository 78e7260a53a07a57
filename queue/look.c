// SPDX-License-Identifier: Apache-2.0
// What there is to see of a queue: lists, counts, numbers.
#include <string.h>

#include "queue/client.h"

enum { ROW_FIELDS = 9, WORKER_FIELDS = 4 };

/* ---- list ---- */

static int read_row(const struct reply *reply, size_t at, struct queue_row *row, struct err *err) {
    TRY(reply_copy(reply, at, "list", row->id, sizeof row->id, err));
    TRY(client_check_id(row->id, err));
    TRY(reply_number(reply, at + 1, "list", &row->number, err));
    TRY(reply_number(reply, at + 2, "list", &row->priority, err));
    TRY(reply_number(reply, at + 3, "list", &row->attempts, err));
    TRY(reply_number(reply, at + 4, "list", &row->submitted_unix_ms, err));
    TRY(reply_number(reply, at + 5, "list", &row->started_unix_ms, err));
    TRY(reply_number(reply, at + 6, "list", &row->ended_unix_ms, err));
    TRY(reply_copy(reply, at + 7, "list", row->why, sizeof row->why, err));
    return reply_copy(reply, at + 8, "list", row->worker, sizeof row->worker, err);
}

int client_read_rows(const struct reply *reply, struct queue_row *rows, size_t room, size_t *ret_count,
                     struct err *err) {
    int answer = client_answer(reply, "list", err);
    if (answer < 0)
        return -1;
    size_t count = (reply->count - 1) / ROW_FIELDS;
    if (answer != QUEUE_OK || reply->count - 1 != count * ROW_FIELDS || count > room)
        return err_set(err, REASON_INFRA, "list: an answer that does not belong to it");
    for (size_t i = 0; i < count; i++)
        TRY(read_row(reply, 1 + i * ROW_FIELDS, &rows[i], err));
    *ret_count = count;
    return QUEUE_OK;
}

int queue_list(struct queue *queue, enum job_state state, uint64_t from, struct queue_row *rows, size_t room,
               size_t *ret_count, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(client_check_range("state", state, 0, JOB_STATE_COUNT - 1, err));
    TRY(client_check_range("place", from, 0, 1ull << 40, err));
    TRY(client_check_range("rows", room, 1, QUEUE_MAX_LIST, err));
    client_begin(queue, SCRIPT_LIST, &args);
    args_text(&args, job_state_name(state));
    args_number(&args, from);
    args_number(&args, room);
    TRY(client_run(queue, SCRIPT_LIST, &args, &reply, err));
    return client_read_rows(reply, rows, room, ret_count, err);
}

/* ---- find ---- */

int queue_find(struct queue *queue, uint64_t number, char ret_id[JOB_ID_BYTES], struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    char id[JOB_ID_BYTES];
    TRY(client_check_range("job number", number, 1, 1ull << 53, err));
    client_begin(queue, SCRIPT_FIND, &args);
    args_number(&args, number);
    TRY(client_run(queue, SCRIPT_FIND, &args, &reply, err));
    int answer = client_answer(reply, "find", err);
    if (answer != QUEUE_OK)
        return answer;
    TRY(reply_copy(reply, 1, "find", id, sizeof id, err));
    TRY(client_check_id(id, err));
    memcpy(ret_id, id, sizeof id);
    return QUEUE_OK;
}

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

int client_read_workers(const struct reply *reply, struct queue_worker *workers, size_t room, size_t *ret_count,
                        struct err *err) {
    int answer = client_answer(reply, "workers", err);
    if (answer < 0)
        return -1;
    size_t count = (reply->count - 1) / WORKER_FIELDS;
    if (answer != QUEUE_OK || reply->count - 1 != count * WORKER_FIELDS || count > room)
        return err_set(err, REASON_INFRA, "workers: an answer that does not belong to it");
    for (size_t i = 0; i < count; i++)
        TRY(read_worker(reply, 1 + i * WORKER_FIELDS, &workers[i], err));
    *ret_count = count;
    return QUEUE_OK;
}

int queue_workers(struct queue *queue, uint64_t from, struct queue_worker *workers, size_t room, size_t *ret_count,
                  struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(client_check_range("place", from, 0, 1ull << 40, err));
    TRY(client_check_range("rows", room, 1, QUEUE_MAX_LIST, err));
    client_begin(queue, SCRIPT_WORKERS, &args);
    args_number(&args, from);
    args_number(&args, room);
    TRY(client_run(queue, SCRIPT_WORKERS, &args, &reply, err));
    return client_read_workers(reply, workers, room, ret_count, err);
}

/* ---- counts ---- */

static int read_count(const struct reply *reply, const char *name, uint64_t *place, struct err *err) {
    size_t index = client_value(reply, name);
    return index ? reply_number(reply, index, "counts", place, err) : 0;
}

static int read_totals(const struct reply *reply, struct queue_counts *counts, struct err *err) {
    TRY(read_count(reply, "oldest_ms", &counts->oldest_ready_ms, err));
    TRY(read_count(reply, "total_submitted", &counts->submitted, err));
    TRY(read_count(reply, "total_lost", &counts->lost, err));
    TRY(read_count(reply, "total_retries", &counts->retries, err));
    TRY(read_count(reply, "total_infra", &counts->infra, err));
    TRY(read_count(reply, "total_fenced", &counts->fenced, err));
    TRY(read_count(reply, "total_dropped", &counts->dropped, err));
    TRY(read_count(reply, "conf_width", &counts->width, err));
    return read_count(reply, "conf_maxq", &counts->most_waiting, err);
}

int client_read_counts(const struct reply *reply, struct queue_counts *ret, struct err *err) {
    int answer = client_answer(reply, "counts", err);
    if (answer != QUEUE_OK)
        return answer < 0 ? -1 : err_set(err, REASON_INFRA, "counts: an answer that does not belong to it");
    struct queue_counts counts = {.paused = client_value(reply, "conf_paused") != 0};
    for (enum job_state state = 0; state < JOB_STATE_COUNT; state++)
        TRY(read_count(reply, job_state_name(state), &counts.jobs[state], err));
    TRY(read_totals(reply, &counts, err));
    *ret = counts;
    return QUEUE_OK;
}

int queue_count(struct queue *queue, struct queue_counts *ret, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    client_begin(queue, SCRIPT_COUNTS, &args);
    TRY(client_run(queue, SCRIPT_COUNTS, &args, &reply, err));
    return client_read_counts(reply, ret, err);
}
