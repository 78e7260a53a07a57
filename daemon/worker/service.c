// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "daemon/failpoint.h"
#include "delivery_queue.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_worker.h"
#include "quern/storage.h"

struct service {
    const struct settings *settings;
    struct supervisor_calls calls;
    struct storage *storage;                         // owned
    struct delivery_home homes[SETTINGS_MAX_QUEUES]; // owned what is in them
    struct delivery_queue delivery;
    struct attempt attempt;
    bool works;   // the attempt's steps are under way
    bool keeping; // a call of the store that waits for nothing
};

// ---- connections ----

static const char *given(const char *text) { return text[0] ? text : NULL; }

// A Redis that is away, full or closed to us costs no job: whoever needs it waits, until the supervisor wants it otherwise.
static bool wait_on(struct service *service, const struct err *why) {
    struct err ignored;
    if (service->works)
        return job_steps_wait(&service->attempt, why);
    struct supervisor_calls *calls = &service->calls;
    return calls_stay(calls, service->attempt.step, SUPERVISOR_CLAIM_MS, &ignored) == 0 && !calls->released;
}

static bool wait_on_store(void *context, const struct err *why) {
    struct service *service = context;
    return !service->keeping && wait_on(service, why);
}

// The queue may be away for longer than a store keeps what has no name.
static bool wait_on_queue(void *context, const struct err *why) {
    struct service *service = context;
    struct err ignored;
    if (!wait_on(service, why))
        return false;
    service->keeping = true;
    if (service->works)
        (void)!delivery_queue_keep(&service->delivery, &ignored);
    service->keeping = false;
    return true;
}

static int open_store(struct service *service, struct err *err) {
    const struct settings *settings = service->settings;
    const struct storage_options options = {.url = given(settings->store_url),
                                            .password_file = given(settings->store_password_file),
                                            .patience_ms = PATIENCE_FOR_EVER,
                                            .patience = {wait_on_store, service}};
    return storage_open_with(&options, &service->storage, err);
}

static int open_home(struct service *service, uint32_t index, struct err *err) {
    const struct settings *settings = service->settings;
    struct delivery_home *home = &service->homes[index];
    struct queue_options options = {.url = settings->queue_url,
                                    .password_file = given(settings->queue_password_file),
                                    .key_file = given(settings->queue_key_file),
                                    .name = settings->queues[index],
                                    .patience_ms = PATIENCE_FOR_EVER,
                                    .patience = {wait_on_queue, service},
                                    .durability = (enum queue_durability)settings->durability};
    TRY(queue_open(&options, &home->queue, err));
    options.patience_ms = 0;
    TRY(queue_open(&options, &home->news, err));
    return catalogue_of_queue(home->queue, service->storage, &home->catalogue, err);
}

static int open_homes(struct service *service, struct err *err) {
    for (uint32_t i = 0; i < service->settings->queue_count; i++)
        TRY(open_home(service, i, err));
    return 0;
}

static void close_all(struct service *service) {
    for (uint32_t i = 0; i < SETTINGS_MAX_QUEUES; i++) {
        catalogue_close(service->homes[i].catalogue);
        queue_close(service->homes[i].news);
        queue_close(service->homes[i].queue);
    }
    storage_close(service->storage);
    delivery_queue_done(&service->delivery);
}

// ---- one job ----

// The attempt leaves no trace of its own: what it staged is collected.
static int give_back(struct service *service, struct err *err) {
    struct delivery_queue *delivery = &service->delivery;
    const struct queue_claim *claim = &delivery->claim;
    int answer = queue_release(delivery->home->queue, claim->id, claim->token, &delivery->state, err);
    return answer < 0 ? -1 : 0;
}

static int conclude(struct service *service, struct err *err) {
    struct attempt *attempt = &service->attempt;
    struct supervisor_end end = {.reason = attempt->verdict.reason,
                                 .peak_bytes = attempt->manifest.peak_rss_bytes,
                                 .unconfirmed = service->delivery.unconfirmed};
    if (attempt->calls->fenced && service->delivery.state == JOB_RUNNING)
        end.reason = REASON_LOST;
    else if (attempt->calls->released)
        TRY(give_back(service, err));
    end.state = service->delivery.state;
    return calls_done(&service->calls, &end, err);
}

static int work(struct service *service, const struct calls_turn *turn, struct queue_claim *claim, uint64_t begun_ns,
                struct err *err) {
    struct attempt *attempt = &service->attempt;
    TRY(calls_hold(&service->calls, turn->queue, claim, err));
    FAILPOINT("claim:held");
    delivery_queue_begin(&service->delivery, &service->homes[turn->queue], claim);
    attempt_init(attempt, &service->calls, &service->delivery.base);
    attempt->begun_ns = begun_ns;
    service->works = true;
    int result = job_steps_run(attempt, err);
    service->works = false;
    if (result == 0)
        result = conclude(service, err);
    attempt_done(attempt);
    delivery_queue_end(&service->delivery);
    return result;
}

// ---- one job after the other ----

static int claim(struct service *service, const struct calls_turn *turn, struct calls_nothing *nothing,
                 struct err *err) {
    struct queue_claim claim;
    uint64_t begun_ns = clock_now_ns();
    const struct settings *settings = service->settings;
    if (turn->queue >= settings->queue_count)
        return err_set(err, REASON_BUG, "the supervisor spoke of queue %u of %u", turn->queue, settings->queue_count);
    service->attempt.step = STEP_CLAIM;
    FAILPOINT("claim:asks");
    int answer = queue_claim(service->homes[turn->queue].queue, settings->worker, turn->nonce, settings->lease_ms, 0,
                             &claim, err);
    TRY(answer);
    *nothing = (struct calls_nothing){.drained = strcmp(claim.why, "drain") == 0};
    memcpy(nothing->wake, claim.wake, sizeof nothing->wake);
    if (answer == QUEUE_NOTHING)
        return 0;
    FAILPOINT("claim:claimed");
    int result = work(service, turn, &claim, begun_ns, err);
    queue_claim_free(&claim);
    return result;
}

static int serve(struct service *service, struct err *err) {
    struct calls_turn turn = {0};
    struct calls_nothing nothing = {.drained = false};
    TRY(open_store(service, err));
    TRY(open_homes(service, err));
    for (;;) {
        int go = calls_idle(&service->calls, turn.queue, &nothing, &turn, err);
        if (go <= 0)
            return go;
        TRY(claim(service, &turn, &nothing, err));
    }
}

int service_run(const struct settings *settings, struct err *err) {
    struct service *service = calloc(1, sizeof *service);
    if (!service)
        return err_set(err, REASON_INFRA, "out of memory for a worker");
    service->settings = settings;
    service->calls.socket = SUPERVISOR_FD_CALLS;
    delivery_queue_init(&service->delivery, SUPERVISOR_FD_EVENTS);
    int result = serve(service, err);
    close_all(service);
    free(service);
    return result;
}
