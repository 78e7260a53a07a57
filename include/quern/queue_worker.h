/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue for those who run jobs: one attempt, from the claim to its end.
 *
 * Calling sequence: queue_claim() → queue_log_begin(), queue_progress_begin() … → exactly one of queue_complete(),
 * queue_fail(), queue_release(). Meanwhile somebody renews the lease (queue_keeper.h).
 *
 * Ownership: a struct queue_claim is freed by its function. Results, errors, units: queue.h.
 */
#ifndef QUERN_QUEUE_WORKER_H
#define QUERN_QUEUE_WORKER_H

#include <stdbool.h>

#include "quern/queue.h"

#define QUEUE_MAX_RESULT (64u << 10)
#define QUEUE_MAX_LOG (64u << 10)
#define QUEUE_MAX_PROGRESS 4096u

struct queue_claim {
    char id[JOB_ID_BYTES];
    char token[QUEUE_TOKEN_BYTES];
    uint64_t number, attempt, time_ms;
    uint64_t waited_ms; /* from when it was ready until it was claimed */
    char *document;     /* owned */
    size_t document_bytes;
    char signature[QUEUE_SIGNATURE_BYTES]; /* empty: the job has none */
    char wake[QUEUE_WAKE_BYTES];           /* NOTHING: for queue_wait() */
    char why[16]; /* NOTHING: empty, paused, width, time, drain, spent (the nonce), ghost (again, please) */
};

/* nonce: 128 random bits (dice_hex()). A claim has one of its own; the same claim, repeated because its reply was lost, has
 * the same. max_time_ms: only jobs with a time limit that is not longer; 0: any. */
MUST_USE int queue_claim(struct queue *queue, const char *worker, const char *nonce, uint32_t lease_ms,
                         uint64_t max_time_ms, struct queue_claim *ret, struct err *err);
/* Whether the document is one that a key of the queue's key file signed; 0 where there is no such file. REASON_DENIED: it is
 * not, and must not be run. REASON_CONFIG: the file cannot be used. */
MUST_USE int queue_claim_check(const struct queue *queue, const struct queue_claim *claim, struct err *err);
void queue_claim_free(struct queue_claim *claim);

/* The moment at which a result is the job's: `result` is a manifest of at most QUEUE_MAX_RESULT bytes. In the same moment
 * the names are set, at most QUEUE_MAX_NAMES: `job:ID/…` of this job and any others but those of other jobs. A name that
 * an attempt set which was claimed later stays as it is; the record counts these as `outrun`.
 * OK, FENCED, UNCONFIRMED. */
MUST_USE int queue_complete(struct queue *queue, const char *id, const char *token, const char *result, size_t bytes,
                            const struct queue_name *names, size_t count, struct err *err);
/* `why` decides: infra is tried again and is not the job's fault, what `retry_on` names costs a retry, all else is the
 * end. `result` may be NULL. Names: `job:ID/…` only. */
MUST_USE int queue_fail(struct queue *queue, const char *id, const char *token, const struct err *why,
                        const char *result, size_t bytes, const struct queue_name *names, size_t count,
                        enum job_state *ret_state, struct err *err);

/* The host drains: the attempt does not count. */
MUST_USE int queue_release(struct queue *queue, const char *id, const char *token, enum job_state *ret_state,
                           struct err *err);

/* ---- what it tells while it runs ---- */

struct queue_output {
    bool is_stderr;
    const char *bytes; /* borrowed for the call */
    size_t count;
};

#define QUEUE_MAX_OUTPUTS 256u

/* Output of at most QUEUE_MAX_LOG bytes; after a lost reply it may stand there twice. OK, DROPPED, FENCED. */
MUST_USE int queue_log(struct queue *queue, const char *id, const char *token, const struct queue_output *pieces,
                       size_t count, struct err *err);
/* What people see of a running job. OK, DROPPED, FENCED. */
MUST_USE int queue_progress(struct queue *queue, const char *id, const char *token, const char *text, struct err *err);

/*
 * The same two without waiting, for a worker that has a script to attend: begun now, answered when the descriptor is
 * readable. One is on its way at a time, and nothing else is asked of this struct queue meanwhile. A send to a peer that
 * takes nothing costs 200 ms at most. After -1 the pieces may or may not be there.
 */
MUST_USE int queue_log_begin(struct queue *queue, const char *id, const char *token, const struct queue_output *pieces,
                             size_t count, struct err *err);
MUST_USE int queue_progress_begin(struct queue *queue, const char *id, const char *token, const char *text,
                                  struct err *err);
int queue_news_fd(const struct queue *queue);                      /* -1: nothing is on its way */
MUST_USE int queue_news_end(struct queue *queue, struct err *err); /* OK, DROPPED, FENCED */
void queue_news_drop(struct queue *queue);                         /* whatever is on its way: not awaited */

#endif
