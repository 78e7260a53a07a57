// SPDX-License-Identifier: Apache-2.0
/* Workers: starting them, who claims next, and what becomes of a job whose worker died. */
#include <stdio.h>
#include <string.h>

#include "quern/own.h"
#include "quernd.h"

bool quernd_wants(const struct quernd *quernd, uint32_t worker) {
    return quernd->phase == QUERND_RUNS && worker < quernd->config->settings.worker_count;
}

// ---- starting ----

static int start(struct quernd *quernd, uint32_t worker, struct err *err) {
    static const char *const argv[] = {"quern-worker", "--daemon", NULL};
    struct settings settings = quernd->config->settings;
    struct quernd_environ kept;
    auto_fd int fd = -1;
    snprintf(settings.worker, sizeof settings.worker, "%.100s:%u", quernd->config->settings.worker, worker);
    TRY(settings_write(&settings, &fd, err));
    quernd_environ_take(&kept);
    struct worker_start how = {.argv = argv, .environ = kept.list, .job = fd};
    return supervisor_start_worker(&quernd->supervisor, &how, worker, err);
}

void quernd_start_workers(struct quernd *quernd, uint64_t now_ns) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS && quernd_wants(quernd, i); i++) {
        struct quernd_slot *slot = &quernd->slots[i];
        struct err err;
        char number[LOG_NUMBER_BYTES];
        if (quernd->supervisor.workers[i].alive || !backoff_due(&slot->backoff, now_ns))
            continue;
        backoff_born(&slot->backoff);
        if (start(quernd, i, &err) == 0)
            continue;
        backoff_died(&slot->backoff);
        log_line(&quernd->log, SETTINGS_LOG_ERROR, "a worker cannot be started", "worker", log_number(i, number),
                 "error", err.msg, NULL);
    }
}

// ---- who claims ----

static bool may_claim(const struct quernd *quernd, uint32_t worker) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    return link->alive && !link->dead && link->turn == WORKER_WAITS && quernd_wants(quernd, worker) &&
           !quernd->slots[worker].drained;
}

static void let_claim(struct quernd *quernd, uint32_t worker, uint32_t queue) {
    quernd->slots[worker].claim = turns_claim(&quernd->turns, queue);
    supervisor_let_claim(&quernd->supervisor, worker, queue);
    quernd_tell_claim(quernd, worker);
}

void quernd_poke(struct quernd *quernd) {
    uint32_t queue = turns_next(&quernd->turns);
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS && queue != TURNS_NONE; i++)
        if (may_claim(quernd, i)) {
            let_claim(quernd, i, queue);
            return;
        }
}

void quernd_dismiss(struct quernd *quernd) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &quernd->supervisor.workers[i];
        if (link->alive && !link->dead && link->turn != WORKER_HOLDS && !quernd_wants(quernd, i))
            supervisor_dismiss(&quernd->supervisor, i);
    }
}

// A drained worker's claim tells nothing of the queue: somebody else looks. The next beat says when it may claim again.
static void learn_nothing(struct quernd *quernd, uint32_t worker, uint32_t queue, bool drained) {
    struct keeper_order order = {.kind = KEEPER_IDLE, .worker = worker, .queue = queue};
    struct quernd_slot *slot = &quernd->slots[worker];
    backoff_proved(&slot->backoff);
    quernd_tell(quernd, &order);
    if (!drained) {
        turns_nothing(&quernd->turns, queue, slot->claim);
        return;
    }
    slot->drained = true;
    quernd_poke(quernd);
}

static void on_idle(void *context, uint32_t worker, uint32_t queue, const char *wake, bool drained) {
    struct quernd *quernd = context;
    if (*wake && queue < quernd->turns.count)
        learn_nothing(quernd, worker, queue, drained);
    uint32_t next = turns_next(&quernd->turns);
    if (!quernd_wants(quernd, worker))
        supervisor_dismiss(&quernd->supervisor, worker);
    else if (next != TURNS_NONE && may_claim(quernd, worker))
        let_claim(quernd, worker, next);
}

// ---- what workers say ----

// A job that is there may not be the only one: the next worker looks, and so on.
static void on_hold(void *context, uint32_t worker, bool fresh) {
    struct quernd *quernd = context;
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    quernd_tell_hold(quernd, worker, fresh);
    if (!fresh)
        return;
    backoff_proved(&quernd->slots[worker].backoff);
    turns_wake(&quernd->turns, link->queue);
    quernd_poke(quernd);
    if (quernd->phase >= QUERND_RELEASES)
        supervisor_end_job(&quernd->supervisor, worker, SUPERVISOR_RELEASE_NOW);
}

static void log_end(struct quernd *quernd, uint32_t worker, const struct supervisor_end *end) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    char number[LOG_NUMBER_BYTES], ms[LOG_NUMBER_BYTES];
    log_line(&quernd->log, SETTINGS_LOG_INFO, "job done", "job", link->id, "queue",
             quernd->config->settings.queues[link->queue], "state", job_state_name((enum job_state)end->state),
             "reason", reason_word((enum reason)end->reason), "ms",
             log_number((clock_boot_ns() - link->held_ns) / 1000000, ms), "worker", log_number(worker, number), NULL);
    if (end->unconfirmed)
        log_line(&quernd->log, SETTINGS_LOG_WARNING, "completed, not confirmed", "job", link->id, "durability",
                 settings_durabilities[quernd->config->settings.durability], NULL);
}

static void on_done(void *context, uint32_t worker, const struct supervisor_end *end) {
    struct quernd *quernd = context;
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    struct keeper_order order = {.kind = KEEPER_DONE,
                                 .worker = worker,
                                 .queue = link->queue,
                                 .state = end->state,
                                 .reason = end->reason,
                                 .unconfirmed = end->unconfirmed,
                                 .bytes = end->peak_bytes};
    memcpy(order.id, link->id, sizeof order.id);
    memcpy(order.token, link->token, sizeof order.token);
    log_end(quernd, worker, end);
    quernd_tell(quernd, &order);
}

static void on_step_end(struct quernd *quernd, const struct worker_link *link, const struct event *event) {
    char ms[LOG_NUMBER_BYTES];
    struct err err = event->err;
    if (event->step >= STEP_COUNT)
        return;
    err_distrust(&err);
    struct keeper_order order = {
        .kind = KEEPER_STEP, .queue = link->queue, .state = event->step, .elapsed_us = event->elapsed_us};
    quernd_tell(quernd, &order);
    log_line(&quernd->log, err.reason ? SETTINGS_LOG_INFO : SETTINGS_LOG_DEBUG, "step done", "job", link->id, "step",
             step_name((enum step)event->step), "ms", log_number(event->elapsed_us / 1000, ms), "reason",
             reason_word((enum reason)err.reason), "error", err.reason ? err.msg : NULL, NULL);
}

static void on_wait(struct quernd *quernd, const struct worker_link *link, const struct event *event) {
    struct err err = event->err;
    if (event->step >= STEP_COUNT)
        return;
    err_distrust(&err);
    log_line(&quernd->log, SETTINGS_LOG_WARNING, "waiting", "job", link->id, "step", step_name((enum step)event->step),
             "error", err.msg, NULL);
}

static void on_event(void *context, uint32_t worker, const struct event *event, int fd) {
    struct quernd *quernd = context;
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    char text[512];
    (void)fd; // of events that only a terminal shows
    if (event->kind == EVENT_STEP_END)
        on_step_end(quernd, link, event);
    if (event->kind == EVENT_WAIT)
        on_wait(quernd, link, event);
    if (event->kind != EVENT_NOTE)
        return;
    snprintf(text, sizeof text, "%.*s", (int)event->bytes, event->text);
    log_line(&quernd->log, SETTINGS_LOG_DEBUG, "note", "job", link->id, "step", step_name(link->step), "text", text,
             NULL);
}

// ---- death ----

static void tell_lost(struct quernd *quernd, uint32_t worker) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    struct keeper_order order = {.kind = KEEPER_LOST, .worker = worker, .queue = link->queue};
    if (link->turn == WORKER_HOLDS) {
        memcpy(order.id, link->id, sizeof order.id);
        memcpy(order.token, link->token, sizeof order.token);
    } else if (link->turn == WORKER_CLAIMS) {
        memcpy(order.nonce, link->nonce, sizeof order.nonce);
    } else {
        return;
    }
    quernd_tell(quernd, &order);
}

static void log_death(struct quernd *quernd, uint32_t worker) {
    const struct worker_link *link = &quernd->supervisor.workers[worker];
    bool meant = link->wait_status_code == 0 && link->turn == WORKER_BUSY;
    char number[LOG_NUMBER_BYTES], how[64];
    if (link->wait_signal)
        snprintf(how, sizeof how, "SIG%s", sigabbrev_np(link->wait_signal));
    else
        snprintf(how, sizeof how, "exit %d", link->wait_status_code);
    log_line(&quernd->log, meant ? SETTINGS_LOG_INFO : SETTINGS_LOG_ERROR, "worker ended", "worker",
             log_number(worker, number), "how", how, "job", link->turn == WORKER_HOLDS ? link->id : NULL, "step",
             link->turn == WORKER_BUSY ? NULL : step_name(link->step), "why",
             link->overstayed ? "the step took longer than its deadline" : NULL, NULL);
}

// The tree is dead: whoever runs the job again meets nobody of this attempt.
static void on_death(void *context, uint32_t worker) {
    struct quernd *quernd = context;
    log_death(quernd, worker);
    tell_lost(quernd, worker);
    backoff_died(&quernd->slots[worker].backoff);
    if (quernd->supervisor.workers[worker].turn == WORKER_CLAIMS)
        quernd_poke(quernd); // what it was to look at is still there
    quernd->supervisor.workers[worker].turn = WORKER_BUSY;
}

const struct supervisor_hooks quernd_hooks = {
    .on_event = on_event,
    .on_idle = on_idle,
    .on_hold = on_hold,
    .on_done = on_done,
    .on_death = on_death,
    .on_zygote = quernd_zygote_turned,
    .on_renewal = quernd_renewed,
};
