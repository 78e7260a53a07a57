/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user has set for good: $XDG_CONFIG_HOME/quern/quern.ini (~/.config), and passwords in files.
 *
 *     [queue]                                     [store]
 *     url = redis://jobs.example.org:6379         password_file = /home/ann/.config/quern/store.secret
 *     name = default
 *     password_file = /home/ann/.config/quern/redis.secret
 *     key_file = /home/ann/.config/quern/jobs.key
 *     durability = replicated
 *
 * A missing file says nothing. Ownership: plain data; of passwords only the names of files. Errors: REASON_CONFIG,
 * file and line in front.
 */
#ifndef QUERN_CLI_PREFERENCES_H
#define QUERN_CLI_PREFERENCES_H

#include <limits.h>

#include "cli/refusal.h"

#define PREFERENCES_TEXT_BYTES 256

struct preferences {
    char file[PATH_MAX]; /* empty: there is no home */
    char url[PREFERENCES_TEXT_BYTES], name[PREFERENCES_TEXT_BYTES], durability[PREFERENCES_TEXT_BYTES];
    char password_file[PREFERENCES_TEXT_BYTES], key_file[PREFERENCES_TEXT_BYTES],
        store_password_file[PREFERENCES_TEXT_BYTES];
};

MUST_USE int preferences_read(struct preferences *ret, struct refusal *refusal);

/* The file that has the store's password: QUERN_STORE_PASSWORD_FILE, else quern.ini; empty when neither names one, or the
 * store is a directory. */
MUST_USE int preferences_store_secret(const char *url, char ret_path[PATH_MAX], struct refusal *refusal);

/* The variable's value; NULL when it is not set or empty. */
const char *preferences_variable(const char *variable);

#endif
