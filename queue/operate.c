// SPDX-License-Identifier: Apache-2.0
// What people and operators do to jobs and to the queue.
#include <stdio.h>
#include <string.h>

#include "queue/client.h"

static int begin(const struct queue *queue, enum script_id script, const char *id, struct args *args, struct err *err) {
    TRY(client_check_id(id, err));
    client_begin(queue, script, args);
    args_text(args, id);
    return 0;
}

int queue_cancel(struct queue *queue, const char *id, enum job_state *ret_state, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(begin(queue, SCRIPT_CANCEL, id, &args, err));
    TRY(client_run(queue, SCRIPT_CANCEL, &args, &reply, err));
    int answer = client_answer(reply, "cancel", err);
    if (answer == QUEUE_OK)
        TRY(client_state(reply, 1, "cancel", ret_state, err));
    else if (answer >= 0 && answer != QUEUE_NO_JOB)
        return err_set(err, REASON_INFRA, "cancel: an answer that does not belong to it");
    return answer;
}

int queue_retry(struct queue *queue, const char *id, struct queue_receipt *ret, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(begin(queue, SCRIPT_RETRY, id, &args, err));
    TRY(client_run(queue, SCRIPT_RETRY, &args, &reply, err));
    return client_read_receipt(reply, "retry", 0, ret, err);
}

int queue_remove(struct queue *queue, const char *id, struct err *err) {
    struct args args;
    unsigned allowed = CLIENT_BIT(QUEUE_OK) | CLIENT_BIT(QUEUE_NO_JOB) | CLIENT_BIT(QUEUE_STATE);
    TRY(begin(queue, SCRIPT_REMOVE, id, &args, err));
    return client_simple(queue, SCRIPT_REMOVE, &args, allowed | CLIENT_BIT(QUEUE_BUSY), err);
}

int queue_prioritise(struct queue *queue, const char *id, uint32_t priority, struct err *err) {
    struct args args;
    unsigned allowed = CLIENT_BIT(QUEUE_OK) | CLIENT_BIT(QUEUE_NO_JOB) | CLIENT_BIT(QUEUE_STATE);
    TRY(client_check_range("priority", priority, 0, QUEUE_MAX_PRIORITY, err));
    TRY(begin(queue, SCRIPT_PRIORITISE, id, &args, err));
    args_number(&args, priority);
    return client_simple(queue, SCRIPT_PRIORITISE, &args, allowed, err);
}

/* ---- the queue ---- */

int queue_pause(struct queue *queue, bool paused, struct err *err) {
    struct args args;
    client_begin(queue, SCRIPT_PAUSE, &args);
    args_text(&args, paused ? "1" : "0");
    return client_simple(queue, SCRIPT_PAUSE, &args, CLIENT_BIT(QUEUE_OK), err);
}

int queue_drain(struct queue *queue, const char *worker, bool drain, struct err *err) {
    struct args args;
    TRY(client_check_name("worker", worker, QUEUE_WORKER_BYTES, err));
    client_begin(queue, SCRIPT_DRAIN, &args);
    args_text(&args, worker);
    args_text(&args, drain ? "1" : "0");
    return client_simple(queue, SCRIPT_DRAIN, &args, CLIENT_BIT(QUEUE_OK) | CLIENT_BIT(QUEUE_NO_WORKER), err);
}

int queue_set(struct queue *queue, enum queue_setting setting, uint64_t value, struct err *err) {
    static const struct {
        const char *field, *what;
        uint64_t most;
    } settings[QUEUE_SETTINGS] = {
        [QUEUE_WIDTH] = {"width", "width", 1000000},
        [QUEUE_MOST_WAITING] = {"maxq", "most waiting jobs", 100000000},
        [QUEUE_MOST_INFRA] = {"maxinfra", "most attempts", 1000000},
        [QUEUE_DONE_MS] = {"done_ms", "age in ms", 100 * QUEUE_MAX_DELAY_MS},
        [QUEUE_DONE_MOST] = {"done_most", "most jobs", 100000000},
        [QUEUE_DEAD_MS] = {"dead_ms", "age in ms", 100 * QUEUE_MAX_DELAY_MS},
        [QUEUE_DEAD_MOST] = {"dead_most", "most jobs", 100000000},
        [QUEUE_LOG_BYTES] = {"log_bytes", "bytes of a log", 1ull << 30},
    };
    struct args args;
    TRY(client_check_range("setting", setting, 0, QUEUE_SETTINGS - 1, err));
    TRY(client_check_range(settings[setting].what, value, 0, settings[setting].most, err));
    client_begin(queue, SCRIPT_CONFIGURE, &args);
    args_text(&args, settings[setting].field);
    if (value)
        args_number(&args, value);
    else
        args_text(&args, "");
    return client_simple(queue, SCRIPT_CONFIGURE, &args, CLIENT_BIT(QUEUE_OK), err);
}

int queue_purge(struct queue *queue, enum job_state state, uint64_t older_ms, uint32_t budget, uint64_t *ret_removed,
                struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(client_check_range("state of ended jobs", state, JOB_SUCCEEDED, JOB_CANCELLED, err));
    TRY(client_check_range("age in ms", older_ms, 0, 100 * QUEUE_MAX_DELAY_MS, err));
    TRY(client_check_range("budget", budget, 1, CLIENT_MAX_BUDGET, err));
    client_begin(queue, SCRIPT_PURGE, &args);
    args_text(&args, job_state_name(state));
    args_number(&args, older_ms);
    args_number(&args, budget);
    TRY(client_run(queue, SCRIPT_PURGE, &args, &reply, err));
    if (client_answer(reply, "purge", err) != QUEUE_OK)
        return err_set(err, REASON_INFRA, "purge: an answer that does not belong to it");
    TRY(reply_number(reply, 1, "purge", ret_removed, err));
    return QUEUE_OK;
}
