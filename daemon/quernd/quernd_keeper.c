// SPDX-License-Identifier: Apache-2.0
/* What quernd and its keeper say to each other. */
#include <string.h>
#include <unistd.h>

#include "quern/own.h"
#include "quernd.h"

// ---- telling ----

// A keeper that does not listen is started anew, and told all that counts, when this turn is over.
void quernd_tell(struct quernd *quernd, const struct keeper_order *order) {
    keeper_link_send(&quernd->keeper, order, NULL, 0);
}

// With those whose deaths end the attempt.
static void tell_of_attempt(struct quernd *quernd, const struct worker_link *link, const struct keeper_order *order) {
    const int processes[KEEPER_ORDER_FDS] = {link->pidfd, link->tree};
    keeper_link_send(&quernd->keeper, order, processes, link->tree >= 0 ? 2 : 1);
}

// From the clock that our deadlines are of to the one that goes on while the machine sleeps.
static uint64_t boot_deadline(uint64_t deadline_ns) {
    uint64_t now = clock_now_ns();
    if (deadline_ns == CLOCK_NEVER)
        return CLOCK_NEVER;
    return clock_boot_ns() + (deadline_ns > now ? deadline_ns - now : 0);
}

void quernd_tell_hold(struct quernd *quernd, uint32_t worker, bool fresh) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    struct keeper_order order = {.kind = KEEPER_HOLD,
                                 .worker = worker,
                                 .queue = link->queue,
                                 .fresh = fresh,
                                 .elapsed_us = link->waited_ms * 1000,
                                 .deadline_ns = boot_deadline(link->step_deadline_ns)};
    memcpy(order.id, link->id, sizeof order.id);
    memcpy(order.token, link->token, sizeof order.token);
    tell_of_attempt(quernd, link, &order);
}

void quernd_tell_claim(struct quernd *quernd, uint32_t worker) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    struct keeper_order order = {.kind = KEEPER_CLAIM, .worker = worker, .queue = link->queue};
    memcpy(order.nonce, link->nonce, sizeof order.nonce);
    tell_of_attempt(quernd, link, &order);
}

void quernd_tell_environment(struct quernd *quernd, uint32_t environment) {
    const struct err *fault = &quernd->zygote_faults[environment];
    struct keeper_order order = {.kind = KEEPER_ENVIRONMENT, .queue = environment, .good = fault->reason == 0};
    const struct jail_facts *facts = &quernd->supervisor.zygotes[environment].ready.facts;
    if (fault->reason)
        memcpy(order.text, fault->msg, sizeof order.text);
    order.level = facts->level;
    order.bound = facts->bound;
    quernd_tell(quernd, &order);
}

void quernd_tell_slots(struct quernd *quernd) {
    struct keeper_order order = {.kind = KEEPER_SLOTS,
                                 .draining = quernd->phase != QUERND_RUNS,
                                 .workers = quernd->config->settings.worker_count};
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &quernd->supervisor.workers[i];
        order.busy += link->alive && link->turn == WORKER_HOLDS;
        order.idle += link->alive && (link->turn == WORKER_WAITS || link->turn == WORKER_CLAIMS);
    }
    quernd->busy = order.busy;
    quernd->idle = order.idle;
    quernd_tell(quernd, &order);
}

static void tell_memory(struct quernd *quernd) {
    const struct segments *segments = &quernd->supervisor.segments;
    struct keeper_order order = {
        .kind = KEEPER_MEMORY, .bytes = segments->used_bytes, .hits = segments->hits, .decodes = segments->decodes};
    quernd_tell(quernd, &order);
}

// ---- hearing ----

static void heard_ready(struct quernd *quernd, const struct keeper_word *word) {
    const char *name = quernd->config->settings.queues[word->queue];
    struct keeper_word *last = &quernd->readiness[word->queue];
    if (last->kind != word->kind || last->good != word->good || strcmp(last->text, word->text) != 0)
        log_line(&quernd->log, word->good && !*word->text ? SETTINGS_LOG_INFO : SETTINGS_LOG_WARNING,
                 word->good ? "queue ready" : "queue not ready", "queue", name, word->good ? "note" : "why",
                 *word->text ? word->text : NULL, NULL);
    *last = *word;
    turns_ready(&quernd->turns, word->queue, word->good);
    quernd_poke(quernd);
}

static bool is_held(const struct quernd *quernd, const struct keeper_word *word) {
    if (word->worker >= SUPERVISOR_MAX_WORKERS)
        return false;
    const struct worker_link *link = &quernd->supervisor.workers[word->worker];
    return link->alive && link->turn == WORKER_HOLDS && strcmp(link->id, word->id) == 0 &&
           strcmp(link->token, word->token) == 0;
}

// Who completes is told by Redis itself whether the job is still his. A renewal that came a moment later finds no lease, and
// that is as it should be.
static bool learns_itself(const struct worker_link *link) { return link->step == STEP_COMPLETE; }

static void heard_of_job(struct quernd *quernd, const struct keeper_word *word) {
    bool fenced = word->kind == KEEPER_FENCED;
    if (!is_held(quernd, word) || quernd->supervisor.workers[word->worker].told)
        return;
    if (fenced && learns_itself(&quernd->supervisor.workers[word->worker]))
        return;
    log_line(&quernd->log, fenced ? SETTINGS_LOG_WARNING : SETTINGS_LOG_INFO, fenced ? "lease lost" : "cancelling",
             "job", word->id, NULL);
    supervisor_end_job(&quernd->supervisor, word->worker, fenced ? SUPERVISOR_FENCED : SUPERVISOR_CANCEL);
}

static void heard_drain(struct quernd *quernd, const struct keeper_word *word) {
    if (word->worker >= SUPERVISOR_MAX_WORKERS)
        return;
    quernd->slots[word->worker].drained = word->good;
    quernd_poke(quernd);
}

static void hear(struct quernd *quernd, const struct keeper_word *word) {
    if (word->queue >= quernd->turns.count)
        return;
    switch ((enum keeper_word_kind)word->kind) {
    case KEEPER_WAKE:
        turns_wake(&quernd->turns, word->queue);
        quernd_poke(quernd);
        break;
    case KEEPER_CANCEL:
    case KEEPER_FENCED:
        heard_of_job(quernd, word);
        break;
    case KEEPER_READY:
        heard_ready(quernd, word);
        break;
    case KEEPER_DRAIN:
        heard_drain(quernd, word);
        break;
    case KEEPER_RENEWED:
        quernd->renewed_ns[word->queue] = word->sent_ns;
        break;
    case KEEPER_PULSE:
        break;
    }
}

static void lose_keeper(struct quernd *quernd, const char *why) {
    log_line(&quernd->log, SETTINGS_LOG_ERROR, "the keeper is started anew", "why", why, NULL);
    supervisor_unwatch(&quernd->supervisor, quernd->keeper.socket);
    keeper_link_stop(&quernd->keeper, 0);
    backoff_died(&quernd->keeper_backoff);
}

static void on_keeper(void *context) {
    struct quernd *quernd = context;
    struct keeper_word word;
    bool dead = false;
    while (keeper_link_receive(&quernd->keeper, &word, &dead))
        hear(quernd, &word);
    if (dead)
        lose_keeper(quernd, "it died");
}

// ---- starting it, and telling it all that counts ----

static void tell_state(struct quernd *quernd, uint32_t worker) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    if (link->alive && link->turn == WORKER_HOLDS)
        quernd_tell_hold(quernd, worker, false);
    if (link->alive && link->turn == WORKER_CLAIMS)
        quernd_tell_claim(quernd, worker);
}

static void tell_stale(struct quernd *quernd) {
    uint64_t stale = keeper_link_take_stale(&quernd->keeper);
    for (uint32_t i = 0; stale; i++, stale >>= 1)
        if (stale & 1)
            tell_state(quernd, i);
}

static void tell_all(struct quernd *quernd) {
    for (uint32_t i = 0; i < quernd->supervisor.zygote_count; i++)
        if (quernd->zygote_turned[i])
            quernd_tell_environment(quernd, i);
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        tell_state(quernd, i);
    quernd_tell_slots(quernd);
}

static int start(struct quernd *quernd, struct err *err) {
    struct quernd_environ kept;
    auto_fd int fd = -1;
    TRY(settings_write(&quernd->config->settings, &fd, err));
    quernd_environ_take(&kept);
    return keeper_link_start(&quernd->keeper, fd, kept.list, err);
}

static void start_keeper(struct quernd *quernd) {
    struct err err;
    backoff_born(&quernd->keeper_backoff);
    if (start(quernd, &err) < 0) {
        log_line(&quernd->log, SETTINGS_LOG_ERROR, "the keeper cannot be started", "error", err.msg, NULL);
        backoff_died(&quernd->keeper_backoff);
        return;
    }
    supervisor_watch(&quernd->supervisor, quernd->keeper.socket, on_keeper);
    tell_all(quernd);
}

static bool is_silent(const struct quernd *quernd, uint64_t now_ns) {
    uint64_t half_ms = quernd->config->settings.lease_ms / 2;
    uint64_t most_ms = half_ms > KEEPER_SILENCE_MS ? half_ms : KEEPER_SILENCE_MS;
    uint64_t heard_ns = quernd->keeper.heard_ns;
    return now_ns > heard_ns && now_ns - heard_ns > most_ms * 1000000;
}

static bool is_stopped(struct quernd *quernd, uint64_t now_ns) {
    struct keeper_link *link = &quernd->keeper;
    if (now_ns < link->look_ns)
        return false;
    link->look_ns = now_ns + (uint64_t)KEEPER_LATE_MS * 1000000;
    return keeper_link_is_stopped(link);
}

// A job whose network is open can do harm elsewhere when another host runs it, too: it ends before its lease can.
static void fence_by_clock(struct quernd *quernd) {
    uint64_t lease_ns = (uint64_t)quernd->config->settings.lease_ms * 1000000, now = clock_boot_ns();
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &quernd->supervisor.workers[i];
        if (!link->alive || link->turn != WORKER_HOLDS || !link->open_network || link->told)
            continue;
        uint64_t renewed = quernd->renewed_ns[link->queue];
        if (now - (renewed > link->held_ns ? renewed : link->held_ns) < lease_ns - lease_ns / 6)
            continue;
        log_line(&quernd->log, SETTINGS_LOG_WARNING, "not renewed in time, with an open network", "job", link->id,
                 NULL);
        supervisor_end_job(&quernd->supervisor, i, SUPERVISOR_FENCED);
    }
}

// When it was us who slept, what it said meanwhile is heard first.
static void check_silence(struct quernd *quernd, uint64_t now_ns) {
    if (quernd->keeper.socket >= 0 && is_silent(quernd, now_ns))
        on_keeper(quernd);
    if (quernd->keeper.socket >= 0 && is_stopped(quernd, now_ns))
        lose_keeper(quernd, "it was stopped");
    if (quernd->keeper.socket >= 0 && quernd->keeper.deaf)
        lose_keeper(quernd, "it did not listen");
    if (quernd->keeper.socket >= 0 && is_silent(quernd, now_ns))
        lose_keeper(quernd, "it was silent");
}

void quernd_keep(struct quernd *quernd, uint64_t now_ns) {
    check_silence(quernd, now_ns);
    if (quernd->keeper.socket < 0 && backoff_due(&quernd->keeper_backoff, now_ns))
        start_keeper(quernd);
    tell_stale(quernd);
    if (now_ns < quernd->beat_ns)
        return;
    quernd->beat_ns = now_ns + (uint64_t)QUERND_BEAT_MS * 1000000;
    quernd_tell_slots(quernd);
    tell_memory(quernd);
    fence_by_clock(quernd);
}
