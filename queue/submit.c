// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "quern/queue_client.h"
#include "queue/call.h"
#include "queue/replies.h"
#include "queue/rules.h"
#include "queue/signature.h"

#define EDGE_BYTES (JOB_ID_BYTES + 8)

enum { COUNTER_MAX = 1000000 };

void queue_submission_defaults(struct queue_submission *submission) {
    *submission = (struct queue_submission){
        .priority = 5,
        .crashes = 2,
        .backoff_ms = 10000,
        .backoff_max_ms = 600000,
    };
}

static const char *rules_of(const struct queue_submission *job) {
    return job->retry_on ? job->retry_on : RULES_DEFAULT;
}

int queue_submission_check(const struct queue_submission *job, struct err *err) {
    TRY(call_check_id(job->id, err));
    TRY(call_check_range("priority", job->priority, 0, QUEUE_MAX_PRIORITY, err));
    TRY(call_check_range("delay in ms", job->delay_ms, 0, QUEUE_MAX_DELAY_MS, err));
    TRY(call_check_range("not before, in ms", job->not_before_unix_ms, 0, 1ull << 43, err));
    TRY(call_check_range("retries", job->retries, 0, COUNTER_MAX, err));
    TRY(call_check_range("crashes", job->crashes, 0, COUNTER_MAX, err));
    TRY(call_check_range("backoff in ms", job->backoff_ms, 1, QUEUE_MAX_DELAY_MS, err));
    TRY(call_check_range("longest backoff in ms", job->backoff_max_ms, job->backoff_ms, QUEUE_MAX_DELAY_MS, err));
    TRY(call_check_range("time limit in ms", job->time_ms, 0, QUEUE_MAX_DELAY_MS, err));
    TRY(call_check_range("dependencies", job->after_count, 0, QUEUE_MAX_DEPENDENCIES, err));
    if (job->unique)
        TRY(call_check_name("unique key", job->unique, QUEUE_UNIQUE_BYTES, err));
    return rules_check(rules_of(job), err);
}

static int write_edges(const struct queue_submission *job, char edges[][EDGE_BYTES], struct err *err) {
    static const char *const policies[] = {
        [QUEUE_AFTER_OK] = "ok", [QUEUE_AFTER_ANY] = "any", [QUEUE_AFTER_NOT_OK] = "notok"};
    for (size_t i = 0; i < job->after_count; i++) {
        TRY(call_check_id(job->after[i].id, err));
        TRY(call_check_range("dependency", job->after[i].when, QUEUE_AFTER_OK, QUEUE_AFTER_NOT_OK, err));
        snprintf(edges[i], EDGE_BYTES, "%s:%s", policies[job->after[i].when], job->after[i].id);
    }
    return 0;
}

int replies_receipt(const struct reply *reply, const char *what, size_t number, struct queue_receipt *ret,
                    struct err *err) {
    int answer = call_answer(reply, what, err);
    struct queue_receipt receipt = {0};
    if (answer == QUEUE_OK) {
        if (number)
            TRY(reply_number(reply, number, what, &receipt.number, err));
        TRY(call_state(reply, number + 1, what, &receipt.state, err));
    } else if (answer == QUEUE_DUPLICATE || answer == QUEUE_NO_DEPENDENCY) {
        TRY(reply_copy(reply, 1, what, receipt.other, sizeof receipt.other, err));
    } else if (answer == QUEUE_FULL) {
        TRY(reply_number(reply, 1, what, &receipt.waiting, err));
        TRY(reply_number(reply, 2, what, &receipt.most, err));
    } else if (answer >= 0 && (number || answer == QUEUE_NOTHING || answer == QUEUE_FENCED)) {
        return call_wrong(what, err);
    }
    if (answer >= 0)
        *ret = receipt;
    return answer;
}

int queue_submit(struct queue *queue, const struct queue_submission *job, struct queue_receipt *ret, struct err *err) {
    char edges[QUEUE_MAX_DEPENDENCIES][EDGE_BYTES];
    TRY(queue_submission_check(job, err));
    TRY(call_check_range("document bytes", job->document_bytes, 1, JOB_MAX_BYTES, err));
    TRY(write_edges(job, edges, err));
    char signature[QUEUE_SIGNATURE_BYTES] = "";
    const struct signature_subject subject = {queue->prefix, job->id, job->document, job->document_bytes};
    if (queue->key_file)
        TRY(signature_make(queue->key_file, &subject, signature, err));
    struct args args;
    call_begin(queue, SCRIPT_SUBMIT, &args);
    args_text(&args, job->id);
    args_bytes(&args, job->document, job->document_bytes);
    args_number(&args, job->priority);
    args_number(&args, job->delay_ms);
    args_number(&args, job->not_before_unix_ms);
    args_number(&args, job->retries);
    args_number(&args, job->crashes);
    args_number(&args, job->backoff_ms);
    args_number(&args, job->backoff_max_ms);
    args_text(&args, job->retries ? rules_of(job) : "");
    args_text(&args, job->unique ? job->unique : "");
    args_number(&args, job->time_ms);
    args_text(&args, signature);
    for (size_t i = 0; i < job->after_count; i++)
        args_text(&args, edges[i]);
    auto_reply struct reply *reply = NULL;
    bool accepted = false;
    TRY(call_run_durably(queue, SCRIPT_SUBMIT, &args, &reply, &accepted, err));
    return replies_receipt(reply, "submit", 1, ret, err);
}
