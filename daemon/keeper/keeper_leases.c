// SPDX-License-Identifier: Apache-2.0
/* Leases: renewed together while their steps keep their deadlines; and what becomes of those whose attempt is dead. */
#include <poll.h>
#include <string.h>

#include "daemon/failpoint.h"
#include "keeper.h"
#include "quern/clock.h"
#include "quern/patience.h"
#include "quern/queue_keeper.h"

uint32_t keeper_chore_ms(const struct keeper *keeper) {
    uint32_t third = keeper->settings.lease_ms / 3;
    return third < KEEPER_CHORE_MS ? third : KEEPER_CHORE_MS;
}

struct round {
    struct queue_renewal renewals[KEEPER_MAX_WORKERS];
    uint32_t workers[KEEPER_MAX_WORKERS];
    size_t count;
};

static void collect(const struct keeper *keeper, uint32_t queue, uint64_t boot_ns, struct round *round) {
    round->count = 0;
    for (uint32_t i = 0; i < KEEPER_MAX_WORKERS; i++) {
        const struct keeper_hold *hold = &keeper->holds[i];
        if (!hold->held || hold->queue != queue || hold->deadline_ns <= boot_ns)
            continue;
        round->workers[round->count] = i;
        round->renewals[round->count++] = (struct queue_renewal){.id = hold->id, .token = hold->token};
    }
}

static void say_of_job(struct keeper *keeper, uint32_t worker, enum keeper_word_kind kind) {
    const struct keeper_hold *hold = &keeper->holds[worker];
    struct keeper_word word = {.kind = kind, .worker = worker, .queue = hold->queue};
    memcpy(word.id, hold->id, sizeof word.id);
    memcpy(word.token, hold->token, sizeof word.token);
    keeper_say(keeper, &word);
}

static void answer(struct keeper *keeper, uint32_t queue, const struct round *round, uint64_t sent_ns) {
    struct keeper_word word = {.kind = KEEPER_RENEWED, .queue = queue, .sent_ns = sent_ns};
    for (size_t i = 0; i < round->count; i++) {
        if (round->renewals[i].lease == QUEUE_LEASE_CANCEL)
            say_of_job(keeper, round->workers[i], KEEPER_CANCEL);
        if (round->renewals[i].lease == QUEUE_LEASE_LOST)
            say_of_job(keeper, round->workers[i], KEEPER_FENCED);
    }
    keeper_say(keeper, &word);
}

void keeper_renew(struct keeper *keeper, uint32_t queue, uint64_t now_ns) {
    struct keeper_queue *kept = &keeper->queues[queue];
    struct round round;
    struct err err;
    if (now_ns < kept->renew_ns)
        return;
    kept->renew_ns = now_ns + (uint64_t)keeper_chore_ms(keeper) * 1000000;
    uint64_t sent_ns = clock_boot_ns();
    collect(keeper, queue, sent_ns, &round);
    if (round.count == 0)
        return;
    int result = queue_renew(kept->queue, keeper->settings.lease_ms, round.renewals, round.count, &err);
    if (keeper_counted(keeper, result, now_ns) < 0) {
        keeper->metrics.renew_failures++;
        log_line(&keeper->log, SETTINGS_LOG_WARNING, "leases not renewed", "queue", keeper->settings.queues[queue],
                 "error", err.msg, NULL);
        return;
    }
    FAILPOINT("keeper:renewed");
    answer(keeper, queue, &round, sent_ns);
}

// ---- what was lost ----

// One that finds no place is found by the queue when its lease ends.
void keeper_lose(struct keeper *keeper, const struct keeper_loss *loss) {
    if (keeper->loss_count < KEEPER_MAX_LOSSES)
        keeper->losses[keeper->loss_count++] = *loss;
    keeper->losses_ns = 0;
}

// False: it has to be told again. One that is refused for good must not hold up those behind it.
static bool tell_loss(struct keeper *keeper, const struct keeper_loss *loss) {
    struct queue *queue = keeper->queues[loss->queue].queue;
    const char *name = keeper->settings.queues[loss->queue];
    enum job_state state;
    struct err err;
    uint64_t begun = clock_now_ns();
    int result = *loss->id ? queue_lost(queue, loss->id, loss->token, &state, &err)
                           : queue_lost_claim(queue, loss->nonce, &state, &err);
    if (result == QUEUE_OK)
        log_line(&keeper->log, SETTINGS_LOG_WARNING, "attempt lost", "job", loss->id, "queue", name, "state",
                 job_state_name(state), NULL);
    if (keeper_called(keeper, result, begun) >= 0)
        return true;
    if (patience_passes(&err))
        return false;
    log_line(&keeper->log, SETTINGS_LOG_WARNING, "attempt lost, not told", "job", loss->id, "queue", name, "error",
             err.msg, NULL);
    return true;
}

void keeper_tell_losses(struct keeper *keeper, uint64_t now_ns) {
    uint32_t told = 0;
    if (now_ns < keeper->losses_ns)
        return;
    while (told < keeper->loss_count && tell_loss(keeper, &keeper->losses[told]))
        told++;
    if (told < keeper->loss_count)
        keeper->losses_ns = clock_deadline_ns(KEEPER_RETRY_MS);
    keeper->loss_count -= told;
    memmove(keeper->losses, keeper->losses + told, keeper->loss_count * sizeof *keeper->losses);
}

// ---- the supervisor is gone ----

static bool died(const struct keeper_hold *hold, uint64_t end_ns) {
    for (size_t i = 0; i < KEEPER_ORDER_FDS; i++) {
        struct pollfd process = {.fd = hold->processes[i], .events = POLLIN};
        if (process.fd >= 0 && poll(&process, 1, clock_poll_ms(end_ns)) <= 0)
            return false;
    }
    return true;
}

void keeper_lose_all(struct keeper *keeper, uint64_t end_ns) {
    for (uint32_t i = 0; i < KEEPER_MAX_WORKERS; i++) {
        struct keeper_hold *hold = &keeper->holds[i];
        struct keeper_loss loss = {.queue = hold->queue};
        memcpy(loss.id, hold->id, sizeof loss.id);
        memcpy(loss.token, hold->token, sizeof loss.token);
        memcpy(loss.nonce, hold->nonce, sizeof loss.nonce);
        if ((hold->held || *hold->nonce) && died(hold, end_ns))
            keeper_lose(keeper, &loss);
        keeper_drop_hold(hold);
    }
}
