/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue for those who have jobs: submit one, look at it, follow its output, end it, begin it anew.
 *
 * Calling sequence: queue_submission_defaults() → queue_submit() → queue_get(), queue_read_log() → queue_wait_log() …
 *
 * Ownership: a struct queue_record and struct queue_pieces are freed by their functions. Results, errors, units: queue.h.
 */
#ifndef QUERN_QUEUE_CLIENT_H
#define QUERN_QUEUE_CLIENT_H

#include <stdbool.h>

#include "quern/queue.h"

#define QUEUE_UNIQUE_BYTES 129 /* [A-Za-z0-9_.:-]{1,128} */
#define QUEUE_RULES_BYTES 256  /* words of schemas/words.def with commas between */
#define QUEUE_MAX_DEPENDENCIES 64u
#define QUEUE_MAX_PIECES 64u

/* ---- to begin and to end ---- */

enum queue_when { QUEUE_AFTER_OK, QUEUE_AFTER_ANY, QUEUE_AFTER_NOT_OK };

struct queue_dependency {
    const char *id;
    enum queue_when when; /* what that job must come to; when it cannot any more, this one ends as `dependency:ID` */
};

struct queue_submission {
    const char *id;
    const char *document; /* the job as job_encode() wrote it */
    size_t document_bytes;
    uint32_t priority;                   /* 0 most urgent .. QUEUE_MAX_PRIORITY */
    uint64_t delay_ms;                   /* not before so long after now */
    uint64_t not_before_unix_ms;         /* nor before then; 0: at once */
    uint32_t retries;                    /* of attempts that fail for a reason in `retry_on` */
    uint32_t crashes;                    /* of attempts whose worker or host dies; one more is `poison` */
    uint64_t backoff_ms, backoff_max_ms; /* before the first retry, doubled each time, with jitter; and its bound */
    const char *retry_on;                /* `exit:75,limit:memory,lost`; NULL: exception,exit,signal */
    const char *unique;                  /* no two live jobs have the same; NULL: none */
    uint64_t time_ms;                    /* that the job asks for, for claims that have little time; 0: says nothing */
    const struct queue_dependency *after;
    size_t after_count;
};

struct queue_receipt {
    uint64_t number; /* of the job in this queue, from 1 */
    enum job_state state;
    char other[JOB_ID_BYTES]; /* DUPLICATE: who has it; NO_DEPENDENCY: who is missing */
    uint64_t waiting, most;   /* FULL */
};

void queue_submission_defaults(struct queue_submission *submission); /* priority 5, 2 crashes, 10 s to 10 min */
/* What queue_submit() would refuse before it sends anything, but for the document: for who uploads something first. */
MUST_USE int queue_submission_check(const struct queue_submission *submission, struct err *err);
MUST_USE int queue_submit(struct queue *queue, const struct queue_submission *submission, struct queue_receipt *ret,
                          struct err *err);

/* Ends a job that waits; one that runs is told, and its state stays `running` until its worker says how it ended. */
MUST_USE int queue_cancel(struct queue *queue, const char *id, enum job_state *ret_state, struct err *err);

/* A failed or cancelled job begins anew, its counters too: OK, NO_JOB, STATE, BUSY, DUPLICATE (its unique key), FULL, or
 * NO_DEPENDENCY: a job that it waits for did not come to what it must, so retry that one first. */
MUST_USE int queue_retry(struct queue *queue, const char *id, struct queue_receipt *ret, struct err *err);
/* Nothing of an ended job is left: OK, NO_JOB, STATE, BUSY. */
MUST_USE int queue_remove(struct queue *queue, const char *id, struct err *err);
/* OK, NO_JOB, STATE. */
MUST_USE int queue_prioritise(struct queue *queue, const char *id, uint32_t priority, struct err *err);

/* ---- the record ---- */

struct queue_record {
    enum job_state state;
    uint64_t number, priority, attempts, retries, crashes, infra;
    uint64_t outrun; /* names that a later attempt had set when this job succeeded */
    uint64_t submitted_unix_ms, due_unix_ms, started_unix_ms, ended_unix_ms; /* 0: not yet */
    bool cancelling;
    bool is_signed;                  /* its document has a signature; whose, hosts with a key tell */
    char why[QUEUE_WHY_BYTES];       /* the reason's word; dependency:ID names the job */
    char worker[QUEUE_WORKER_BYTES]; /* who has it, or had it last when it has ended; empty: nobody */
    char token[QUEUE_TOKEN_BYTES];
    char *progress; /* owned; "" unless it told some */
    char *text;     /* owned; the message of the error, "" otherwise */
    char *result;   /* owned; NULL: none */
    size_t result_bytes;
};

MUST_USE int queue_get(struct queue *queue, const char *id, struct queue_record *ret, struct err *err);
void queue_record_free(struct queue_record *record);

/* The job document, as submitted: OK, NO_JOB. The caller frees it; a NUL stands behind it. */
MUST_USE int queue_document(struct queue *queue, const char *id, char **ret, size_t *ret_bytes, struct err *err);

/* The id of a number: OK, NO_JOB. */
MUST_USE int queue_find(struct queue *queue, uint64_t number, char ret_id[JOB_ID_BYTES], struct err *err);

struct queue_row {
    char id[JOB_ID_BYTES];
    uint64_t number, priority, attempts, submitted_unix_ms, started_unix_ms, ended_unix_ms;
    char why[QUEUE_WHY_BYTES];
    char worker[QUEUE_WORKER_BYTES];
};

/* Jobs of one state from place `from` on, at most `room` (up to QUEUE_MAX_LIST) of them: ended ones newest first, the
 * others in the order in which the queue will take them. */
MUST_USE int queue_list(struct queue *queue, enum job_state state, uint64_t from, struct queue_row *rows, size_t room,
                        size_t *ret_count, struct err *err);

/* ---- the output ---- */

struct queue_piece {
    uint64_t attempt;
    bool is_stderr;
    const char *bytes; /* borrowed from the pieces */
    size_t count;
};

struct queue_pieces {
    enum job_state state;         /* of the job, at the same moment */
    char after[QUEUE_WAKE_BYTES]; /* where the next ones begin */
    char event[QUEUE_WAKE_BYTES]; /* for queue_wait_log() */
    struct queue_piece pieces[QUEUE_MAX_PIECES];
    size_t count;
    void *owner; /* owned */
};

/* The pieces behind `after`, "0-0" for the first. The log is at its end when the job has ended and count is 0. */
MUST_USE int queue_read_log(struct queue *queue, const char *id, const char *after, struct queue_pieces *ret,
                            struct err *err);
void queue_pieces_free(struct queue_pieces *pieces);
/* Until there may be more, or something happened to any job. */
MUST_USE int queue_wait_log(struct queue *queue, const char *id, const struct queue_pieces *seen, uint32_t wait_ms,
                            bool *ret_woken, struct err *err);

#endif
