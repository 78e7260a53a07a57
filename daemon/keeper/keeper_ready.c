// SPDX-License-Identifier: Apache-2.0
/* Whether a queue can be served here: its server keeps jobs, its store can be reached, its environments are offered. */
#include <stdio.h>
#include <string.h>

#include "keeper.h"
#include "quern/clock.h"
#include "quern/queue_server.h"
#include "quern/storage.h"

static int check_server(struct keeper *keeper, uint32_t queue, struct server *server, struct err *err) {
    uint64_t begun = clock_now_ns();
    TRY(keeper_called(keeper, queue_server(keeper->queues[queue].queue, server, err), begun));
    keeper->metrics.redis_used_bytes = server->used_bytes;
    keeper->metrics.redis_max_bytes = server->max_bytes;
    return server_check(server, "jobs", err);
}

// Whoever comes first says where the queue is at home: all others have to agree.
static int read_home(struct keeper *keeper, uint32_t queue, struct queue_home *home, struct err *err) {
    struct queue_home ours;
    uint64_t begun = clock_now_ns();
    snprintf(ours.store, sizeof ours.store, "%s", keeper->settings.store_url);
    snprintf(ours.environments, sizeof ours.environments, "%s", keeper->settings.environments);
    return keeper_called(keeper, queue_propose_home(keeper->queues[queue].queue, &ours, home, err), begun);
}

static int open_store(struct keeper *keeper, const char *url, struct err *err) {
    const struct storage_options options = {
        .url = url, .password_file = keeper->settings.store_password_file, .timeout_ms = keeper_call_ms(keeper)};
    return storage_open_with(&options, &keeper->store, err);
}

// A directory has the room of its disk, which others tell; and to add it up takes long.
static int look_at_room(struct keeper *keeper, struct err *err) {
    struct metrics *metrics = &keeper->metrics;
    if (strncmp(keeper->settings.store_url, "file:", 5) == 0)
        return 0;
    metrics->store_known = storage_usage(keeper->store, &metrics->store, err) == 0;
    return metrics->store_known ? 0 : -1;
}

static int check_store(struct keeper *keeper, const struct queue_home *home, struct err *err) {
    if (strcmp(home->store, keeper->settings.store_url) != 0)
        return err_set(err, REASON_CONFIG, "its store is %.400s, [store] url here is %.400s", home->store,
                       keeper->settings.store_url);
    if (!keeper->store)
        TRY(open_store(keeper, home->store, err));
    TRY(look_at_room(keeper, err));
    keeper_renew_due(keeper);
    return storage_check(keeper->store, err);
}

static int check_environment(const struct keeper *keeper, const char *name, size_t bytes, struct err *err) {
    for (uint32_t i = 0; i < keeper->environment_count; i++) {
        const struct keeper_environment *environment = &keeper->environments[i];
        if (strlen(environment->name) != bytes || strncmp(environment->name, name, bytes) != 0)
            continue;
        return environment->good ? 0 : err_set(err, REASON_CONFIG, "%s", environment->why);
    }
    return err_set(err, REASON_CONFIG, "it wants environment %.*s, which [environments] names does not list",
                   (int)(bytes < 100 ? bytes : 100), name);
}

static int check_environments(const struct keeper *keeper, const struct queue_home *home, struct err *err) {
    for (const char *at = home->environments; *at;) {
        size_t bytes = strcspn(at, ",");
        if (bytes)
            TRY(check_environment(keeper, at, bytes, err));
        at += bytes + (at[bytes] == ',');
    }
    return 0;
}

static int check_chores(const struct keeper_queue *kept, struct err *err) {
    const struct err *fault = kept->tick_fault.reason ? &kept->tick_fault : &kept->beat_fault;
    if (fault->reason)
        *err = *fault;
    return fault->reason ? -1 : 0;
}

static int check(struct keeper *keeper, uint32_t queue, struct server *server, struct err *err) {
    struct queue_home home;
    struct keeper_queue *kept = &keeper->queues[queue];
    kept->server_good = false;
    TRY(check_server(keeper, queue, server, err));
    keeper_renew_due(keeper);
    TRY(read_home(keeper, queue, &home, err));
    kept->server_good = true;
    TRY(check_chores(kept, err));
    TRY(queue_keys_check(kept->queue, err));
    TRY(queue_durability_check(server, (enum queue_durability)keeper->settings.durability, err));
    keeper_renew_due(keeper);
    TRY(check_store(keeper, &home, err));
    return check_environments(keeper, &home, err);
}

static void say_ready(struct keeper *keeper, uint32_t queue) {
    const struct keeper_queue *kept = &keeper->queues[queue];
    struct keeper_word word = {.kind = KEEPER_READY, .queue = queue, .good = kept->ready};
    memcpy(word.text, kept->why, sizeof word.text);
    keeper_say(keeper, &word);
}

void keeper_check(struct keeper *keeper, uint32_t queue, uint64_t now_ns) {
    struct keeper_queue *kept = &keeper->queues[queue];
    struct server server = {.full = false};
    struct err err = {0};
    if (now_ns < kept->check_ns || !keeper_may_call(keeper, now_ns))
        return;
    bool was_good = kept->server_good, was_ready = kept->ready;
    kept->ready = check(keeper, queue, &server, &err) == 0;
    if (kept->ready != was_ready || (!kept->ready && strcmp(kept->why, err.msg) != 0))
        kept->beat_ns = 0; // who waits for it knows at once
    snprintf(kept->why, sizeof kept->why, "%s", !kept->ready ? err.msg : server.full ? SERVER_FULL : "");
    keeper->metrics.queues[queue].ready = kept->ready;
    kept->check_ns = clock_deadline_ns(kept->ready ? KEEPER_CHECK_MS : KEEPER_CHORE_MS);
    if (kept->server_good && !was_good)
        kept->tick_ns = kept->wait_ns = kept->beat_ns = 0;
    say_ready(keeper, queue);
}
