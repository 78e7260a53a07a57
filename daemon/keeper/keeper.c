// SPDX-License-Identifier: Apache-2.0
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/failpoint.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_keeper.h"
#include "quern/record.h"
#include "quern/storage.h"

// ---- opening ----

uint32_t keeper_call_ms(const struct keeper *keeper) {
    uint32_t part = keeper->settings.lease_ms / 4;
    return part < KEEPER_CALL_MS ? part : KEEPER_CALL_MS;
}

static int open_queue(struct keeper *keeper, uint32_t index, struct err *err) {
    struct keeper_queue *queue = &keeper->queues[index];
    const char *keys = keeper->settings.queue_key_file;
    struct queue_options options = {.url = keeper->settings.queue_url,
                                    .password_file = keeper->settings.queue_password_file,
                                    .key_file = *keys ? keys : NULL,
                                    .name = keeper->settings.queues[index],
                                    .timeout_ms = keeper_call_ms(keeper)};
    queue->wait_ends_ns = CLOCK_NEVER;
    queue->sweep_ns = clock_deadline_ns(KEEPER_SWEEP_MS / 10 * (index + 1));
    return queue_open(&options, &queue->queue, err);
}

static int open_queues(struct keeper *keeper, struct err *err) {
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        TRY(open_queue(keeper, i, err));
    return 0;
}

static void name_environments(struct keeper *keeper) {
    const char *at = keeper->settings.environments;
    while (*at && keeper->environment_count < KEEPER_MAX_ENVIRONMENTS) {
        size_t bytes = strcspn(at, ",");
        struct keeper_environment *environment = &keeper->environments[keeper->environment_count++];
        snprintf(environment->name, sizeof environment->name, "%.*s", (int)bytes, at);
        snprintf(environment->why, sizeof environment->why, "environment %.*s: coming up", (int)bytes, at);
        at += bytes + (at[bytes] == ',');
    }
}

int keeper_open(struct keeper *keeper, int supervisor, int settings, struct err *err) {
    memset(keeper, 0, sizeof *keeper);
    for (uint32_t i = 0; i < KEEPER_MAX_WORKERS; i++)
        keeper->holds[i] = (struct keeper_hold){.processes = {-1, -1}};
    keeper->supervisor = supervisor;
    log_open(&keeper->log, "quern-keeper", SETTINGS_LOG_TEXT, SETTINGS_LOG_INFO);
    TRY(settings_read(settings, &keeper->settings, err));
    log_open(&keeper->log, "quern-keeper", keeper->settings.log_format, keeper->settings.log_level);
    name_environments(keeper);
    TRY(open_queues(keeper, err));
    return keeper_http_open(keeper, err);
}

void keeper_close(struct keeper *keeper) {
    for (uint32_t i = 0; i < SETTINGS_MAX_QUEUES; i++)
        queue_close(keeper->queues[i].queue);
    keeper_http_close(keeper);
    storage_close(keeper->store);
}

// ---- the supervisor ----

// What it does not take now is said again, or does not matter any more.
void keeper_say(struct keeper *keeper, const struct keeper_word *word) {
    struct err ignored;
    (void)!record_send(keeper->supervisor, word, sizeof *word, NULL, 0, &ignored);
}

void keeper_pulse(struct keeper *keeper) {
    uint64_t now = clock_now_ns();
    struct keeper_word word = {.kind = KEEPER_PULSE};
    if (now < keeper->pulse_ns)
        return;
    keeper->pulse_ns = now + (uint64_t)KEEPER_PULSE_MS * 1000000;
    keeper_say(keeper, &word);
}

// ---- Redis ----

bool keeper_may_call(const struct keeper *keeper, uint64_t now_ns) { return now_ns >= keeper->redis_ns; }

int keeper_counted(struct keeper *keeper, int result, uint64_t begun_ns) {
    struct metrics *metrics = &keeper->metrics;
    metrics->redis_calls++;
    metrics->redis_us += (clock_now_ns() - begun_ns) / 1000;
    metrics->redis_failures += result < 0;
    metrics->redis_answers = result >= 0;
    keeper_pulse(keeper);
    return result;
}

int keeper_called(struct keeper *keeper, int result, uint64_t begun_ns) {
    keeper->redis_ns = result < 0 ? clock_deadline_ns(KEEPER_RETRY_MS) : 0;
    return keeper_counted(keeper, result, begun_ns);
}

// ---- the loop ----

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t next_chore(const struct keeper_queue *queue) {
    if (!queue->server_good)
        return queue->check_ns;
    uint64_t next = earlier(earlier(queue->check_ns, queue->beat_ns), earlier(queue->tick_ns, queue->sweep_ns));
    // The descriptor tells of a wait that is under way.
    return queue->wait_ends_ns == CLOCK_NEVER ? earlier(next, queue->wait_ns) : next;
}

static uint64_t next_deadline(const struct keeper *keeper) {
    uint64_t next = keeper->pulse_ns;
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++) {
        const struct keeper_queue *queue = &keeper->queues[i];
        next = earlier(next, earlier(queue->renew_ns, queue->wait_ends_ns));
        next = earlier(next, later(next_chore(queue), keeper->redis_ns));
    }
    if (keeper->loss_count)
        next = earlier(next, keeper->losses_ns);
    return next;
}

void keeper_renew_due(struct keeper *keeper) {
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        keeper_renew(keeper, i, clock_now_ns());
}

// The leases first: nothing else may make one run out, however slow Redis is.
static void work(struct keeper *keeper) {
    static void (*const chores[])(struct keeper *, uint32_t, uint64_t) = {keeper_check, keeper_tick, keeper_wait,
                                                                          keeper_beat, keeper_sweep};
    keeper_renew_due(keeper);
    keeper_tell_losses(keeper, clock_now_ns());
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        for (size_t chore = 0; chore < sizeof chores / sizeof *chores; chore++) {
            chores[chore](keeper, i, clock_now_ns());
            keeper_renew_due(keeper);
        }
}

static int turn(struct keeper *keeper, struct err *err) {
    struct pollfd polls[SETTINGS_MAX_QUEUES + 2];
    uint32_t queues = keeper->settings.queue_count;
    for (uint32_t i = 0; i < queues; i++)
        polls[i] = (struct pollfd){.fd = queue_wait_fd(keeper->queues[i].queue), .events = POLLIN};
    polls[queues] = (struct pollfd){.fd = keeper->supervisor, .events = POLLIN};
    polls[queues + 1] = (struct pollfd){.fd = keeper_http_fd(keeper), .events = POLLIN};
    int ready = poll(polls, queues + 2, clock_poll_ms(next_deadline(keeper)));
    if (ready < 0 && errno != EINTR)
        return err_sys(err, REASON_BUG, "the keeper's poll");
    FAILPOINT("keeper:turn");
    if (ready > 0 && polls[queues].revents)
        keeper_take_orders(keeper);
    for (uint32_t i = 0; i < queues; i++)
        if ((ready > 0 && polls[i].revents) || clock_now_ns() >= keeper->queues[i].wait_ends_ns)
            keeper_woken(keeper, i);
    if (ready > 0 && polls[queues + 1].revents)
        keeper_http_turn(keeper);
    keeper_pulse(keeper);
    work(keeper);
    return 0;
}

static void tell_last_losses(struct keeper *keeper, uint64_t end) {
    while (keeper->loss_count && clock_now_ns() < end) {
        if (keeper->losses_ns > clock_now_ns())
            poll(NULL, 0, clock_poll_ms(keeper->losses_ns));
        keeper_tell_losses(keeper, clock_now_ns());
    }
}

int keeper_run(struct keeper *keeper, struct err *err) {
    while (!keeper->supervisor_gone)
        TRY(turn(keeper, err));
    uint64_t end = clock_deadline_ns(KEEPER_LAST_MS);
    keeper_http_close(keeper); // the next keeper wants its place
    keeper_lose_all(keeper, end);
    tell_last_losses(keeper, end);
    return 0;
}
