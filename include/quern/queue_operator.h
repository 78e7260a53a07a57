/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue for those who run it: what it holds, who works for it, what it is set to. Results, errors, units: queue.h.
 */
#ifndef QUERN_QUEUE_OPERATOR_H
#define QUERN_QUEUE_OPERATOR_H

#include <stdbool.h>

#include "quern/queue.h"

/* What an attempt that lost its lease wanted to write: complete, fail, lost, release, log, progress. */
#define QUEUE_FENCED_OPS 6u
extern const char *const queue_fenced_ops[QUEUE_FENCED_OPS];

enum queue_setting {
    QUEUE_WIDTH,        /* jobs that run at once; 0: any number */
    QUEUE_MOST_WAITING, /* before submissions are refused; 0: 1,000,000 */
    QUEUE_MOST_INFRA,   /* attempts that may fail for the machine's sake; 0: 20 */
    QUEUE_DONE_MS,      /* how long a succeeded job is remembered; 0: 7 days */
    QUEUE_DONE_MOST,    /* and how many; 0: 100,000 */
    QUEUE_DEAD_MS,      /* failed and cancelled ones; 0: 30 days */
    QUEUE_DEAD_MOST,
    QUEUE_LOG_BYTES, /* of a job's log; 0: 10 MiB */
    QUEUE_SETTINGS,
};

/* What holds where nothing is set; 0: nothing. */
uint64_t queue_setting_default(enum queue_setting setting);

struct queue_counts {
    uint64_t jobs[JOB_STATE_COUNT];
    uint64_t oldest_ready_ms, oldest_ms[QUEUE_MAX_PRIORITY + 1]; /* of all, and by priority; 0: none is ready */
    /* Since the queue began. */
    uint64_t submitted, lost, retries, infra, fenced[QUEUE_FENCED_OPS];
    uint64_t dropped, dropped_bytes;   /* pieces of progress, bytes of log */
    uint64_t settings[QUEUE_SETTINGS]; /* 0: the default */
    bool known;                        /* it has a home or a job: somebody meant it */
    bool paused;
};

MUST_USE int queue_count(struct queue *queue, struct queue_counts *ret, struct err *err);

struct queue_worker {
    char name[QUEUE_WORKER_BYTES];
    bool alive, draining;
    char info[QUEUE_INFO_BYTES];
};

MUST_USE int queue_workers(struct queue *queue, uint64_t from, struct queue_worker *workers, size_t room,
                           size_t *ret_count, struct err *err);
/* OK, NO_WORKER. */
MUST_USE int queue_drain(struct queue *queue, const char *worker, bool drain, struct err *err);

/* The names of the queues on this Redis, at most `room` of them, sorted. Looks at every key: for operators. */
MUST_USE int queue_all(struct queue *queue, char (*names)[QUEUE_NAME_BYTES], size_t room, size_t *ret_count,
                       struct err *err);

MUST_USE int queue_pause(struct queue *queue, bool paused, struct err *err);

MUST_USE int queue_set(struct queue *queue, enum queue_setting setting, uint64_t value, struct err *err);
/* Ended jobs of this state that ended `older_ms` ago or earlier, at most `budget` of them in one call. */
MUST_USE int queue_purge(struct queue *queue, enum job_state state, uint64_t older_ms, uint32_t budget,
                         uint64_t *ret_removed, struct err *err);

#endif
