// SPDX-License-Identifier: Apache-2.0
// `quern dataset collect`: objects go that no name and no job wants. A store that knows of a queue which is not asked here
// frees nothing.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/quantity.h"
#include "cli/record_json.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/own.h"
#include "quern/queue_names.h"
#include "quern/queue_operator.h"

enum { AT_ONCE = 1000, MOST_QUEUES = 1000, AGE_MS = 24 * 3600 * 1000 };

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

// NAME of the same Redis, or NAME@URL. Who only asked for it must not make one.
static int open_other(const struct client *client, const char *word, struct queue **ret, struct refusal *refusal) {
    const char *at = strchr(word, '@');
    auto_free char *name = at ? strndup(word, (size_t)(at - word)) : strdup(word);
    const struct queue_options options = {
        .url = at ? at + 1 : client->url, .password_file = client->password_file, .name = name};
    struct queue *queue = NULL;
    struct queue_home home;
    struct err err;
    if (!name)
        return refuse(refusal, REASON_INFRA, "out of memory for a queue");
    if (queue_open(&options, &queue, &err) < 0)
        return refuse(refusal, REASON_USAGE, "--also: %s", err.msg);
    int result = queue_get_home(queue, &home, &err);
    if (result < 0)
        refuse(refusal, (enum reason)err.reason, "--also: %s", err.msg);
    else if (!*home.store)
        result = refuse(refusal, REASON_NOT_FOUND, "--also: there is no queue '%s' at %s, or it names no store", name,
                        options.url);
    if (result < 0)
        queue_close(queue);
    else
        *ret = queue;
    return result < 0 ? -1 : 0;
}

static int add(struct homes *homes, const struct store *store, const char *word, struct refusal *refusal) {
    struct err err;
    size_t at = homes->count;
    if (!store->client)
        return refuse(refusal, REASON_USAGE, "--also: there is no queue beside which '%s' could be", word);
    if (at == CATALOGUE_MAX_HOMES)
        return refuse(refusal, REASON_USAGE, "--also: expected at most %d queues", CATALOGUE_MAX_HOMES - 1);
    TRY(open_other(store->client, word, &homes->queues[at], refusal));
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

// Is this queue the home that a message speaks of?
static bool is_spoken_of(const struct client *client, const char *name, const char *message) {
    const struct queue_options options = {.url = client->url, .password_file = client->password_file, .name = name};
    char identity[QUEUE_NONCE_BYTES];
    struct queue *queue;
    struct queue_home home;
    if (queue_open(&options, &queue, NULL) < 0)
        return false;
    bool found = queue_get_home(queue, &home, NULL) >= 0 && *home.store && queue_identity(queue, identity, NULL) >= 0 &&
                 strstr(message, identity);
    queue_close(queue);
    return found;
}

// The store knows its homes by their identities, people by their names.
static void advise_home(const struct client *client, const char *message, struct refusal *refusal) {
    static char names[MOST_QUEUES][QUEUE_NAME_BYTES];
    size_t count = 0;
    if (!client || queue_all(client->queue, names, MOST_QUEUES, &count, NULL) < 0)
        count = 0;
    for (size_t i = 0; i < count; i++)
        if (is_spoken_of(client, names[i], message)) {
            refusal_advise(refusal, "it is the queue '%s': --also %s", names[i], names[i]);
            return;
        }
    refusal_advise(refusal,
                   "a queue of another Redis: --also NAME@URL; that of `quern up`: start it first; one that is no "
                   "more: --forget HOME");
}

static int blame(const struct store *store, const struct err *err, struct refusal *refusal) {
    refuse(refusal, (enum reason)err->reason, "%s", err->msg);
    if (err->reason == REASON_CONFIG)
        advise_home(store->client, err->msg, refusal);
    return -1;
}

static int collect(const struct store *store, const struct homes *homes, uint64_t age_ms, struct storage_collected *all,
                   struct refusal *refusal) {
    struct storage_collected some;
    struct err err;
    do {
        if (catalogue_collect(homes->catalogues, homes->count, age_ms, AT_ONCE, &some, &err) < 0)
            return blame(store, &err, refusal);
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
    return collect(store, &homes, age ? age->number : AGE_MS, all, refusal);
}

static int tell_json(const struct storage_collected *all, struct refusal *refusal) {
    return record_json_print(json_pack("{s:i, s:I, s:I, s:I}", "schema", 1, "objects", (json_int_t)all->objects,
                                       "attempts", (json_int_t)all->attempts, "bytes", (json_int_t)all->bytes),
                             false, refusal);
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
    if (command_given(line, "--json"))
        return tell_json(&all, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "collected %" PRIu64 " objects, %s\n", all.objects, quantity_show_bytes(all.bytes, bytes));
    return 0;
}
