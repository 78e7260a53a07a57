/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store behind the verbs, and the catalogue of its keys, with words for what is not there. --store names a store with a
 * catalogue of its own; else, where -q or --queue-url names a queue or one is configured (client.h), it is the queue's store
 * and the queue's catalogue; else the default store.
 *
 *     store_open(line, &store, refusal) → store_get(), store_find() or store_set() → store_close()
 *
 * Errors: an unknown key is REASON_NOT_FOUND, with the nearest key; what is no key, and a bad --store, REASON_USAGE.
 * `name` is what the word is called: "KEY", "--dataframe1". Descriptors of objects belong to the caller.
 */
#ifndef QUERN_CLI_STORE_H
#define QUERN_CLI_STORE_H

#include <limits.h>

#include "cli/command.h"
#include "quern/catalogue.h"

struct client;

struct store {
    struct storage *storage;      /* owned */
    struct catalogue *catalogue;  /* owned */
    struct client *client;        /* owned; NULL: no queue has to do with it */
    const char *url;              /* borrowed from the command line or from `client`; NULL: the default store */
    char password_file[PATH_MAX]; /* empty: the store wants none */
};

MUST_USE int store_open(const struct command_line *line, struct store *ret, struct refusal *refusal);
/* The store alone: `storage`, `url` and `password_file`. Nothing is sent. The refusal has no word for who named the URL. */
MUST_USE int store_connect(const char *url, struct store *store, struct refusal *refusal);
void store_close(struct store *store);

/* False of a directory, which has the room of its disk. */
bool store_has_budget(const struct store *store);

/* How the catalogue calls a key, or the beginning of one, that may name a job by its number: job:12/dataset1. */
MUST_USE int store_key(const struct store *store, const char *key, char ret[STORAGE_KEY_BYTES],
                       struct refusal *refusal);
MUST_USE int store_key_check(const char *name, const char *key, struct refusal *refusal);
/* Also not what the command line would take for a file: nobody could ask for it again. */
MUST_USE int store_new_key_check(const char *name, const char *key, struct refusal *refusal);
MUST_USE int store_get(const struct store *store, const char *name, const char *key, struct storage_object *ret,
                       struct refusal *refusal);
/* The version alone, without its bytes. */
MUST_USE int store_find(const struct store *store, const char *name, const char *key, struct storage_pin *ret,
                        struct refusal *refusal);

/* The same for who will want the bytes later. */
MUST_USE int store_pin(const struct store *store, const char *name, const char *key, struct storage_pin *ret,
                       struct refusal *refusal);

/* `key` is a name of the version from now on. */
MUST_USE int store_set(const struct store *store, const char *key, const char *version, struct refusal *refusal);
MUST_USE int store_remove(const struct store *store, const char *name, const char *key, struct refusal *refusal);

/* "sha256-0123456789ab" of a longer one. Returns `text`. */
#define STORE_SHORT_BYTES 32
const char *store_short_version(const char *version, char text[STORE_SHORT_BYTES]);

#endif
