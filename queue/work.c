// SPDX-License-Identifier: Apache-2.0
// What a worker and its keeper call: claim, renew, and the ends of an attempt.
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "quern/own.h"
#include "queue/client.h"

static int wrong_answer(const char *what, struct err *err) {
    return err_set(err, REASON_INFRA, "%s: an answer that does not belong to it", what);
}

/* ---- claim ---- */

int queue_fresh_nonce(char nonce[QUEUE_NONCE_BYTES], struct err *err) {
    uint8_t dice[16];
    if (getrandom(dice, sizeof dice, 0) != sizeof dice)
        return err_sys(err, REASON_INFRA, "getrandom");
    for (size_t i = 0; i < sizeof dice; i++)
        snprintf(nonce + 2 * i, 3, "%02x", dice[i]);
    return 0;
}

static int read_nothing(const struct reply *reply, struct queue_claim *claim, struct err *err) {
    TRY(reply_copy(reply, 1, "claim", claim->why, sizeof claim->why, err));
    return reply_copy(reply, 2, "claim", claim->wake, sizeof claim->wake, err);
}

static int read_job(const struct reply *reply, struct queue_claim *claim, struct err *err) {
    const char *document = NULL;
    size_t bytes = 0;
    TRY(reply_copy(reply, 1, "claim", claim->id, sizeof claim->id, err));
    TRY(client_check_id(claim->id, err));
    TRY(reply_copy(reply, 2, "claim", claim->token, sizeof claim->token, err));
    TRY(client_check_token(claim->token, err));
    TRY(reply_number(reply, 3, "claim", &claim->number, err));
    TRY(reply_number(reply, 4, "claim", &claim->attempt, err));
    TRY(reply_number(reply, 5, "claim", &claim->time_ms, err));
    TRY(reply_text(reply, 6, "claim", &document, &bytes, err));
    claim->document = malloc(bytes + 1);
    if (!claim->document)
        return err_set(err, REASON_INFRA, "no memory for a job of %zu bytes", bytes);
    memcpy(claim->document, document, bytes + 1);
    claim->document_bytes = bytes;
    return 0;
}

int client_read_claim(const struct reply *reply, struct queue_claim *ret, struct err *err) {
    struct queue_claim claim = {0};
    int answer = client_answer(reply, "claim", err);
    if (answer == QUEUE_NOTHING)
        TRY(read_nothing(reply, &claim, err));
    else if (answer == QUEUE_OK)
        TRY(read_job(reply, &claim, err));
    else if (answer >= 0)
        return wrong_answer("claim", err);
    if (answer >= 0)
        *ret = claim;
    return answer;
}

int queue_claim(struct queue *queue, const char *worker, const char *nonce, uint32_t lease_ms, uint64_t max_time_ms,
                struct queue_claim *ret, struct err *err) {
    TRY(client_check_name("worker", worker, QUEUE_WORKER_BYTES, err));
    TRY(client_check_range("lease in ms", lease_ms, QUEUE_MIN_LEASE_MS, QUEUE_MAX_LEASE_MS, err));
    TRY(client_check_range("longest time in ms", max_time_ms, 0, QUEUE_MAX_DELAY_MS, err));
    TRY(client_check_nonce(nonce, err));
    struct args args;
    client_begin(queue, SCRIPT_CLAIM, &args);
    args_text(&args, worker);
    args_text(&args, nonce);
    args_number(&args, lease_ms);
    args_number(&args, max_time_ms);
    auto_reply struct reply *reply = NULL;
    TRY(client_run(queue, SCRIPT_CLAIM, &args, &reply, err));
    return client_read_claim(reply, ret, err);
}

void queue_claim_free(struct queue_claim *claim) {
    free(claim->document);
    *claim = (struct queue_claim){0};
}

/* ---- renew ---- */

int client_read_renewals(const struct reply *reply, struct queue_renewal *renewals, size_t count, struct err *err) {
    static const char *const words[] = {
        [QUEUE_LEASE_HELD] = "OK", [QUEUE_LEASE_CANCEL] = "CANCEL", [QUEUE_LEASE_LOST] = "LOST"};
    int answer = client_answer(reply, "renew", err);
    if (answer != QUEUE_OK || reply->count != count + 1)
        return answer < 0 ? -1 : wrong_answer("renew", err);
    for (size_t i = 0; i < count; i++) {
        char word[16];
        enum queue_lease lease = QUEUE_LEASE_HELD;
        TRY(reply_copy(reply, i + 1, "renew", word, sizeof word, err));
        while (lease <= QUEUE_LEASE_LOST && strcmp(word, words[lease]) != 0)
            lease++;
        if (lease > QUEUE_LEASE_LOST)
            return wrong_answer("renew", err);
        renewals[i].lease = lease;
    }
    return QUEUE_OK;
}

int queue_renew(struct queue *queue, uint32_t lease_ms, struct queue_renewal *renewals, size_t count, struct err *err) {
    TRY(client_check_range("lease in ms", lease_ms, QUEUE_MIN_LEASE_MS, QUEUE_MAX_LEASE_MS, err));
    TRY(client_check_range("renewals", count, 0, QUEUE_MAX_RENEWALS, err));
    struct args args;
    client_begin(queue, SCRIPT_RENEW, &args);
    args_number(&args, lease_ms);
    for (size_t i = 0; i < count; i++) {
        TRY(client_check_id(renewals[i].id, err));
        TRY(client_check_token(renewals[i].token, err));
        args_text(&args, renewals[i].id);
        args_text(&args, renewals[i].token);
    }
    auto_reply struct reply *reply = NULL;
    TRY(client_run(queue, SCRIPT_RENEW, &args, &reply, err));
    return client_read_renewals(reply, renewals, count, err);
}

/* ---- the ends of an attempt ---- */

int client_begin_end(const struct queue *queue, enum script_id script, const char *id, const char *token,
                     struct args *args, struct err *err) {
    TRY(client_check_id(id, err));
    TRY(client_check_token(token, err));
    client_begin(queue, script, args);
    args_text(args, id);
    args_text(args, token);
    return 0;
}

static int read_end(const struct reply *reply, enum script_id script, enum job_state *ret_state, struct err *err) {
    int answer = client_answer(reply, queue_scripts[script].name, err);
    if (answer == QUEUE_OK)
        TRY(client_state(reply, 1, queue_scripts[script].name, ret_state, err));
    else if (answer >= 0 && answer != QUEUE_FENCED)
        return wrong_answer(queue_scripts[script].name, err);
    return answer;
}

static int finish_end(struct queue *queue, enum script_id script, const struct args *args, enum job_state *ret_state,
                      struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(client_run(queue, script, args, &reply, err));
    return read_end(reply, script, ret_state, err);
}

int queue_complete(struct queue *queue, const char *id, const char *token, const char *result, size_t bytes,
                   const struct queue_name *names, size_t count, struct err *err) {
    struct args args;
    enum job_state state;
    auto_reply struct reply *reply = NULL;
    TRY(client_check_range("result bytes", bytes, 0, QUEUE_MAX_RESULT, err));
    TRY(client_begin_end(queue, SCRIPT_COMPLETE, id, token, &args, err));
    args_bytes(&args, result, bytes);
    TRY(client_write_names(names, count, id, false, &args, err));
    TRY(client_run_durably(queue, SCRIPT_COMPLETE, &args, &reply, err));
    return read_end(reply, SCRIPT_COMPLETE, &state, err);
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
    TRY(client_check_range("result bytes", bytes, 0, QUEUE_MAX_RESULT, err));
    TRY(client_begin_end(queue, SCRIPT_FAIL, id, token, &args, err));
    args_text(&args, word);
    args_text(&args, safe.msg);
    args_bytes(&args, result ? result : "", result ? bytes : 0);
    args_text(&args, err_kind(&safe) == ERR_INFRA ? "1" : "0");
    TRY(client_write_names(names, count, id, true, &args, err));
    return finish_end(queue, SCRIPT_FAIL, &args, ret_state, err);
}

int queue_lost(struct queue *queue, const char *id, const char *token, enum job_state *ret_state, struct err *err) {
    struct args args;
    TRY(client_begin_end(queue, SCRIPT_LOST, id, token, &args, err));
    return finish_end(queue, SCRIPT_LOST, &args, ret_state, err);
}

int queue_lost_claim(struct queue *queue, const char *nonce, enum job_state *ret_state, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(client_check_nonce(nonce, err));
    client_begin(queue, SCRIPT_LOST_CLAIM, &args);
    args_text(&args, nonce);
    TRY(client_run(queue, SCRIPT_LOST_CLAIM, &args, &reply, err));
    int answer = client_answer(reply, "lost_claim", err);
    if (answer == QUEUE_OK)
        TRY(client_state(reply, 1, "lost_claim", ret_state, err));
    else if (answer >= 0 && answer != QUEUE_NOTHING)
        return wrong_answer("lost_claim", err);
    return answer;
}

int queue_release(struct queue *queue, const char *id, const char *token, enum job_state *ret_state, struct err *err) {
    struct args args;
    TRY(client_begin_end(queue, SCRIPT_RELEASE, id, token, &args, err));
    return finish_end(queue, SCRIPT_RELEASE, &args, ret_state, err);
}

/* ---- news of a running attempt ---- */

static const unsigned news_answers = CLIENT_BIT(QUEUE_OK) | CLIENT_BIT(QUEUE_DROPPED) | CLIENT_BIT(QUEUE_FENCED);

int queue_progress(struct queue *queue, const char *id, const char *token, const char *text, struct err *err) {
    struct args args;
    size_t bytes = strnlen(text, QUEUE_MAX_PROGRESS + 1);
    TRY(client_check_range("bytes of progress", bytes, 0, QUEUE_MAX_PROGRESS, err));
    TRY(client_begin_end(queue, SCRIPT_PROGRESS, id, token, &args, err));
    args_bytes(&args, text, bytes);
    return client_simple(queue, SCRIPT_PROGRESS, &args, news_answers, err);
}

int queue_log(struct queue *queue, const char *id, const char *token, bool is_stderr, const char *bytes, size_t count,
              struct err *err) {
    struct args args;
    TRY(client_check_range("bytes of log", count, 1, QUEUE_MAX_LOG, err));
    TRY(client_begin_end(queue, SCRIPT_LOG, id, token, &args, err));
    args_text(&args, is_stderr ? "2" : "1");
    args_bytes(&args, bytes, count);
    return client_simple(queue, SCRIPT_LOG, &args, news_answers, err);
}
