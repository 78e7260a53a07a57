// SPDX-License-Identifier: Apache-2.0
// What a keeper calls every second and every few minutes.
#include "queue/client.h"

enum { SWEEP_PIECE = 100 };

int queue_tick(struct queue *queue, uint32_t budget, uint32_t lease_ms, struct queue_ticked *ret, struct err *err) {
    TRY(client_check_range("budget", budget, 1, CLIENT_MAX_BUDGET, err));
    TRY(client_check_range("lease in ms", lease_ms, QUEUE_MIN_LEASE_MS, QUEUE_MAX_LEASE_MS, err));
    struct args args;
    client_begin(queue, SCRIPT_TICK, &args);
    args_number(&args, budget);
    args_number(&args, lease_ms);
    auto_reply struct reply *reply = NULL;
    struct queue_ticked ticked;
    TRY(client_run(queue, SCRIPT_TICK, &args, &reply, err));
    if (client_answer(reply, "tick", err) != QUEUE_OK)
        return err_set(err, REASON_INFRA, "tick: an answer that does not belong to it");
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
    client_begin(queue, SCRIPT_SWEEP, &args);
    args_number(&args, *cursor);
    args_number(&args, SWEEP_PIECE);
    TRY(client_run(queue, SCRIPT_SWEEP, &args, &reply, err));
    if (client_answer(reply, "sweep", err) != QUEUE_OK)
        return err_set(err, REASON_INFRA, "sweep: an answer that does not belong to it");
    TRY(reply_number(reply, 1, "sweep", &next, err));
    TRY(reply_number(reply, 2, "sweep", &repaired, err));
    *cursor = next;
    *ret_repaired = repaired;
    return QUEUE_OK;
}

/* ---- workers ---- */

int queue_beat(struct queue *queue, const char *worker, const char *info, uint32_t ttl_ms, struct err *err) {
    struct args args;
    TRY(client_check_name("worker", worker, QUEUE_WORKER_BYTES, err));
    TRY(client_check_text("what a worker says", info, QUEUE_INFO_BYTES, err));
    TRY(client_check_range("time of a beat in ms", ttl_ms, 1, QUEUE_MAX_LEASE_MS, err));
    client_begin(queue, SCRIPT_BEAT, &args);
    args_text(&args, worker);
    args_text(&args, info);
    args_number(&args, ttl_ms);
    return client_simple(queue, SCRIPT_BEAT, &args, CLIENT_BIT(QUEUE_OK) | CLIENT_BIT(QUEUE_DRAIN), err);
}
