// SPDX-License-Identifier: Apache-2.0
// What a worker calls: the claim, and the ends of its attempt.
#include <stdio.h>
#include <string.h>

#include "quern/own.h"
#include "quern/queue_worker.h"
#include "queue/call.h"
#include "queue/replies.h"
#include "queue/signature.h"

/* ---- claim ---- */

static int read_nothing(const struct reply *reply, struct queue_claim *claim, struct err *err) {
    TRY(reply_copy(reply, 1, "claim", claim->why, sizeof claim->why, err));
    return reply_copy(reply, 2, "claim", claim->wake, sizeof claim->wake, err);
}

static int read_job(const struct reply *reply, struct queue_claim *claim, struct err *err) {
    const char *document = NULL;
    size_t bytes = 0;
    TRY(reply_copy(reply, 1, "claim", claim->id, sizeof claim->id, err));
    TRY(call_check_id(claim->id, err));
    TRY(reply_copy(reply, 2, "claim", claim->token, sizeof claim->token, err));
    TRY(call_check_token(claim->token, err));
    TRY(reply_number(reply, 3, "claim", &claim->number, err));
    TRY(reply_number(reply, 4, "claim", &claim->attempt, err));
    TRY(reply_number(reply, 5, "claim", &claim->time_ms, err));
    TRY(reply_text(reply, 6, "claim", &document, &bytes, err));
    TRY(reply_number(reply, 7, "claim", &claim->waited_ms, err));
    TRY(reply_copy(reply, 8, "claim", claim->signature, sizeof claim->signature, err));
    claim->document = malloc(bytes + 1);
    if (!claim->document)
        return err_set(err, REASON_INFRA, "no memory for a job of %zu bytes", bytes);
    memcpy(claim->document, document, bytes + 1);
    claim->document_bytes = bytes;
    return 0;
}

int replies_claim(const struct reply *reply, struct queue_claim *ret, struct err *err) {
    struct queue_claim claim = {0};
    int answer = call_answer(reply, "claim", err);
    if (answer == QUEUE_NOTHING)
        TRY(read_nothing(reply, &claim, err));
    else if (answer == QUEUE_OK)
        TRY(read_job(reply, &claim, err));
    else if (answer >= 0)
        return call_wrong("claim", err);
    if (answer >= 0)
        *ret = claim;
    return answer;
}

int queue_claim(struct queue *queue, const char *worker, const char *nonce, uint32_t lease_ms, uint64_t max_time_ms,
                struct queue_claim *ret, struct err *err) {
    TRY(call_check_name("worker", worker, QUEUE_WORKER_BYTES, err));
    TRY(call_check_range("lease in ms", lease_ms, QUEUE_MIN_LEASE_MS, QUEUE_MAX_LEASE_MS, err));
    TRY(call_check_range("longest time in ms", max_time_ms, 0, QUEUE_MAX_DELAY_MS, err));
    TRY(call_check_nonce(nonce, err));
    struct args args;
    call_begin(queue, SCRIPT_CLAIM, &args);
    args_text(&args, worker);
    args_text(&args, nonce);
    args_number(&args, lease_ms);
    args_number(&args, max_time_ms);
    auto_reply struct reply *reply = NULL;
    TRY(call_run(queue, SCRIPT_CLAIM, &args, &reply, err));
    return replies_claim(reply, ret, err);
}

int queue_claim_check(const struct queue *queue, const struct queue_claim *claim, struct err *err) {
    const struct signature_subject subject = {queue->prefix, claim->id, claim->document, claim->document_bytes};
    return queue->key_file ? signature_check(queue->key_file, &subject, claim->signature, err) : 0;
}

void queue_claim_free(struct queue_claim *claim) {
    free(claim->document);
    *claim = (struct queue_claim){0};
}

/* ---- the ends of an attempt ---- */

int queue_complete(struct queue *queue, const char *id, const char *token, const char *result, size_t bytes,
                   const struct queue_name *names, size_t count, struct err *err) {
    struct args args;
    enum job_state state;
    bool accepted = false;
    auto_reply struct reply *reply = NULL;
    TRY(call_check_range("result bytes", bytes, 0, QUEUE_MAX_RESULT, err));
    TRY(call_begin_end(queue, SCRIPT_COMPLETE, id, token, &args, err));
    args_bytes(&args, result, bytes);
    TRY(call_write_names(names, count, id, false, &args, err));
    if (call_run_durably(queue, SCRIPT_COMPLETE, &args, &reply, &accepted, err) < 0)
        return accepted ? QUEUE_UNCONFIRMED : -1;
    return call_read_end(reply, SCRIPT_COMPLETE, &state, err);
}

int queue_fail(struct queue *queue, const char *id, const char *token, const struct err *why, const char *result,
               size_t bytes, const struct queue_name *names, size_t count, enum job_state *ret_state, struct err *err) {
    char word[REASON_WORD_BYTES];
    struct args args;
    struct err safe = *why;
    err_distrust(&safe);
    if (safe.reason == REASON_NONE)
        return err_set(err, REASON_BAD_INPUT, "fail: expected a reason, found none");
    err_word(&safe, word);
    TRY(call_check_range("result bytes", bytes, 0, QUEUE_MAX_RESULT, err));
    TRY(call_begin_end(queue, SCRIPT_FAIL, id, token, &args, err));
    args_text(&args, word);
    args_text(&args, safe.msg);
    args_bytes(&args, result ? result : "", result ? bytes : 0);
    args_text(&args, err_kind(&safe) == ERR_INFRA ? "1" : "0");
    TRY(call_write_names(names, count, id, true, &args, err));
    return call_finish_end(queue, SCRIPT_FAIL, &args, ret_state, err);
}

int queue_release(struct queue *queue, const char *id, const char *token, enum job_state *ret_state, struct err *err) {
    struct args args;
    TRY(call_begin_end(queue, SCRIPT_RELEASE, id, token, &args, err));
    return call_finish_end(queue, SCRIPT_RELEASE, &args, ret_state, err);
}
