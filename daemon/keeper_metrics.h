/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /metrics tells: counters of this process, told in Prometheus' text form. Names and units: docs/operations.md.
 *
 * Calling sequence: metrics_… when something happens → metrics_write(). Plain data.
 */
#ifndef DAEMON_KEEPER_METRICS_H
#define DAEMON_KEEPER_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "quern/job.h"
#include "quern/queue_operator.h"
#include "quern/settings.h"
#include "quern/steps.h"

#define METRICS_BUCKETS 15

struct metrics_histogram {
    uint64_t buckets[METRICS_BUCKETS]; /* not cumulative; the last one has no bound */
    uint64_t sum_us, count;
};

struct metrics_queue {
    uint64_t finished[JOB_STATE_COUNT][REASON_COUNT];
    struct metrics_histogram steps[STEP_COUNT];
    uint64_t lost, fenced, claims;
    struct queue_counts counts; /* of the whole queue, when `counted` */
    bool counted, ready;
    uint64_t counted_ns;
};

struct metrics {
    struct metrics_queue queues[SETTINGS_MAX_QUEUES];
    uint64_t renew_failures, redis_failures, redis_calls, redis_us;
    bool redis_answers;                         /* the last call was answered */
    bool redis_good;                            /* and at the last look it was fit for all queues */
    uint64_t redis_used_bytes, redis_max_bytes; /* max 0: no bound */
    double claimed_unix_s;                      /* when a claim was answered last; 0: never */
    uint64_t segment_bytes, segment_hits, segment_decodes;
    uint32_t busy, idle, draining;
};

void metrics_observe(struct metrics_histogram *histogram, uint64_t us);
void metrics_write(const struct metrics *metrics, const struct settings *settings, FILE *out);

#endif
