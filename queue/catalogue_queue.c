// SPDX-License-Identifier: Apache-2.0
// The catalogue whose home is a queue. What is about to get a name, or loses one, is kept in the store first: the queue
// cannot stop a collector, its age can.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/storage/backend.h"
#include "ops/storage/catalogue_home.h"
#include "quern/own.h"
#include "quern/queue_names.h"

enum { PAGE = 200, IDENTITY_BYTES = QUEUE_NONCE_BYTES + 8 };

struct catalogue_queue {
    struct catalogue base;
    struct queue *queue;           // borrowed
    char identity[IDENTITY_BYTES]; // by which the store knows the queue; "": not asked yet
    bool joined;
};

static struct queue *queue_of(struct catalogue *catalogue) {
    return ((struct catalogue_queue *)(void *)catalogue)->queue;
}

static int find(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err) {
    struct storage_pin pin = {.bytes = 0};
    int answer = queue_name_get(queue_of(catalogue), key, pin.version, &pin.bytes, err);
    if (answer != QUEUE_OK)
        return answer < 0 ? -1 : 0;
    *ret = pin;
    return 1;
}

// Whoever knew the version by this name has time to get it.
static void linger(struct catalogue *catalogue, const char *key) {
    struct storage_pin pin;
    uint64_t bytes;
    if (find(catalogue, key, &pin, NULL) > 0)
        (void)!storage_keep(catalogue->storage, key, pin.version, &bytes, NULL);
}

static int promote(struct catalogue *catalogue, const struct storage_name *names, size_t count, struct err *err) {
    auto_free struct queue_name *changed = calloc(count, sizeof *changed);
    if (!changed)
        return err_set(err, REASON_INFRA, "no memory for %zu names", count);
    for (size_t i = 0; i < count; i++) {
        changed[i].key = names[i].key;
        changed[i].version = names[i].version;
        TRY(storage_keep(catalogue->storage, names[i].key, names[i].version, &changed[i].bytes, err));
        linger(catalogue, names[i].key);
    }
    TRY(queue_promote(queue_of(catalogue), changed, count, err));
    return 0;
}

static int drop(struct catalogue *catalogue, const char *const *keys, size_t count, struct err *err) {
    size_t missing = 0;
    for (size_t i = 0; i < count; i++)
        linger(catalogue, keys[i]);
    int answer = queue_remove_names(queue_of(catalogue), keys, count, &missing, err);
    TRY(answer);
    return answer == QUEUE_OK ? 0 : storage_no_key(keys[missing], err);
}

static int names(struct catalogue *catalogue, const char *prefix, storage_visit_fn *visit, void *context,
                 struct err *err) {
    char after[STORAGE_KEY_BYTES] = "";
    auto_free struct queue_named *rows = calloc(PAGE, sizeof *rows);
    if (!rows)
        return err_set(err, REASON_INFRA, "no memory for %d names", PAGE);
    for (size_t count = PAGE; count == PAGE;) {
        TRY(queue_names(queue_of(catalogue), prefix, after, rows, PAGE, &count, err));
        for (size_t i = 0; i < count; i++) {
            const struct storage_entry entry = {rows[i].key, rows[i].version, rows[i].bytes,
                                                (int64_t)(rows[i].changed_unix_ms / 1000)};
            if (visit(context, &entry))
                return 0;
        }
        if (count)
            memcpy(after, rows[count - 1].key, sizeof after);
    }
    return 0;
}

/* ---- what jobs and names want ---- */

struct wish {
    storage_want_fn *want;
    void *set;
    bool failed;
};

static int wish_entry(void *context, const struct storage_entry *entry) {
    struct wish *wish = context;
    wish->failed = wish->want(wish->set, entry->version) < 0;
    return wish->failed;
}

static int wish_version(void *context, const char *version) {
    const struct wish *wish = context;
    return wish->want(wish->set, version);
}

static int wanted(void *context, storage_want_fn *want, void *set, struct err *err) {
    struct catalogue *catalogue = context;
    struct wish wish = {want, set, false};
    uint64_t cursor = 0;
    TRY(names(catalogue, "", wish_entry, &wish, err));
    if (wish.failed)
        return -1;
    do
        TRY(queue_versions(queue_of(catalogue), &cursor, wish_version, &wish, err));
    while (cursor);
    return 0;
}

/* ---- how the store knows us ---- */

static int identity(struct catalogue *catalogue, const char **ret, struct err *err) {
    struct catalogue_queue *own = (struct catalogue_queue *)(void *)catalogue;
    char text[QUEUE_NONCE_BYTES];
    if (!own->identity[0]) {
        TRY(queue_identity(own->queue, text, err));
        snprintf(own->identity, sizeof own->identity, "queue-%s", text);
    }
    *ret = own->identity;
    return 0;
}

static int join(struct catalogue *catalogue, struct err *err) {
    struct catalogue_queue *own = (struct catalogue_queue *)(void *)catalogue;
    const char *home = NULL;
    if (own->joined)
        return 0;
    TRY(identity(catalogue, &home, err));
    TRY(storage_add_home(catalogue->storage, home, err));
    own->joined = true;
    return 0;
}

static const struct catalogue_home queue_home = {.find = find,
                                                 .promote = promote,
                                                 .remove = drop,
                                                 .names = names,
                                                 .join = join,
                                                 .identity = identity,
                                                 .wanted = wanted};

int catalogue_of_queue(struct queue *queue, struct storage *storage, struct catalogue **ret, struct err *err) {
    struct catalogue_queue *catalogue = malloc(sizeof *catalogue);
    if (!catalogue)
        return err_set(err, REASON_INFRA, "no memory for a catalogue");
    *catalogue = (struct catalogue_queue){.base = {&queue_home, storage}, .queue = queue};
    *ret = &catalogue->base;
    return 0;
}
