// SPDX-License-Identifier: Apache-2.0
/* What the supervisor tells. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "keeper.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/record.h"

static double unix_s(void) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (double)now.tv_sec + (double)now.tv_usec / 1e6;
}

void keeper_drop_hold(struct keeper_hold *hold) {
    for (size_t i = 0; i < KEEPER_ORDER_FDS; i++)
        own_close(&hold->processes[i]);
    *hold = (struct keeper_hold){.processes = {-1, -1}};
}

static void take_processes(struct keeper_hold *hold, int fds[KEEPER_ORDER_FDS]) {
    keeper_drop_hold(hold);
    for (size_t i = 0; i < KEEPER_ORDER_FDS; i++)
        hold->processes[i] = steal_fd(&fds[i]);
}

static void take_hold(struct keeper *keeper, const struct keeper_order *order, int fds[KEEPER_ORDER_FDS]) {
    struct keeper_hold *hold = &keeper->holds[order->worker];
    if (!hold->held || strcmp(hold->token, order->token) != 0)
        keeper->metrics.claimed_unix_s = unix_s();
    if (order->fresh)
        metrics_observe(&keeper->metrics.queues[order->queue].waits, &metrics_us, order->elapsed_us);
    take_processes(hold, fds);
    hold->held = true;
    hold->queue = order->queue;
    hold->deadline_ns = order->deadline_ns;
    memcpy(hold->id, order->id, sizeof hold->id);
    memcpy(hold->token, order->token, sizeof hold->token);
}

static void take_claim(struct keeper *keeper, const struct keeper_order *order, int fds[KEEPER_ORDER_FDS]) {
    struct keeper_hold *hold = &keeper->holds[order->worker];
    take_processes(hold, fds);
    hold->queue = order->queue;
    memcpy(hold->nonce, order->nonce, sizeof hold->nonce);
}

static void take_done(struct keeper *keeper, const struct keeper_order *order) {
    keeper_drop_hold(&keeper->holds[order->worker]);
    keeper->metrics.queues[order->queue].unconfirmed += order->unconfirmed != 0;
    if (order->state < JOB_STATE_COUNT && order->reason < REASON_COUNT)
        metrics_ended(&keeper->metrics, order->queue, (enum job_state)order->state, (enum reason)order->reason,
                      order->bytes);
}

static void take_lost(struct keeper *keeper, const struct keeper_order *order) {
    struct keeper_loss loss = {.queue = order->queue};
    memcpy(loss.id, order->id, sizeof loss.id);
    memcpy(loss.token, order->token, sizeof loss.token);
    memcpy(loss.nonce, order->nonce, sizeof loss.nonce);
    keeper_drop_hold(&keeper->holds[order->worker]);
    keeper->metrics.kills[REASON_LOST] += order->id[0] != '\0';
    keeper_lose(keeper, &loss);
}

static void take_environment(struct keeper *keeper, const struct keeper_order *order) {
    if (order->queue >= keeper->environment_count)
        return;
    struct keeper_environment *environment = &keeper->environments[order->queue];
    environment->told = true;
    environment->good = order->good != 0;
    memcpy(environment->why, order->text, sizeof environment->why);
    if (order->good) {
        struct metrics_jail *jail = &keeper->metrics.jails[order->queue];
        memcpy(jail->environment, environment->name, sizeof jail->environment);
        jail->level = order->level;
        jail->bound = order->bound;
    }
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        keeper->queues[i].check_ns = 0;
}

static void take_slots(struct keeper *keeper, const struct keeper_order *order) {
    if (keeper->draining != order->draining)
        for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
            keeper->queues[i].beat_ns = 0;
    keeper->busy = keeper->metrics.busy = order->busy;
    keeper->idle = keeper->metrics.idle = order->idle;
    keeper->draining = keeper->metrics.draining = order->draining;
    if (order->workers <= KEEPER_MAX_WORKERS)
        keeper->settings.worker_count = order->workers;
}

static void take_collected(struct metrics_collections *collections, const struct keeper_order *order) {
    collections->good += order->good != 0;
    collections->bad += order->good == 0;
    collections->objects += order->objects;
    collections->attempts += order->attempts;
    collections->bytes += order->bytes;
    if (order->good)
        collections->last_unix_s = unix_s();
}

static void take(struct keeper *keeper, const struct keeper_order *order, int fds[KEEPER_ORDER_FDS]) {
    struct metrics *metrics = &keeper->metrics;
    if (order->worker >= KEEPER_MAX_WORKERS || order->queue >= SETTINGS_MAX_QUEUES)
        return;
    switch ((enum keeper_order_kind)order->kind) {
    case KEEPER_CLAIM:
        take_claim(keeper, order, fds);
        break;
    case KEEPER_HOLD:
        take_hold(keeper, order, fds);
        break;
    case KEEPER_DONE:
        take_done(keeper, order);
        break;
    case KEEPER_LOST:
        take_lost(keeper, order);
        break;
    case KEEPER_IDLE:
        keeper_drop_hold(&keeper->holds[order->worker]);
        metrics->claimed_unix_s = unix_s();
        break;
    case KEEPER_SLOTS:
        take_slots(keeper, order);
        break;
    case KEEPER_ENVIRONMENT:
        take_environment(keeper, order);
        break;
    case KEEPER_STEP:
        if (order->state < STEP_COUNT)
            metrics_observe(&metrics->queues[order->queue].steps[order->state], &metrics_us, order->elapsed_us);
        break;
    case KEEPER_MEMORY:
        metrics->segment_bytes = order->bytes;
        metrics->segment_hits = order->hits;
        metrics->segment_decodes = order->decodes;
        break;
    case KEEPER_COLLECTED:
        take_collected(&metrics->collections, order);
        break;
    }
}

void keeper_take_orders(struct keeper *keeper) {
    struct pollfd supervisor = {.fd = keeper->supervisor, .events = POLLIN};
    struct keeper_order order;
    struct err ignored;
    while (!keeper->supervisor_gone && poll(&supervisor, 1, 0) > 0) {
        int fds[KEEPER_ORDER_FDS] = {-1, -1};
        size_t count;
        if (record_receive(keeper->supervisor, &order, sizeof order, fds, KEEPER_ORDER_FDS, &count, &ignored) <= 0) {
            keeper->supervisor_gone = true;
            return;
        }
        order.id[sizeof order.id - 1] = order.token[sizeof order.token - 1] = '\0';
        order.nonce[sizeof order.nonce - 1] = order.text[sizeof order.text - 1] = '\0';
        keeper->ordered_ns = clock_now_ns();
        take(keeper, &order, fds);
        for (size_t i = 0; i < KEEPER_ORDER_FDS; i++)
            own_close(&fds[i]);
    }
}
