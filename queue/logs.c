// SPDX-License-Identifier: Apache-2.0
// The output of a job as it comes, for those who follow it.
#include <stdio.h>
#include <string.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "queue/call.h"
#include "queue/replies.h"

enum { PIECE_FIELDS = 4, PIECES_AT = 3 };

static int read_piece(const struct reply *reply, size_t at, struct queue_pieces *pieces, struct err *err) {
    struct queue_piece *piece = &pieces->pieces[pieces->count];
    uint64_t stream = 0;
    TRY(reply_copy(reply, at, "log", pieces->after, sizeof pieces->after, err));
    TRY(call_check_entry(pieces->after, err));
    TRY(reply_number(reply, at + 1, "log", &piece->attempt, err));
    TRY(reply_number(reply, at + 2, "log", &stream, err));
    TRY(reply_text(reply, at + 3, "log", &piece->bytes, &piece->count, err));
    piece->is_stderr = stream == 2;
    pieces->count++;
    return 0;
}

int replies_pieces(const struct reply *reply, struct queue_pieces *ret, struct err *err) {
    int answer = call_answer(reply, "log", err);
    if (answer < 0 || answer == QUEUE_NO_JOB)
        return answer;
    size_t count = reply->count < PIECES_AT ? 0 : (reply->count - PIECES_AT) / PIECE_FIELDS;
    if (answer != QUEUE_OK || reply->count != PIECES_AT + count * PIECE_FIELDS || count > QUEUE_MAX_PIECES)
        return call_wrong("log", err);
    ret->count = 0;
    TRY(call_state(reply, 1, "log", &ret->state, err));
    TRY(reply_copy(reply, 2, "log", ret->event, sizeof ret->event, err));
    for (size_t i = 0; i < count; i++)
        TRY(read_piece(reply, PIECES_AT + i * PIECE_FIELDS, ret, err));
    return QUEUE_OK;
}

int queue_read_log(struct queue *queue, const char *id, const char *after, struct queue_pieces *ret, struct err *err) {
    struct args args;
    struct queue_pieces pieces = {.count = 0};
    auto_reply struct reply *reply = NULL;
    TRY(call_check_id(id, err));
    TRY(call_check_entry(after, err));
    call_begin(queue, SCRIPT_READ_LOG, &args);
    args_text(&args, id);
    args_text(&args, after);
    args_number(&args, QUEUE_MAX_PIECES);
    TRY(call_run(queue, SCRIPT_READ_LOG, &args, &reply, err));
    snprintf(pieces.after, sizeof pieces.after, "%s", after);
    int answer = replies_pieces(reply, &pieces, err);
    if (answer != QUEUE_OK)
        return answer;
    pieces.owner = steal_ptr(&reply);
    *ret = pieces;
    return QUEUE_OK;
}

void queue_pieces_free(struct queue_pieces *pieces) {
    reply_free(pieces->owner);
    *pieces = (struct queue_pieces){.count = 0};
}

int queue_wait_log(struct queue *queue, const char *id, const struct queue_pieces *seen, uint32_t wait_ms,
                   bool *ret_woken, struct err *err) {
    char log[CALL_KEY_BYTES], events[CALL_KEY_BYTES];
    TRY(call_check_id(id, err));
    snprintf(log, sizeof log, "%s:log:%s", queue->prefix, id);
    snprintf(events, sizeof events, "%s:events", queue->prefix);
    struct call_stream streams[] = {{log, seen->after}, {events, seen->event}};
    return call_wait(queue, streams, 2, wait_ms, ret_woken, err);
}
