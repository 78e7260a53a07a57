// SPDX-License-Identifier: Apache-2.0
// The output of a job as it comes, for those who follow it.
#include <stdio.h>
#include <string.h>

#include "quern/own.h"
#include "queue/client.h"

enum { PIECE_FIELDS = 4, PIECES_AT = 3 };

static int read_piece(const struct reply *reply, size_t at, struct queue_pieces *pieces, struct err *err) {
    struct queue_piece *piece = &pieces->pieces[pieces->count];
    uint64_t stream = 0;
    TRY(reply_copy(reply, at, "log", pieces->after, sizeof pieces->after, err));
    TRY(client_check_entry(pieces->after, err));
    TRY(reply_number(reply, at + 1, "log", &piece->attempt, err));
    TRY(reply_number(reply, at + 2, "log", &stream, err));
    TRY(reply_text(reply, at + 3, "log", &piece->bytes, &piece->count, err));
    piece->is_stderr = stream == 2;
    pieces->count++;
    return 0;
}

int client_read_pieces(const struct reply *reply, struct queue_pieces *ret, struct err *err) {
    int answer = client_answer(reply, "log", err);
    if (answer < 0 || answer == QUEUE_NO_JOB)
        return answer;
    size_t count = reply->count < PIECES_AT ? 0 : (reply->count - PIECES_AT) / PIECE_FIELDS;
    if (answer != QUEUE_OK || reply->count != PIECES_AT + count * PIECE_FIELDS || count > QUEUE_MAX_PIECES)
        return err_set(err, REASON_INFRA, "log: an answer that does not belong to it");
    ret->count = 0;
    TRY(client_state(reply, 1, "log", &ret->state, err));
    TRY(reply_copy(reply, 2, "log", ret->event, sizeof ret->event, err));
    for (size_t i = 0; i < count; i++)
        TRY(read_piece(reply, PIECES_AT + i * PIECE_FIELDS, ret, err));
    return QUEUE_OK;
}

int queue_read_log(struct queue *queue, const char *id, const char *after, struct queue_pieces *ret, struct err *err) {
    struct args args;
    struct queue_pieces pieces = {.count = 0};
    auto_reply struct reply *reply = NULL;
    TRY(client_check_id(id, err));
    TRY(client_check_entry(after, err));
    client_begin(queue, SCRIPT_READ_LOG, &args);
    args_text(&args, id);
    args_text(&args, after);
    args_number(&args, QUEUE_MAX_PIECES);
    TRY(client_run(queue, SCRIPT_READ_LOG, &args, &reply, err));
    snprintf(pieces.after, sizeof pieces.after, "%s", after);
    int answer = client_read_pieces(reply, &pieces, err);
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
    char log[CLIENT_KEY_BYTES], events[CLIENT_KEY_BYTES];
    TRY(client_check_id(id, err));
    snprintf(log, sizeof log, "%s:log:%s", queue->prefix, id);
    snprintf(events, sizeof events, "%s:events", queue->prefix);
    struct client_stream streams[] = {{log, seen->after}, {events, seen->event}};
    return client_wait(queue, streams, 2, wait_ms, ret_woken, err);
}
