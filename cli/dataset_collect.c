// SPDX-License-Identifier: Apache-2.0
// `quern dataset collect`: frees what no name and no job wants any more. A store that knows of a queue which is not asked
// here frees nothing.
#include <inttypes.h>
#include <string.h>

#include "cli/client.h"
#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

enum { BATCH = 1000, OLDER_MS = 24 * 3600 * 1000 };

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

static int collect(const struct homes *homes, uint64_t older_ms, struct storage_collected *ret,
                   struct refusal *refusal) {
    struct storage_collected sum = {0}, piece = {.objects = BATCH};
    struct err err;
    while (piece.objects == BATCH) {
        if (catalogue_collect(homes->catalogues, homes->count, older_ms, BATCH, &piece, &err) < 0) {
            refuse(refusal, err.reason == REASON_BAD_INPUT ? REASON_USAGE : (enum reason)err.reason, "%s", err.msg);
            if (err.reason == REASON_CONFIG)
                refusal_advise(refusal, "a queue of the same Redis: --also NAME; one that is no more: --forget HOME");
            return -1;
        }
        sum.objects += piece.objects;
        sum.attempts += piece.attempts;
        sum.bytes += piece.bytes;
    }
    *ret = sum;
    return 0;
}

static int run(const struct command_line *line, const struct store *store, struct storage_collected *ret,
               struct refusal *refusal) {
    struct err err;
    __attribute__((cleanup(homes_close))) struct homes homes = {.count = 0};
    const struct given *older = command_given(line, "--older"), *forget = command_given(line, "--forget");
    if (forget && storage_drop_home(store->storage, forget->value, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "--forget: %s", err.msg);
    TRY(gather(line, store, &homes, refusal));
    return collect(&homes, older ? older->number : OLDER_MS, ret, refusal);
}

int verb_dataset_collect(const struct command_line *line) {
    struct refusal refusal;
    struct store store;
    struct terminal out;
    struct storage_collected collected = {0};
    char bytes[QUANTITY_BYTES], count[QUANTITY_BYTES];
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = run(line, &store, &collected, &refusal);
    store_close(&store);
    if (result < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "freed %s: %s %s\n", quantity_show_bytes(collected.bytes, bytes),
                 quantity_show_count(collected.objects, count), collected.objects == 1 ? "object" : "objects");
    return 0;
}
