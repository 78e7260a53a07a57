/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delivery of quernd: the job comes from a queue's claim, its sources and outputs are objects of the store, the names
 * of the outputs change in the transition that ends the job, and what is told goes to the queue's log and to the
 * supervisor's events.
 *
 * Calling sequence: delivery_queue_init() → for each job delivery_queue_begin() → job_steps_run() → delivery_queue_state()
 * → delivery_queue_end(); delivery_queue_done() at last.
 *
 * Outputs stand at job:ID/NAME whatever became of the job; the user's own names are given to those of a job that
 * succeeded. Errors: those of queue.h and storage.h; REASON_BAD_INPUT for a document that cannot be run here.
 */
#ifndef DAEMON_DELIVERY_QUEUE_H
#define DAEMON_DELIVERY_QUEUE_H

#include "delivery.h"
#include "news.h"
#include "quern/catalogue.h"
#include "quern/queue_worker.h"

/* Results, the joined picture, the device JSON, two logs, the manifest; what the script kept and wrote. */
#define DELIVERY_MAX_OWN (HOST_MAX_PORTS + 5u)
#define DELIVERY_MAX_OUTPUTS (DELIVERY_MAX_OWN + MANIFEST_MAX_FILES + MANIFEST_MAX_WRITTEN)
_Static_assert(DELIVERY_MAX_OUTPUTS + DELIVERY_MAX_OWN <= QUEUE_MAX_NAMES, "all of them are named in one transition");

/* One object of the attempt, and what it will be called. */
struct delivery_output {
    char own_key[STORAGE_KEY_BYTES];  /* job:ID/NAME; empty: none */
    char user_key[STORAGE_KEY_BYTES]; /* empty: none */
    char version[STORAGE_VERSION_BYTES];
    uint64_t bytes;
    struct manifest_output *output; /* borrowed; NULL: none */
    struct manifest_file *file;     /* likewise */
};

/* Where a queue's jobs are found: borrowed by the delivery of each of its jobs. */
struct delivery_home {
    struct queue *queue, *news; /* the second for news only */
    struct catalogue *catalogue;
};

struct delivery_queue {
    struct delivery base;
    const struct delivery_home *home; /* borrowed; of the job's queue */
    struct queue_claim claim;         /* owned */
    struct news news;
    struct delivery_output outputs[DELIVERY_MAX_OUTPUTS];
    uint32_t count;
    bool whole;           /* everything is staged, the manifest, too */
    bool unconfirmed;     /* completed, but not as safely as it was to be */
    int events;           /* borrowed; the supervisor's */
    enum job_state state; /* of the job, once it was concluded */
};

void delivery_queue_init(struct delivery_queue *delivery, int events);
void delivery_queue_done(struct delivery_queue *delivery);

/* Takes the claim over. */
void delivery_queue_begin(struct delivery_queue *delivery, const struct delivery_home *home, struct queue_claim *claim);
void delivery_queue_end(struct delivery_queue *delivery);

/* Nobody wants what was put and has no name yet: it is the attempt's to keep from being collected. REASON_INFRA: it was. */
MUST_USE int delivery_queue_keep(const struct delivery_queue *delivery, struct err *err);

#endif
