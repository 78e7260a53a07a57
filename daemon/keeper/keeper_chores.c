// SPDX-License-Identifier: Apache-2.0
/* What any keeper does for the whole queue: time passes, what is broken is mended; and for its host: the workers are there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"
#include "quern/clock.h"
#include "quern/queue_keeper.h"
#include "quern/utf8.h"

enum { BUDGET = 100 };

// A server that looks good may lack something all the same: a right, a command.
static void remember(struct keeper_queue *kept, struct err *fault, const struct err *err) {
    if (err->reason != REASON_UNREACHABLE)
        *fault = *err;
    kept->check_ns = 0;
}

void keeper_tick(struct keeper *keeper, uint32_t queue, uint64_t now_ns) {
    struct keeper_queue *kept = &keeper->queues[queue];
    struct queue_ticked ticked;
    struct err err = {0};
    if (!kept->server_good || now_ns < kept->tick_ns || !keeper_may_call(keeper, now_ns))
        return;
    kept->tick_ns = now_ns + clock_jitter_ns(keeper_chore_ms(keeper));
    int result = queue_tick(kept->queue, BUDGET, keeper->settings.lease_ms, &ticked, &err);
    if (keeper_called(keeper, result, now_ns) < 0) {
        log_line(&keeper->log, SETTINGS_LOG_WARNING, "tick failed", "queue", keeper->settings.queues[queue], "error",
                 err.msg, NULL);
        remember(kept, &kept->tick_fault, &err);
        return;
    }
    kept->tick_fault.reason = 0;
    if (ticked.due >= BUDGET || ticked.expired >= BUDGET || ticked.told >= BUDGET || ticked.purged >= BUDGET)
        kept->tick_ns = now_ns;
}

void keeper_sweep(struct keeper *keeper, uint32_t queue, uint64_t now_ns) {
    struct keeper_queue *kept = &keeper->queues[queue];
    uint64_t repaired = 0;
    char number[LOG_NUMBER_BYTES];
    struct err err;
    if (!kept->server_good || now_ns < kept->sweep_ns || !keeper_may_call(keeper, now_ns))
        return;
    int result = queue_sweep(kept->queue, &kept->sweep_cursor, &repaired, &err);
    (void)keeper_called(keeper, result, now_ns);
    kept->sweep_ns =
        now_ns + (kept->sweep_cursor ? (uint64_t)KEEPER_SWEEP_PIECE_MS * 1000000 : clock_jitter_ns(KEEPER_SWEEP_MS));
    if (result >= 0 && repaired)
        log_line(&keeper->log, SETTINGS_LOG_WARNING, "jobs put right", "queue", keeper->settings.queues[queue], "count",
                 log_number(repaired, number), NULL);
}

// ---- the workers ----

static bool is_starting(const struct keeper *keeper) {
    for (uint32_t i = 0; i < keeper->environment_count; i++)
        if (!keeper->environments[i].told)
            return true;
    return false;
}

// Of foreign words, those that a terminal could not take are in the log alone.
static const char *why_of(const struct keeper_queue *kept) {
    return utf8_printable(kept->why, strlen(kept->why)) ? kept->why : "not ready: its log tells";
}

// schemas/queue.md: `why` stands last and goes to the end.
static void describe(const struct keeper *keeper, uint32_t queue, uint32_t worker, char info[QUEUE_INFO_BYTES]) {
    const struct keeper_hold *hold = &keeper->holds[worker];
    const struct keeper_queue *kept = &keeper->queues[queue];
    const char *state = hold->held            ? "busy"
                        : keeper->draining    ? "draining"
                        : kept->ready         ? "idle"
                        : is_starting(keeper) ? "starting"
                                              : "unready";
    snprintf(info, QUEUE_INFO_BYTES, "version=%s state=%s%s%s%s%s", QUERN_VERSION, state, hold->held ? " job=" : "",
             hold->held ? hold->id : "", kept->ready ? "" : " why=", kept->ready ? "" : why_of(kept));
}

static int beat_worker(struct keeper *keeper, uint32_t queue, uint32_t worker, struct err *err) {
    char name[QUEUE_WORKER_BYTES], info[QUEUE_INFO_BYTES];
    uint64_t begun = clock_now_ns();
    snprintf(name, sizeof name, "%.110s:%u", keeper->settings.worker, worker);
    describe(keeper, queue, worker, info);
    return keeper_called(keeper, queue_beat(keeper->queues[queue].queue, name, info, KEEPER_BEAT_TTL_MS, err), begun);
}

// Whichever of its queues wants it to drain.
static void say_drains(struct keeper *keeper) {
    uint64_t drains = 0;
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        drains |= keeper->queues[i].drains;
    for (uint32_t i = 0; i < keeper->settings.worker_count; i++) {
        struct keeper_word word = {.kind = KEEPER_DRAIN, .worker = i, .good = drains >> i & 1};
        keeper_say(keeper, &word);
    }
}

void keeper_beat(struct keeper *keeper, uint32_t queue, uint64_t now_ns) {
    struct keeper_queue *kept = &keeper->queues[queue];
    struct err err = {0};
    uint64_t drains = 0;
    if (!kept->server_good || now_ns < kept->beat_ns || !keeper_may_call(keeper, now_ns))
        return;
    kept->beat_ns = now_ns + (uint64_t)KEEPER_BEAT_MS * 1000000;
    for (uint32_t i = 0; i < keeper->settings.worker_count; i++) {
        int result = beat_worker(keeper, queue, i, &err);
        keeper_renew_due(keeper);
        if (result < 0) {
            remember(kept, &kept->beat_fault, &err);
            return;
        }
        drains |= (uint64_t)(result == QUEUE_DRAIN) << i;
    }
    kept->beat_fault.reason = 0;
    kept->drains = drains;
    say_drains(keeper);
}
