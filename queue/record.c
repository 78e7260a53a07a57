// SPDX-License-Identifier: Apache-2.0
// A job as the queue knows it, for people and programs that look.
#include <string.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "queue/call.h"
#include "queue/replies.h"

static const char what[] = "the record of a job";

static int number(const struct reply *reply, const char *name, uint64_t *place, struct err *err) {
    size_t index = call_value(reply, name);
    return index ? reply_number(reply, index, what, place, err) : 0;
}

static int word(const struct reply *reply, const char *name, char *place, size_t room, struct err *err) {
    size_t index = call_value(reply, name);
    return index ? reply_copy(reply, index, what, place, room, err) : 0;
}

// What is absent is an empty text.
static int copy(const struct reply *reply, const char *name, char **place, size_t *ret_bytes, struct err *err) {
    const char *text = "";
    size_t index = call_value(reply, name), bytes = 0;
    if (index)
        TRY(reply_text(reply, index, what, &text, &bytes, err));
    *place = malloc(bytes + 1);
    if (!*place)
        return err_set(err, REASON_INFRA, "no memory for %s", what);
    memcpy(*place, text, bytes + 1);
    *ret_bytes = bytes;
    return 0;
}

static int read_numbers(const struct reply *reply, struct queue_record *record, struct err *err) {
    TRY(number(reply, "num", &record->number, err));
    TRY(number(reply, "prio", &record->priority, err));
    TRY(number(reply, "att", &record->attempts, err));
    TRY(number(reply, "retries", &record->retries, err));
    TRY(number(reply, "crash", &record->crashes, err));
    TRY(number(reply, "infra", &record->infra, err));
    TRY(number(reply, "outrun", &record->outrun, err));
    TRY(number(reply, "sub", &record->submitted_unix_ms, err));
    TRY(number(reply, "due", &record->due_unix_ms, err));
    TRY(number(reply, "start", &record->started_unix_ms, err));
    return number(reply, "end", &record->ended_unix_ms, err);
}

static int read_texts(const struct reply *reply, struct queue_record *record, struct err *err) {
    size_t text_bytes = 0, state = call_value(reply, "st");
    if (!state)
        return err_set(err, REASON_INFRA, "%s: there is no state in it", what);
    TRY(call_state(reply, state, what, &record->state, err));
    TRY(word(reply, "why", record->why, sizeof record->why, err));
    TRY(word(reply, record->state >= JOB_SUCCEEDED ? "ran" : "own", record->worker, sizeof record->worker, err));
    TRY(word(reply, "tok", record->token, sizeof record->token, err));
    TRY(copy(reply, "text", &record->text, &text_bytes, err));
    TRY(copy(reply, "progress", &record->progress, &text_bytes, err));
    return call_value(reply, "result") ? copy(reply, "result", &record->result, &record->result_bytes, err) : 0;
}

int replies_record(const struct reply *reply, struct queue_record *ret, struct err *err) {
    int answer = call_answer(reply, what, err);
    if (answer < 0 || answer == QUEUE_NO_JOB)
        return answer;
    if (answer != QUEUE_OK || reply->count % 2 != 1)
        return call_wrong(what, err);
    struct queue_record record = {.cancelling = call_value(reply, "cancel") != 0,
                                  .is_signed = call_value(reply, "sign") != 0};
    if (read_numbers(reply, &record, err) < 0 || read_texts(reply, &record, err) < 0) {
        queue_record_free(&record);
        return -1;
    }
    *ret = record;
    return QUEUE_OK;
}

int queue_get(struct queue *queue, const char *id, struct queue_record *ret, struct err *err) {
    TRY(call_check_id(id, err));
    struct args args;
    call_begin(queue, SCRIPT_GET, &args);
    args_text(&args, id);
    auto_reply struct reply *reply = NULL;
    TRY(call_run(queue, SCRIPT_GET, &args, &reply, err));
    return replies_record(reply, ret, err);
}

void queue_record_free(struct queue_record *record) {
    free(record->text);
    free(record->progress);
    free(record->result);
    *record = (struct queue_record){0};
}

int queue_document(struct queue *queue, const char *id, char **ret, size_t *ret_bytes, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *document = NULL;
    size_t bytes = 0;
    TRY(call_check_id(id, err));
    call_begin(queue, SCRIPT_DOCUMENT, &args);
    args_text(&args, id);
    TRY(call_run(queue, SCRIPT_DOCUMENT, &args, &reply, err));
    int answer = call_answer(reply, "document", err);
    if (answer < 0 || answer == QUEUE_NO_JOB)
        return answer;
    if (answer != QUEUE_OK)
        return call_wrong("document", err);
    TRY(reply_text(reply, 1, "document", &document, &bytes, err));
    char *copied = malloc(bytes + 1);
    if (!copied)
        return err_set(err, REASON_INFRA, "no memory for a job document");
    memcpy(copied, document, bytes + 1);
    *ret = copied;
    *ret_bytes = bytes;
    return QUEUE_OK;
}
