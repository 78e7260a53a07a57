// SPDX-License-Identifier: Apache-2.0
// What people do to a job that there is.
#include "quern/queue_client.h"
#include "queue/call.h"
#include "queue/replies.h"

static int begin(const struct queue *queue, enum script_id script, const char *id, struct args *args, struct err *err) {
    TRY(call_check_id(id, err));
    call_begin(queue, script, args);
    args_text(args, id);
    return 0;
}

int queue_cancel(struct queue *queue, const char *id, enum job_state *ret_state, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(begin(queue, SCRIPT_CANCEL, id, &args, err));
    TRY(call_run(queue, SCRIPT_CANCEL, &args, &reply, err));
    int answer = call_answer(reply, "cancel", err);
    if (answer == QUEUE_OK)
        TRY(call_state(reply, 1, "cancel", ret_state, err));
    else if (answer >= 0 && answer != QUEUE_NO_JOB)
        return call_wrong("cancel", err);
    return answer;
}

static int begin_once(const struct queue *queue, enum script_id script, const char *id, char nonce[QUEUE_NONCE_BYTES],
                      struct args *args, struct err *err) {
    TRY(call_check_id(id, err));
    call_begin_once(queue, script, nonce, args);
    args_text(args, id);
    return 0;
}

int queue_retry(struct queue *queue, const char *id, struct queue_receipt *ret, struct err *err) {
    char nonce[QUEUE_NONCE_BYTES];
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(begin_once(queue, SCRIPT_RETRY, id, nonce, &args, err));
    TRY(call_run(queue, SCRIPT_RETRY, &args, &reply, err));
    return replies_receipt(reply, "retry", 0, ret, err);
}

int queue_remove(struct queue *queue, const char *id, struct err *err) {
    struct args args;
    char nonce[QUEUE_NONCE_BYTES];
    unsigned allowed = CALL_BIT(QUEUE_OK) | CALL_BIT(QUEUE_NO_JOB) | CALL_BIT(QUEUE_STATE);
    TRY(begin_once(queue, SCRIPT_REMOVE, id, nonce, &args, err));
    return call_simple(queue, SCRIPT_REMOVE, &args, allowed | CALL_BIT(QUEUE_BUSY), err);
}

int queue_prioritise(struct queue *queue, const char *id, uint32_t priority, struct err *err) {
    struct args args;
    unsigned allowed = CALL_BIT(QUEUE_OK) | CALL_BIT(QUEUE_NO_JOB) | CALL_BIT(QUEUE_STATE);
    TRY(call_check_range("priority", priority, 0, QUEUE_MAX_PRIORITY, err));
    TRY(begin(queue, SCRIPT_PRIORITISE, id, &args, err));
    args_number(&args, priority);
    return call_simple(queue, SCRIPT_PRIORITISE, &args, allowed, err);
}
