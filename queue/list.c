// SPDX-License-Identifier: Apache-2.0
// Jobs by their place in the queue, and by their number.
#include <string.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "queue/call.h"
#include "queue/replies.h"

enum { ROW_FIELDS = 9 };

static int read_row(const struct reply *reply, size_t at, struct queue_row *row, struct err *err) {
    TRY(reply_copy(reply, at, "list", row->id, sizeof row->id, err));
    TRY(call_check_id(row->id, err));
    TRY(reply_number(reply, at + 1, "list", &row->number, err));
    TRY(reply_number(reply, at + 2, "list", &row->priority, err));
    TRY(reply_number(reply, at + 3, "list", &row->attempts, err));
    TRY(reply_number(reply, at + 4, "list", &row->submitted_unix_ms, err));
    TRY(reply_number(reply, at + 5, "list", &row->started_unix_ms, err));
    TRY(reply_number(reply, at + 6, "list", &row->ended_unix_ms, err));
    TRY(reply_copy(reply, at + 7, "list", row->why, sizeof row->why, err));
    return reply_copy(reply, at + 8, "list", row->worker, sizeof row->worker, err);
}

int replies_rows(const struct reply *reply, struct queue_row *rows, size_t room, size_t *ret_count, struct err *err) {
    int answer = call_answer(reply, "list", err);
    if (answer < 0)
        return -1;
    size_t count = (reply->count - 1) / ROW_FIELDS;
    if (answer != QUEUE_OK || reply->count - 1 != count * ROW_FIELDS || count > room)
        return call_wrong("list", err);
    for (size_t i = 0; i < count; i++)
        TRY(read_row(reply, 1 + i * ROW_FIELDS, &rows[i], err));
    *ret_count = count;
    return QUEUE_OK;
}

int queue_list(struct queue *queue, enum job_state state, uint64_t from, struct queue_row *rows, size_t room,
               size_t *ret_count, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(call_check_range("state", state, 0, JOB_STATE_COUNT - 1, err));
    TRY(call_check_range("place", from, 0, 1ull << 40, err));
    TRY(call_check_range("rows", room, 1, QUEUE_MAX_LIST, err));
    call_begin(queue, SCRIPT_LIST, &args);
    args_text(&args, job_state_name(state));
    args_number(&args, from);
    args_number(&args, room);
    TRY(call_run(queue, SCRIPT_LIST, &args, &reply, err));
    return replies_rows(reply, rows, room, ret_count, err);
}

/* ---- find ---- */

int queue_find(struct queue *queue, uint64_t number, char ret_id[JOB_ID_BYTES], struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    char id[JOB_ID_BYTES];
    TRY(call_check_range("job number", number, 1, 1ull << 53, err));
    call_begin(queue, SCRIPT_FIND, &args);
    args_number(&args, number);
    TRY(call_run(queue, SCRIPT_FIND, &args, &reply, err));
    int answer = call_answer(reply, "find", err);
    if (answer != QUEUE_OK)
        return answer;
    TRY(reply_copy(reply, 1, "find", id, sizeof id, err));
    TRY(call_check_id(id, err));
    memcpy(ret_id, id, sizeof id);
    return QUEUE_OK;
}
