/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quern-keeper: what a host has to say to Redis apart from its jobs. It renews the leases, ticks and sweeps, says that the
 * workers are there, waits for wake-ups, tells what was lost, looks whether each queue can be served, and answers HTTP.
 * One thread, one poll loop; only calls to Redis block, each for KEEPER_CALL_MS at most, and between two of them the
 * supervisor hears that the keeper lives.
 *
 * Calling sequence: keeper_open() → keeper_run() until the supervisor closes the conversation → keeper_close(). Private to
 * quern-keeper: files keeper_*.c. Times are of CLOCK_MONOTONIC unless said otherwise.
 */
#ifndef DAEMON_KEEPER_H
#define DAEMON_KEEPER_H

#include <stdbool.h>

#include "daemon/log.h"
#include "daemon/supervisor/segments.h"
#include "keeper_metrics.h"
#include "quern/keeper.h"
#include "quern/settings.h"

#define KEEPER_CALL_MS 2000u
#define KEEPER_WAIT_MS 5000u
#define KEEPER_CHORE_MS 1000u /* between two renewals, or ticks, at most; a third of the lease where that is shorter */
#define KEEPER_SWEEP_MS 300000u
#define KEEPER_SWEEP_PIECE_MS 1000u
#define KEEPER_BEAT_MS 5000u
#define KEEPER_BEAT_TTL_MS 20000u
#define KEEPER_CHECK_MS 2000u
#define KEEPER_RETRY_MS 500u /* after a call that was not answered */
#define KEEPER_PULSE_MS 250u
#define KEEPER_LAST_MS 3000u /* to tell what was lost, when the supervisor has ended */
#define KEEPER_MAX_WORKERS SEGMENTS_HOLDERS
#define KEEPER_MAX_ENVIRONMENTS METRICS_MAX_JAILS
#define KEEPER_MAX_LOSSES 256u

/* What a worker has: a job, or a claim that may have taken one. */
struct keeper_hold {
    bool held;
    uint32_t queue;
    uint64_t deadline_ns; /* of CLOCK_BOOTTIME */
    char id[JOB_ID_BYTES];
    char token[QUEUE_TOKEN_BYTES];
    char nonce[QUEUE_NONCE_BYTES];   /* of a claim; empty: none is under way */
    int processes[KEEPER_ORDER_FDS]; /* owned: pidfds of all that works on it; -1: none */
};

/* A job whose attempt is dead and Redis does not know it yet. */
struct keeper_loss {
    uint32_t queue;
    char id[JOB_ID_BYTES]; /* empty: the claim with this nonce may have taken one */
    char token[QUEUE_TOKEN_BYTES];
    char nonce[QUEUE_NONCE_BYTES];
};

struct keeper_queue {
    struct queue *queue;               /* owned */
    bool server_good;                  /* it can hold a queue: ticks and waits make sense */
    struct err tick_fault, beat_fault; /* what the last one was refused for; reason 0: it was not */
    bool ready;
    char why[KEEPER_TEXT_BYTES]; /* not ready; or ready, and what is to be said all the same */
    char wake[QUEUE_WAKE_BYTES];
    uint64_t wait_ends_ns; /* CLOCK_NEVER: no wait is under way */
    uint64_t wait_ns, renew_ns, tick_ns, sweep_ns, beat_ns, check_ns;
    uint64_t sweep_cursor;
    uint64_t drains; /* bit per worker, by the last beat */
};

struct keeper_environment {
    char name[ENVIRONMENT_NAME_BYTES];
    bool told; /* until then it is coming up */
    bool good;
    char why[KEEPER_TEXT_BYTES];
};

struct keeper {
    struct settings settings;
    struct log log;
    int supervisor; /* borrowed */
    bool supervisor_gone;
    struct keeper_queue queues[SETTINGS_MAX_QUEUES];
    struct keeper_hold holds[KEEPER_MAX_WORKERS];
    struct keeper_loss losses[KEEPER_MAX_LOSSES];
    uint32_t loss_count;
    uint64_t losses_ns;
    struct keeper_environment environments[KEEPER_MAX_ENVIRONMENTS];
    uint32_t environment_count;
    uint32_t busy, idle, draining;
    uint64_t ordered_ns; /* when the supervisor was heard last */
    uint64_t pulse_ns;
    uint64_t redis_ns;     /* Redis did not answer: nothing but renewals before this */
    struct storage *store; /* owned; opened when it is looked at */
    struct metrics metrics;
    struct keeper_http *http; /* owned; NULL: none */
};

MUST_USE int keeper_open(struct keeper *keeper, int supervisor, int settings, struct err *err);
MUST_USE int keeper_run(struct keeper *keeper, struct err *err);
void keeper_close(struct keeper *keeper);

void keeper_say(struct keeper *keeper, const struct keeper_word *word);
/* Says PULSE, if it is time: after each call that may have taken long. */
void keeper_pulse(struct keeper *keeper);
/* What a call to Redis came to, for the metrics. */
int keeper_counted(struct keeper *keeper, int result, uint64_t begun_ns);
/* The same; an error is remembered, so that others do not wait for it, too. Not of renewals: they come so often that
 * nothing else would ever be tried. */
int keeper_called(struct keeper *keeper, int result, uint64_t begun_ns);
bool keeper_may_call(const struct keeper *keeper, uint64_t now_ns);
/* What one call may take: a part of the lease. */
uint32_t keeper_call_ms(const struct keeper *keeper);
/* Between any two calls that may take long. */
void keeper_renew_due(struct keeper *keeper);

/* ---- keeper_orders.c ---- */
void keeper_take_orders(struct keeper *keeper);
void keeper_drop_hold(struct keeper_hold *hold);

/* ---- keeper_leases.c ---- */
uint32_t keeper_chore_ms(const struct keeper *keeper); /* from one renewal, or one tick, to the next */
void keeper_renew(struct keeper *keeper, uint32_t queue, uint64_t now_ns);
void keeper_lose(struct keeper *keeper, const struct keeper_loss *loss);
void keeper_tell_losses(struct keeper *keeper, uint64_t now_ns);
/* The supervisor is gone: what was held is lost as soon as its processes are dead. Of who lives on, the lease ends. */
void keeper_lose_all(struct keeper *keeper, uint64_t end_ns);

/* ---- keeper_chores.c ---- */
void keeper_tick(struct keeper *keeper, uint32_t queue, uint64_t now_ns);
void keeper_sweep(struct keeper *keeper, uint32_t queue, uint64_t now_ns);
void keeper_beat(struct keeper *keeper, uint32_t queue, uint64_t now_ns);

/* ---- keeper_ready.c ---- */
static inline bool keeper_server_serves(const struct keeper_queue *kept) {
    return kept->server_good && !kept->tick_fault.reason && !kept->beat_fault.reason;
}

void keeper_check(struct keeper *keeper, uint32_t queue, uint64_t now_ns);

/* ---- keeper_wakes.c ---- */
void keeper_wait(struct keeper *keeper, uint32_t queue, uint64_t now_ns); /* begins a wait, if none is under way */
void keeper_woken(struct keeper *keeper, uint32_t queue);

/* ---- keeper_http.c ---- */
MUST_USE int keeper_http_open(struct keeper *keeper, struct err *err);
void keeper_http_close(struct keeper *keeper);
int keeper_http_fd(const struct keeper *keeper); /* -1: none */
void keeper_http_turn(struct keeper *keeper);

#endif
