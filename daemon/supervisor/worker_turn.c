// SPDX-License-Identifier: Apache-2.0
/* The daemon's workers between two jobs: waiting, claiming, holding, done. */
#include <string.h>

#include "quern/clock.h"
#include "quern/dice.h"
#include "worker_exchange.h"

static bool terminated(const char *text, size_t bytes) { return memchr(text, '\0', bytes) != NULL; }

static int expect_turn(const struct exchange *exchange, bool good, const char *call, struct err *err) {
    if (!exchange->supervisor->hooks->on_idle || !good)
        return err_set(err, REASON_BUG, "%s: not expected of a worker in turn %u", call, exchange->link->turn);
    return 0;
}

int worker_turn_idle(struct exchange *exchange, struct err *err) {
    const struct supervisor_call *call = exchange->call;
    struct worker_link *link = exchange->link;
    TRY(expect_turn(exchange, link->turn == WORKER_BUSY || link->turn == WORKER_CLAIMS, "IDLE", err));
    if (!terminated(call->wake, sizeof call->wake))
        return err_set(err, REASON_BUG, "IDLE: the wake is not terminated");
    link->turn = WORKER_WAITS;
    link->nonce[0] = '\0';
    link->step_deadline_ns = CLOCK_NEVER;
    exchange->deferred = true;
    exchange->supervisor->hooks->on_idle(exchange->supervisor->context, exchange->worker, call->queue, call->wake,
                                         call->drained != 0);
    return 0;
}

void worker_link_let_claim(struct worker_link *link, uint32_t queue) {
    struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY, .count = 1, .queue = queue};
    dice_hex(link->nonce);
    memcpy(reply.nonce, link->nonce, sizeof reply.nonce);
    link->turn = WORKER_CLAIMS;
    link->queue = queue;
    link->step = STEP_CLAIM;
    link->step_deadline_ns = clock_deadline_ns(SUPERVISOR_CLAIM_MS);
    worker_link_reply(link, &reply, NULL, 0);
}

enum { LEAVE_MS = 30000 }; // from one job to the next IDLE, or to the exit

void worker_link_dismiss(struct worker_link *link) {
    if (link->turn != WORKER_WAITS) {
        worker_link_tell(link, SUPERVISOR_RELEASE_NOW);
        return;
    }
    struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
    link->turn = WORKER_BUSY;
    link->step_deadline_ns = clock_deadline_ns(LEAVE_MS);
    worker_link_reply(link, &reply, NULL, 0);
}

int worker_turn_hold(struct exchange *exchange, struct err *err) {
    const struct supervisor_call *call = exchange->call;
    struct worker_link *link = exchange->link;
    TRY(expect_turn(exchange, link->turn == WORKER_CLAIMS && call->queue == link->queue, "HOLD", err));
    if (!terminated(call->id, sizeof call->id) || !terminated(call->token, sizeof call->token) || !call->id[0])
        return err_set(err, REASON_BUG, "HOLD: expected an id and a token");
    link->turn = WORKER_HOLDS;
    link->nonce[0] = '\0';
    link->told = false;
    link->held_ns = clock_boot_ns();
    memcpy(link->id, call->id, sizeof link->id);
    memcpy(link->token, call->token, sizeof link->token);
    link->waited_ms = call->waited_ms;
    exchange->supervisor->hooks->on_hold(exchange->supervisor->context, exchange->worker, true);
    return 0;
}

int worker_turn_done(struct exchange *exchange, struct err *err) {
    const struct supervisor_call *call = exchange->call;
    struct supervisor *supervisor = exchange->supervisor;
    struct worker_link *link = exchange->link;
    TRY(expect_turn(exchange, link->turn == WORKER_HOLDS && link->tree < 0, "DONE", err));
    if (call->end.state >= JOB_STATE_COUNT || call->end.reason >= REASON_COUNT)
        return err_set(err, REASON_BUG, "DONE: state %u for reason %u does not exist", call->end.state,
                       call->end.reason);
    supervisor->hooks->on_done(supervisor->context, exchange->worker, &call->end);
    link->turn = WORKER_BUSY;
    link->id[0] = link->token[0] = '\0';
    link->told = link->open_network = false;
    link->cancel_deadline_ns = CLOCK_NEVER;
    link->step_deadline_ns = clock_deadline_ns(LEAVE_MS);
    worker_link_drop_segments(supervisor, exchange->worker);
    return 0;
}
