// SPDX-License-Identifier: Apache-2.0
// `quern dataset collect`: objects go that no name and no job wants. A store that knows of a queue which is not asked here
// frees nothing.
#include <inttypes.h>

#include "cli/client.h"
#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

enum { AT_ONCE = 1000, AGE_MS = 24 * 3600 * 1000 };

struct homes {
    struct catalogue *catalogues[CATALOGUE_MAX_HOMES]; // the first one borrowed, the others owned
    struct queue *queues[CATALOGUE_MAX_HOMES];         // owned
    size_t count;
};

static void homes_close(struct homes *homes) {
    for (size_t i = 1; i < homes->count; i++) {
        catalogue_close(homes->catalogues[i]);
        queue_close(homes->queues[i]);
    }
}

// Another queue of the same Redis.
static int add(struct homes *homes, const struct store *store, const char *name, struct refusal *refusal) {
    struct err err;
    size_t at = homes->count;
    if (!store->client)
        return refuse(refusal, REASON_USAGE, "--also: there is no queue beside which '%s' could be", name);
    if (at == CATALOGUE_MAX_HOMES)
        return refuse(refusal, REASON_USAGE, "--also: expected at most %d queues", CATALOGUE_MAX_HOMES - 1);
    const struct queue_options options = {.url = store->client->url, .password = store->client->password, .name = name};
    if (queue_open(&options, &homes->queues[at], &err) < 0)
        return refuse(refusal, REASON_USAGE, "--also: %s", err.msg);
    if (catalogue_of_queue(homes->queues[at], store->storage, &homes->catalogues[at], &err) < 0) {
        queue_close(homes->queues[at]);
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    }
    homes->count++;
    return 0;
}

static int gather(const struct command_line *line, const struct store *store, struct homes *homes,
                  struct refusal *refusal) {
    *homes = (struct homes){.catalogues = {store->catalogue}, .count = 1};
    for (size_t i = 0; i < line->given_count; i++)
        if (line->given[i].flag == FLAG_DATASET_COLLECT_ALSO)
            TRY(add(homes, store, line->given[i].value, refusal));
    return 0;
}

static int blame(const struct err *err, struct refusal *refusal) {
    refuse(refusal, (enum reason)err->reason, "%s", err->msg);
    if (err->reason == REASON_CONFIG)
        refusal_advise(refusal,
                       "a queue of the same Redis: --also NAME; the one of `quern up`: start it first; one that "
                       "is no more: --forget HOME");
    return -1;
}

static int collect(const struct homes *homes, uint64_t age_ms, struct storage_collected *all, struct refusal *refusal) {
    struct storage_collected some;
    struct err err;
    do {
        if (catalogue_collect(homes->catalogues, homes->count, age_ms, AT_ONCE, &some, &err) < 0)
            return blame(&err, refusal);
        all->objects += some.objects;
        all->attempts += some.attempts;
        all->bytes += some.bytes;
    } while (some.objects >= AT_ONCE);
    return 0;
}

static int run(const struct command_line *line, const struct store *store, struct storage_collected *all,
               struct refusal *refusal) {
    struct err err;
    __attribute__((cleanup(homes_close))) struct homes homes = {.count = 0};
    const struct given *age = command_given(line, "--age"), *forget = command_given(line, "--forget");
    if (age && age->number < STORAGE_MIN_AGE_MS)
        return refuse(refusal, REASON_USAGE, "--age: expected at least %u s", STORAGE_MIN_AGE_MS / 1000);
    if (forget && storage_drop_home(store->storage, forget->value, &err) < 0)
        return refuse(refusal, err.reason == REASON_BAD_INPUT ? REASON_USAGE : (enum reason)err.reason, "--forget: %s",
                      err.msg);
    TRY(gather(line, store, &homes, refusal));
    return collect(&homes, age ? age->number : AGE_MS, all, refusal);
}

int verb_dataset_collect(const struct command_line *line) {
    struct storage_collected all = {0};
    struct refusal refusal;
    struct terminal out;
    struct store store;
    char bytes[QUANTITY_BYTES];
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = run(line, &store, &all, &refusal);
    store_close(&store);
    if (result < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "collected %" PRIu64 " objects, %s\n", all.objects, quantity_show_bytes(all.bytes, bytes));
    return 0;
}
