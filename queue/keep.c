// SPDX-License-Identifier: Apache-2.0
// What a keeper calls: for the attempts of its host, and every second and every few minutes for the queue.
#include <string.h>

#include "quern/own.h"
#include "quern/queue_keeper.h"
#include "queue/call.h"
#include "queue/replies.h"

enum { SWEEP_PIECE = 100 };

/* ---- renew ---- */

int replies_renewals(const struct reply *reply, struct queue_renewal *renewals, size_t count, struct err *err) {
    static const char *const words[] = {
        [QUEUE_LEASE_HELD] = "OK", [QUEUE_LEASE_CANCEL] = "CANCEL", [QUEUE_LEASE_LOST] = "LOST"};
    int answer = call_answer(reply, "renew", err);
    if (answer != QUEUE_OK || reply->count != count + 1)
        return answer < 0 ? -1 : call_wrong("renew", err);
    for (size_t i = 0; i < count; i++) {
        char word[16];
        enum queue_lease lease = QUEUE_LEASE_HELD;
        TRY(reply_copy(reply, i + 1, "renew", word, sizeof word, err));
        while (lease <= QUEUE_LEASE_LOST && strcmp(word, words[lease]) != 0)
            lease++;
        if (lease > QUEUE_LEASE_LOST)
            return call_wrong("renew", err);
        renewals[i].lease = lease;
    }
    return QUEUE_OK;
}

int queue_renew(struct queue *queue, uint32_t lease_ms, struct queue_renewal *renewals, size_t count, struct err *err) {
    TRY(call_check_range("lease in ms", lease_ms, QUEUE_MIN_LEASE_MS, QUEUE_MAX_LEASE_MS, err));
    TRY(call_check_range("renewals", count, 0, QUEUE_MAX_RENEWALS, err));
    struct args args;
    call_begin(queue, SCRIPT_RENEW, &args);
    args_number(&args, lease_ms);
    for (size_t i = 0; i < count; i++) {
        TRY(call_check_id(renewals[i].id, err));
        TRY(call_check_token(renewals[i].token, err));
        args_text(&args, renewals[i].id);
        args_text(&args, renewals[i].token);
    }
    auto_reply struct reply *reply = NULL;
    TRY(call_run(queue, SCRIPT_RENEW, &args, &reply, err));
    return replies_renewals(reply, renewals, count, err);
}

/* ---- attempts whose processes are dead ---- */

int queue_lost(struct queue *queue, const char *id, const char *token, enum job_state *ret_state, struct err *err) {
    struct args args;
    TRY(call_begin_end(queue, SCRIPT_LOST, id, token, &args, err));
    return call_finish_end(queue, SCRIPT_LOST, &args, ret_state, err);
}

int queue_lost_claim(struct queue *queue, const char *nonce, enum job_state *ret_state, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(call_check_nonce(nonce, err));
    call_begin(queue, SCRIPT_LOST_CLAIM, &args);
    args_text(&args, nonce);
    TRY(call_run(queue, SCRIPT_LOST_CLAIM, &args, &reply, err));
    int answer = call_answer(reply, "lost_claim", err);
    if (answer == QUEUE_OK)
        TRY(call_state(reply, 1, "lost_claim", ret_state, err));
    else if (answer >= 0 && answer != QUEUE_NOTHING)
        return call_wrong("lost_claim", err);
    return answer;
}

/* ---- what time brings about ---- */

int queue_tick(struct queue *queue, uint32_t budget, uint32_t lease_ms, struct queue_ticked *ret, struct err *err) {
    TRY(call_check_range("budget", budget, 1, CALL_MAX_BUDGET, err));
    TRY(call_check_range("lease in ms", lease_ms, QUEUE_MIN_LEASE_MS, QUEUE_MAX_LEASE_MS, err));
    struct args args;
    call_begin(queue, SCRIPT_TICK, &args);
    args_number(&args, budget);
    args_number(&args, lease_ms);
    auto_reply struct reply *reply = NULL;
    struct queue_ticked ticked;
    TRY(call_run(queue, SCRIPT_TICK, &args, &reply, err));
    if (call_answer(reply, "tick", err) != QUEUE_OK)
        return call_wrong("tick", err);
    TRY(reply_number(reply, 1, "tick", &ticked.due, err));
    TRY(reply_number(reply, 2, "tick", &ticked.expired, err));
    TRY(reply_number(reply, 3, "tick", &ticked.told, err));
    TRY(reply_number(reply, 4, "tick", &ticked.purged, err));
    *ret = ticked;
    return QUEUE_OK;
}

int queue_sweep(struct queue *queue, uint64_t *cursor, uint64_t *ret_repaired, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    uint64_t next = 0, repaired = 0;
    call_begin(queue, SCRIPT_SWEEP, &args);
    args_number(&args, *cursor);
    args_number(&args, SWEEP_PIECE);
    TRY(call_run(queue, SCRIPT_SWEEP, &args, &reply, err));
    if (call_answer(reply, "sweep", err) != QUEUE_OK)
        return call_wrong("sweep", err);
    TRY(reply_number(reply, 1, "sweep", &next, err));
    TRY(reply_number(reply, 2, "sweep", &repaired, err));
    *cursor = next;
    *ret_repaired = repaired;
    return QUEUE_OK;
}

/* ---- workers ---- */

int queue_beat(struct queue *queue, const char *worker, const char *info, uint32_t ttl_ms, struct err *err) {
    struct args args;
    TRY(call_check_name("worker", worker, QUEUE_WORKER_BYTES, err));
    TRY(call_check_text("what a worker says", info, QUEUE_INFO_BYTES, err));
    TRY(call_check_range("time of a beat in ms", ttl_ms, 1, QUEUE_MAX_LEASE_MS, err));
    call_begin(queue, SCRIPT_BEAT, &args);
    args_text(&args, worker);
    args_text(&args, info);
    args_number(&args, ttl_ms);
    return call_simple(queue, SCRIPT_BEAT, &args, CALL_BIT(QUEUE_OK) | CALL_BIT(QUEUE_DRAIN), err);
}

/* ---- the way there ---- */

static uint64_t anew(const struct session *session) { return session->connections ? session->connections - 1 : 0; }

uint64_t queue_reconnects(const struct queue *queue) { return anew(&queue->session) + anew(&queue->waiting); }
