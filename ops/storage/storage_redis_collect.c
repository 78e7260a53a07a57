// SPDX-License-Identifier: Apache-2.0
// What nobody wants in a store on Redis: told by age, by the references that Redis counts, and by who is outside.
#include <string.h>

#include "quern/own.h"
#include "storage_redis.h"

enum { BATCH = 64 };

struct collection {
    struct storage_redis *store;
    uint64_t age_ms;
    const struct wanted *wanted;
    struct storage_collected done;
};

static int sweep(struct collection *collection, uint64_t budget, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    uint64_t uploads = 0, attempts = 0, bytes = 0;
    storage_redis_begin(collection->store, SCRIPT_SWEEP, &args);
    args_number(&args, collection->age_ms);
    args_number(&args, budget < BATCH ? budget : BATCH);
    TRY(storage_redis_run(collection->store, SCRIPT_SWEEP, &args, &reply, &word, err));
    TRY(reply_number(reply, 1, "sweep", &uploads, err));
    TRY(reply_number(reply, 2, "sweep", &attempts, err));
    TRY(reply_number(reply, 3, "sweep", &bytes, err));
    collection->done.attempts += uploads + attempts;
    collection->done.bytes += bytes;
    return 0;
}

static int candidates(struct collection *collection, uint64_t skip, struct reply **ret, struct err *err) {
    struct args args;
    const char *word = NULL;
    storage_redis_begin(collection->store, SCRIPT_CANDIDATES, &args);
    args_number(&args, collection->age_ms);
    args_number(&args, skip);
    args_number(&args, BATCH);
    return storage_redis_run(collection->store, SCRIPT_CANDIDATES, &args, ret, &word, err);
}

// Those of the page that nobody wants, up to `most`, as arguments of drop. Returns how many, or -1.
static int choose(const struct collection *collection, const struct reply *page, uint64_t most, struct args *args,
                  struct err *err) {
    int chosen = 0;
    for (size_t i = 1; i < page->count && (uint64_t)chosen < most; i++) {
        const char *version = NULL;
        size_t bytes = 0;
        TRY(reply_text(page, i, "candidates", &version, &bytes, err));
        if (bytes == 0 || storage_version_check("", version, NULL) < 0 || wanted_has(collection->wanted, version))
            continue;
        args_text(args, version);
        chosen++;
    }
    return chosen;
}

static int drop(struct collection *collection, const struct args *args, uint64_t *ret_dropped, struct err *err) {
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    uint64_t bytes = 0;
    TRY(storage_redis_run(collection->store, SCRIPT_DROP, args, &reply, &word, err));
    TRY(reply_number(reply, 1, "drop", ret_dropped, err));
    TRY(reply_number(reply, 2, "drop", &bytes, err));
    collection->done.objects += *ret_dropped;
    collection->done.bytes += bytes;
    return 0;
}

// A page; *skip is moved behind those that stay. 1 when there may be more.
static int collect_page(struct collection *collection, uint64_t budget, uint64_t *skip, struct err *err) {
    auto_reply struct reply *page = NULL;
    struct args args;
    uint64_t dropped = 0;
    TRY(candidates(collection, *skip, &page, err));
    storage_redis_begin(collection->store, SCRIPT_DROP, &args);
    args_number(&args, collection->age_ms);
    if (page->count > BATCH + 1)
        return storage_redis_nonsense(SCRIPT_CANDIDATES, err);
    int chosen = choose(collection, page, budget - collection->done.objects, &args, err);
    TRY(chosen);
    if (chosen > 0)
        TRY(drop(collection, &args, &dropped, err));
    *skip += page->count - 1 - (dropped < page->count ? dropped : 0);
    return page->count == BATCH + 1;
}

int storage_redis_collect(struct storage *storage, uint64_t age_ms, uint64_t budget, struct wanted *wanted,
                          struct storage_collected *ret, struct err *err) {
    struct collection collection = {(struct storage_redis *)(void *)storage, age_ms, wanted, {0}};
    uint64_t skip = 0;
    int more = 1;
    wanted_settle(wanted);
    TRY(sweep(&collection, budget, err));
    while (more && collection.done.objects < budget) {
        more = collect_page(&collection, budget, &skip, err);
        TRY(more);
    }
    *ret = collection.done;
    return 0;
}
