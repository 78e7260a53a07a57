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
#include "quern/storage.h"

#define METRICS_BUCKETS 15

/* Upper bounds of all buckets but the last, which has none; a value of 1 is told as `unit`. */
struct metrics_scale {
    uint64_t bounds[METRICS_BUCKETS - 1];
    double unit;
};

extern const struct metrics_scale metrics_us, metrics_bytes;

struct metrics_histogram {
    uint64_t buckets[METRICS_BUCKETS]; /* not cumulative */
    uint64_t sum, count;
};

struct metrics_queue {
    uint64_t finished[JOB_STATE_COUNT][REASON_COUNT];
    uint64_t unconfirmed;                                     /* completions that nobody vouched for in time */
    struct metrics_histogram waits, steps[STEP_COUNT], peaks; /* µs, µs, bytes */
    struct queue_counts counts;                               /* of the whole queue, when `counted` */
    bool counted, ready;
    uint64_t counted_ns;
};

/* Of an environment; its name is empty until it has come up once. */
struct metrics_jail {
    char environment[ENVIRONMENT_NAME_BYTES];
    uint32_t level, bound; /* enum jail_level, enum jail_bound */
};

#define METRICS_MAX_JAILS 32u

struct metrics_collections {
    uint64_t good, bad; /* how they ended; this host's */
    uint64_t objects, attempts, bytes;
    double last_unix_s; /* when one ended well; 0: never */
};

struct metrics {
    struct metrics_queue queues[SETTINGS_MAX_QUEUES];
    uint64_t kills[REASON_COUNT]; /* of jobs' processes, by why */
    uint64_t renew_failures, redis_failures, redis_calls, redis_us, redis_reconnects;
    bool redis_answers;                         /* the last call was answered */
    bool redis_good;                            /* and at the last look it was fit for all queues */
    uint64_t redis_used_bytes, redis_max_bytes; /* max 0: no bound */
    double claimed_unix_s;                      /* when a claim was answered last; 0: never */
    uint64_t segment_bytes, segment_hits, segment_decodes;
    uint32_t busy, idle, draining;
    struct metrics_jail jails[METRICS_MAX_JAILS];
    struct metrics_collections collections;
    struct storage_usage store; /* when `store_known` */
    bool store_known;
};

void metrics_observe(struct metrics_histogram *histogram, const struct metrics_scale *scale, uint64_t value);
/* An attempt ended; peak_bytes 0: it did not run. */
void metrics_ended(struct metrics *metrics, uint32_t queue, enum job_state state, enum reason reason,
                   uint64_t peak_bytes);
void metrics_write(const struct metrics *metrics, const struct settings *settings, FILE *out);

#endif
