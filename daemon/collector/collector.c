// SPDX-License-Identifier: Apache-2.0
#include "collector.h"

#include <stdlib.h>
#include <string.h>

#include "quern/catalogue.h"
#include "quern/own.h"
#include "quern/queue_operator.h"
#include "quern/queue_server.h"

enum { AT_ONCE = 100000, NEIGHBOURS = 1024 };

struct homes {
    const struct settings *settings;
    struct storage *storage;
    struct queue *queues[CATALOGUE_MAX_HOMES];
    struct catalogue *catalogues[CATALOGUE_MAX_HOMES];
    size_t count;
};

static void homes_close(struct homes *homes) {
    for (size_t i = 0; i < homes->count; i++) {
        catalogue_close(homes->catalogues[i]);
        queue_close(homes->queues[i]);
    }
    storage_close(homes->storage);
}

static int open_store(struct homes *homes, struct err *err) {
    const struct settings *settings = homes->settings;
    const struct storage_options options = {.url = settings->store_url, .password_file = settings->store_password_file};
    return storage_open_with(&options, &homes->storage, err);
}

// ---- the queues that name objects of it ----

// 1: it was added; 0: its store is another one, *home tells which.
static int add(struct homes *homes, const char *name, struct queue_home *home, struct err *err) {
    const struct settings *settings = homes->settings;
    const struct queue_options options = {
        .url = settings->queue_url, .password_file = settings->queue_password_file, .name = name};
    struct queue *queue = NULL;
    if (homes->count == CATALOGUE_MAX_HOMES)
        return err_set(err, REASON_CONFIG, "more than %d queues use this store", CATALOGUE_MAX_HOMES);
    TRY(queue_open(&options, &queue, err));
    int found = queue_get_home(queue, home, err);
    bool ours = found >= 0 && strcmp(home->store, homes->settings->store_url) == 0;
    if (ours)
        found = catalogue_of_queue(queue, homes->storage, &homes->catalogues[homes->count], err);
    if (found < 0 || !ours) {
        queue_close(queue);
        return found < 0 ? -1 : 0;
    }
    homes->queues[homes->count++] = queue;
    return 1;
}

static int add_ours(struct homes *homes, struct err *err) {
    for (uint32_t i = 0; i < homes->settings->queue_count; i++) {
        struct queue_home home;
        int added = add(homes, homes->settings->queues[i], &home, err);
        TRY(added);
        if (!added)
            return err_set(err, REASON_CONFIG, "queue %s: its store is %.400s, [store] url here is %.400s",
                           homes->settings->queues[i], home.store, homes->settings->store_url);
    }
    return 0;
}

static bool is_ours(const struct settings *settings, const char *name) {
    for (uint32_t i = 0; i < settings->queue_count; i++)
        if (strcmp(settings->queues[i], name) == 0)
            return true;
    return false;
}

// What other hosts serve, or nobody just now.
static int add_neighbours(struct homes *homes, struct err *err) {
    auto_free char(*names)[QUEUE_NAME_BYTES] = calloc(NEIGHBOURS, sizeof *names);
    size_t count = 0;
    struct queue_home home;
    if (!names)
        return err_set(err, REASON_INFRA, "out of memory for %d names", NEIGHBOURS);
    TRY(queue_all(homes->queues[0], names, NEIGHBOURS, &count, err));
    for (size_t i = 0; i < count; i++)
        if (!is_ours(homes->settings, names[i]))
            TRY(add(homes, names[i], &home, err));
    return 0;
}

// ---- the collection ----

static int collect_once(const struct homes *homes, struct storage_collected *ret, struct err *err) {
    return catalogue_collect(homes->catalogues, homes->count, homes->settings->keep_ms, AT_ONCE, ret, err);
}

static int collect(const struct homes *homes, struct collector_report *report, struct err *err) {
    struct storage_collected some;
    do {
        TRY(collect_once(homes, &some, err));
        report->objects += some.objects;
        report->attempts += some.attempts;
        report->bytes += some.bytes;
    } while (some.objects >= AT_ONCE);
    return 0;
}

// A collection is refused before it begins when the store knows of a queue that is not among those asked: only then are
// the others of this Redis looked for, which takes a look at every key.
static int collect_for_all(struct homes *homes, struct collector_report *report, struct err *err) {
    struct err why = {0};
    if (collect(homes, report, &why) == 0)
        return 0;
    if (why.reason == REASON_CONFIG) {
        TRY(add_neighbours(homes, err));
        return collect(homes, report, err);
    }
    if (err)
        *err = why;
    return -1;
}

// Hosts come at times of their own: who comes a little early has waited long enough.
static uint64_t turn_ms(const struct settings *settings) { return settings->collect_ms - settings->collect_ms / 5; }

static int run(struct homes *homes, struct collector_report *report, struct err *err) {
    bool due = false;
    TRY(open_store(homes, err));
    TRY(add_ours(homes, err));
    TRY(storage_collect_turn(homes->storage, turn_ms(homes->settings), &due, err));
    report->had_turn = due;
    return due ? collect_for_all(homes, report, err) : 0;
}

int collector_run(const struct settings *settings, struct collector_report *report, struct err *err) {
    struct homes *homes = calloc(1, sizeof *homes);
    if (!homes)
        return err_set(err, REASON_INFRA, "out of memory");
    homes->settings = settings;
    int result = run(homes, report, err);
    homes_close(homes);
    free(homes);
    return result;
}
