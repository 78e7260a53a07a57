/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue for those who look after it: keeping the attempts of a host, and bringing about what time does.
 *
 * Calling sequence: queue_renew() every third of the lease, queue_lost() or queue_lost_claim() when an attempt's processes
 * are dead, queue_beat() and queue_tick() every second, queue_sweep() every few minutes, a piece; queue_wait() or
 * queue_wait_begin() with the wake id of a claim that found nothing. Results, errors, units: queue.h.
 */
#ifndef QUERN_QUEUE_KEEPER_H
#define QUERN_QUEUE_KEEPER_H

#include <stdbool.h>

#include "quern/queue.h"

#define QUEUE_MAX_RENEWALS 256u

/* ---- attempts ---- */

enum queue_lease { QUEUE_LEASE_HELD, QUEUE_LEASE_CANCEL, QUEUE_LEASE_LOST };

struct queue_renewal {
    const char *id, *token;
    enum queue_lease lease; /* the answer; CANCEL: still held, but somebody wants the job to end */
};

MUST_USE int queue_renew(struct queue *queue, uint32_t lease_ms, struct queue_renewal *renewals, size_t count,
                         struct err *err);

/* The attempt's processes are dead, not of the job's doing. */
MUST_USE int queue_lost(struct queue *queue, const char *id, const char *token, enum job_state *ret_state,
                        struct err *err);
/* Whoever made this claim is dead and never said what it took: OK, the job that it took is lost; NOTHING, it took none and,
 * should it only reach Redis now, will take none. */
MUST_USE int queue_lost_claim(struct queue *queue, const char *nonce, enum job_state *ret_state, struct err *err);

/* ---- workers ---- */

/* Says that this worker is there for ttl_ms; `info` is for people. OK, DRAIN. */
MUST_USE int queue_beat(struct queue *queue, const char *worker, const char *info, uint32_t ttl_ms, struct err *err);

/* ---- time ---- */

struct queue_ticked {
    uint64_t due, expired, told, purged; /* a count that reaches the budget: tick again at once */
};

MUST_USE int queue_tick(struct queue *queue, uint32_t budget, uint32_t lease_ms, struct queue_ticked *ret,
                        struct err *err);

/* Every few minutes, a piece: `*cursor` is 0 at first, and 0 again after the last piece. Mends what no transition breaks. */
MUST_USE int queue_sweep(struct queue *queue, uint64_t *cursor, uint64_t *ret_repaired, struct err *err);

/* Until a job may be ready that was not when the claim gave `wake`, or wait_ms are over: *ret_woken tells. */
MUST_USE int queue_wait(struct queue *queue, const char *wake, uint32_t wait_ms, bool *ret_woken, struct err *err);

/* The same for who has other things to wait for, too: begin, poll the descriptor until it is readable or wait_ms and two
 * seconds are over, end. It has a connection of its own, so that other calls go on meanwhile. `wake` is that of a claim, or
 * of the wake-up before, or "" where there was none: then what is not long ago counts as news. */
struct queue_wakeup {
    bool work, cancel; /* there may be something to claim; a job that runs, anywhere, shall end: queue_renew() tells */
    char wake[QUEUE_WAKE_BYTES]; /* for the next wait: none is missed */
};

/* Connects if it must, which takes up to timeout_ms. A wait that is under way is given up. */
MUST_USE int queue_wait_begin(struct queue *queue, const char *wake, uint32_t wait_ms, struct err *err);
int queue_wait_fd(const struct queue *queue); /* -1: no wait is under way */
MUST_USE int queue_wait_end(struct queue *queue, struct queue_wakeup *ret, struct err *err);

/* How often a connection of this queue was made anew. */
uint64_t queue_reconnects(const struct queue *queue);

#endif
