// SPDX-License-Identifier: Apache-2.0
#include "cli/store.h"

#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/preferences.h"
#include "cli/source.h"
#include "cli/suggest.h"
#include "quern/own.h"

enum { SHORT_VERSION = 19 }; // sha256- and twelve digits

int store_connect(const char *url, struct store *store, struct refusal *refusal) {
    struct err err;
    store->url = url;
    TRY(preferences_store_secret(url, store->password_file, refusal));
    const struct storage_options options = {.url = url, .password_file = store->password_file};
    return storage_open_with(&options, &store->storage, &err) < 0
               ? refuse(refusal, (enum reason)err.reason, "%s", err.msg)
               : 0;
}

static int open_alone(const char *url, struct store *ret, struct refusal *refusal) {
    struct store store = {.url = url};
    struct err err;
    struct refusal why;
    if (store_connect(url, &store, &why) < 0)
        return refuse(refusal, url ? REASON_USAGE : (enum reason)why.err.reason, "%s%s", url ? "--store: " : "",
                      why.err.msg);
    if (catalogue_of_store(store.storage, &store.catalogue, &err) < 0) {
        store_close(&store);
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    }
    *ret = store;
    return 0;
}

// The queue's client has the store, and we have the client.
static int open_of_queue(const struct command_line *line, struct store *ret, struct refusal *refusal) {
    struct client *client = malloc(sizeof *client);
    if (!client)
        return refuse(refusal, REASON_INFRA, "out of memory for a queue");
    int result = client_open(line, client, refusal);
    if (result == 0 && client_store(client, refusal) < 0) {
        client_close(client);
        result = -1;
    }
    if (result < 0) {
        free(client);
        return -1;
    }
    *ret = client->store;
    ret->client = client;
    return 0;
}

int store_open(const struct command_line *line, struct store *ret, struct refusal *refusal) {
    const struct given *given = command_given(line, "--store"), *queue = command_given(line, "--queue");
    queue = queue ? queue : command_given(line, "--queue-url");
    if (given && queue)
        return refuse(refusal, REASON_USAGE, "--store: its keys are not those of a queue: expected no %s beside it",
                      flags[queue->flag].word);
    if (queue || (!given && client_is_configured(line)))
        return open_of_queue(line, ret, refusal);
    return open_alone(given ? given->value : NULL, ret, refusal);
}

void store_close(struct store *store) {
    if (store->client) {
        client_close(store->client);
        free(store->client);
    } else {
        catalogue_close(store->catalogue);
        storage_close(store->storage);
    }
    *store = (struct store){.url = NULL};
}

bool store_has_budget(const struct store *store) { return store->url && strncmp(store->url, "file:", 5) != 0; }

int store_key_check(const char *name, const char *key, struct refusal *refusal) {
    struct err err;
    return storage_key_check(key, &err) < 0 ? refuse(refusal, REASON_USAGE, "%s: %s", name, err.msg) : 0;
}

int store_new_key_check(const char *name, const char *key, struct refusal *refusal) {
    TRY(store_key_check(name, key, refusal));
    if (!source_is_file(key))
        return 0;
    refuse(refusal, REASON_USAGE, "%s: expected a key, found '%s', which every command would take for a file", name,
           key);
    if (source_has_format(key))
        refusal_advise(refusal, "call it '%.*s'", (int)(strrchr(key, '.') - key), key);
    return -1;
}

static int offer_key(void *context, const struct storage_entry *entry) {
    suggest_offer(context, entry->key);
    return 0;
}

// "job:12/" of anything: how many digits stand behind the colon; 0: it speaks of no job by its number.
static size_t number_bytes(const char *key) {
    size_t digits = strncmp(key, "job:", 4) == 0 ? strspn(key + 4, "0123456789") : 0;
    return digits && key[4 + digits] == '/' ? digits : 0;
}

// What a job has besides: nothing stands there for an output that was None.
static int no_output(const char *key, struct refusal *refusal) {
    refusal_advise(refusal, "an output that was None is not kept; the job has: quern dataset ls %.*s",
                   (int)(strchr(key, '/') + 1 - key), key);
    return -1;
}

static int no_key(const struct store *store, const char *name, const char *key, struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, key);
    refuse(refusal, REASON_NOT_FOUND, "%s: there is no dataset '%s' in the store", name, key);
    if (strncmp(key, "job:", 4) == 0 && strchr(key, '/'))
        return no_output(key, refusal);
    if (catalogue_names(store->catalogue, "", offer_key, &suggest, NULL) == 0 && suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    return -1;
}

// What the storage said of a key.
static int blame(const struct store *store, const char *name, const char *key, const struct err *err,
                 struct refusal *refusal) {
    if (err->reason == REASON_NOT_FOUND)
        return no_key(store, name, key, refusal);
    return refuse(refusal, err->reason == REASON_BAD_INPUT ? REASON_USAGE : (enum reason)err->reason, "%s: %s", name,
                  err->msg);
}

int store_key(const struct store *store, const char *key, char ret[STORAGE_KEY_BYTES], struct refusal *refusal) {
    char word[JOB_ID_BYTES], id[JOB_ID_BYTES];
    size_t digits = store->client ? number_bytes(key) : 0;
    if (digits == 0 || digits >= sizeof word) {
        snprintf(ret, STORAGE_KEY_BYTES, "%s", key);
        return 0;
    }
    snprintf(word, sizeof word, "%.*s", (int)digits, key + 4);
    TRY(client_find_job(store->client, word, id, refusal));
    snprintf(ret, STORAGE_KEY_BYTES, "job:%s%s", id, key + 4 + digits);
    return 0;
}

// What people call a key, and how the catalogue calls it.
static int know_key(const struct store *store, const char *name, const char *key, char ret[STORAGE_KEY_BYTES],
                    struct refusal *refusal) {
    TRY(store_key_check(name, key, refusal));
    return store_key(store, key, ret, refusal);
}

int store_get(const struct store *store, const char *name, const char *key, struct storage_object *ret,
              struct refusal *refusal) {
    struct err err;
    char whole[STORAGE_KEY_BYTES];
    TRY(know_key(store, name, key, whole, refusal));
    return catalogue_get(store->catalogue, whole, NULL, ret, &err) < 0 ? blame(store, name, key, &err, refusal) : 0;
}

int store_find(const struct store *store, const char *name, const char *key, struct storage_pin *ret,
               struct refusal *refusal) {
    struct err err;
    char whole[STORAGE_KEY_BYTES];
    TRY(know_key(store, name, key, whole, refusal));
    return catalogue_find(store->catalogue, whole, ret, &err) < 0 ? blame(store, name, key, &err, refusal) : 0;
}

int store_pin(const struct store *store, const char *name, const char *key, struct storage_pin *ret,
              struct refusal *refusal) {
    struct err err;
    char whole[STORAGE_KEY_BYTES];
    TRY(know_key(store, name, key, whole, refusal));
    return catalogue_pin(store->catalogue, whole, ret, &err) < 0 ? blame(store, name, key, &err, refusal) : 0;
}

int store_set(const struct store *store, const char *key, const char *version, struct refusal *refusal) {
    const struct storage_name changed = {key, version};
    struct err err;
    if (catalogue_promote(store->catalogue, &changed, 1, &err) < 0)
        return blame(store, "KEY", key, &err, refusal);
    return 0;
}

struct search {
    const char *key;
    bool found;
};

static int compare_key(void *context, const struct storage_entry *entry) {
    struct search *search = context;
    search->found = strcmp(entry->key, search->key) == 0;
    return search->found;
}

// A key that no new one could be goes only if the store itself says that it has it.
static bool is_held(const struct store *store, const char *key) {
    struct search search = {.key = key};
    (void)!catalogue_names(store->catalogue, "", compare_key, &search, NULL);
    return search.found;
}

int store_remove(const struct store *store, const char *name, const char *key, struct refusal *refusal) {
    struct err err;
    if (store_key_check(name, key, refusal) < 0 && !is_held(store, key))
        return -1;
    return catalogue_remove(store->catalogue, &key, 1, &err) < 0 ? blame(store, name, key, &err, refusal) : 0;
}

const char *store_short_version(const char *version, char text[STORE_SHORT_BYTES]) {
    snprintf(text, STORE_SHORT_BYTES, "%.*s", SHORT_VERSION, version);
    return text;
}
