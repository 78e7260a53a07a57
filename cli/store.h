/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store behind the verbs: opened by --store, asked for keys, with words for what is not there.
 *
 *     store_open(line, &storage, refusal) → store_get() or store_set() → storage_close()
 *
 * Errors: an unknown key is REASON_NOT_FOUND, with the nearest key; what is no key, and a bad --store, REASON_USAGE.
 * `name` is what the word is called: "KEY", "--dataframe1". Descriptors of objects belong to the caller.
 */
#ifndef QUERN_CLI_STORE_H
#define QUERN_CLI_STORE_H

#include "cli/command.h"
#include "quern/storage.h"

/* The value of --store; NULL: it was not given. */
const char *store_url(const struct command_line *line);

MUST_USE int store_open(const struct command_line *line, struct storage **ret, struct refusal *refusal);
MUST_USE int store_open_url(const char *url, struct storage **ret, struct refusal *refusal);

MUST_USE int store_key_check(const char *name, const char *key, struct refusal *refusal);
/* Also not what the command line would take for a file: nobody could ask for it again. */
MUST_USE int store_new_key_check(const char *name, const char *key, struct refusal *refusal);
MUST_USE int store_get(struct storage *storage, const char *name, const char *key, struct storage_object *ret,
                       struct refusal *refusal);

/* `key` is a name of the version from now on. */
MUST_USE int store_set(struct storage *storage, const char *key, const char *version, struct refusal *refusal);
MUST_USE int store_remove(struct storage *storage, const char *name, const char *key, struct refusal *refusal);

/* "sha256-0123456789ab" of a longer one. Returns `text`. */
#define STORE_SHORT_BYTES 32
const char *store_short_version(const char *version, char text[STORE_SHORT_BYTES]);

#endif
