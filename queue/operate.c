// SPDX-License-Identifier: Apache-2.0
// What operators do to a queue.
#include "quern/queue_operator.h"
#include "queue/call.h"

int queue_pause(struct queue *queue, bool paused, struct err *err) {
    struct args args;
    call_begin(queue, SCRIPT_PAUSE, &args);
    args_text(&args, paused ? "1" : "0");
    return call_simple(queue, SCRIPT_PAUSE, &args, CALL_BIT(QUEUE_OK), err);
}

int queue_drain(struct queue *queue, const char *worker, bool drain, struct err *err) {
    struct args args;
    TRY(call_check_name("worker", worker, QUEUE_WORKER_BYTES, err));
    call_begin(queue, SCRIPT_DRAIN, &args);
    args_text(&args, worker);
    args_text(&args, drain ? "1" : "0");
    return call_simple(queue, SCRIPT_DRAIN, &args, CALL_BIT(QUEUE_OK) | CALL_BIT(QUEUE_NO_WORKER), err);
}

const struct call_setting call_settings[QUEUE_SETTINGS] = {
    [QUEUE_WIDTH] = {"width", "width", 1000000, 0},
    [QUEUE_MOST_WAITING] = {"maxq", "most waiting jobs", 100000000, 1000000},
    [QUEUE_MOST_INFRA] = {"maxinfra", "most attempts", 1000000, 20},
    [QUEUE_DONE_MS] = {"done_ms", "age in ms", 100 * QUEUE_MAX_DELAY_MS, 604800000},
    [QUEUE_DONE_MOST] = {"done_most", "most jobs", 100000000, 100000},
    [QUEUE_DEAD_MS] = {"dead_ms", "age in ms", 100 * QUEUE_MAX_DELAY_MS, 2592000000},
    [QUEUE_DEAD_MOST] = {"dead_most", "most jobs", 100000000, 100000},
    [QUEUE_LOG_BYTES] = {"log_bytes", "bytes of a log", 1ull << 30, 10485760},
};

uint64_t queue_setting_default(enum queue_setting setting) { return call_settings[setting].otherwise; }

int queue_set(struct queue *queue, enum queue_setting setting, uint64_t value, struct err *err) {
    struct args args;
    TRY(call_check_range("setting", setting, 0, QUEUE_SETTINGS - 1, err));
    TRY(call_check_range(call_settings[setting].what, value, 0, call_settings[setting].most, err));
    call_begin(queue, SCRIPT_CONFIGURE, &args);
    args_text(&args, call_settings[setting].field);
    if (value)
        args_number(&args, value);
    else
        args_text(&args, "");
    return call_simple(queue, SCRIPT_CONFIGURE, &args, CALL_BIT(QUEUE_OK), err);
}

int queue_purge(struct queue *queue, enum job_state state, uint64_t older_ms, uint32_t budget, uint64_t *ret_removed,
                struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(call_check_range("state of ended jobs", state, JOB_SUCCEEDED, JOB_CANCELLED, err));
    TRY(call_check_range("age in ms", older_ms, 0, 100 * QUEUE_MAX_DELAY_MS, err));
    TRY(call_check_range("budget", budget, 1, CALL_MAX_BUDGET, err));
    call_begin(queue, SCRIPT_PURGE, &args);
    args_text(&args, job_state_name(state));
    args_number(&args, older_ms);
    args_number(&args, budget);
    TRY(call_run(queue, SCRIPT_PURGE, &args, &reply, err));
    if (call_answer(reply, "purge", err) != QUEUE_OK)
        return call_wrong("purge", err);
    TRY(reply_number(reply, 1, "purge", ret_removed, err));
    return QUEUE_OK;
}
