/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user has set for good: $XDG_CONFIG_HOME/quern/quern.ini (~/.config), and passwords in files.
 *
 *     [queue]                                     [store]
 *     url = redis://jobs.example.org:6379         password_file = /home/ann/.config/quern/store.secret
 *     name = default
 *     password_file = /home/ann/.config/quern/redis.secret
 *
 * A missing file says nothing. Ownership: plain data; settings_password() gives a text that the caller frees. Errors:
 * REASON_CONFIG, file and line in front.
 */
#ifndef QUERN_CLI_SETTINGS_H
#define QUERN_CLI_SETTINGS_H

#include <limits.h>

#include "cli/refusal.h"

#define SETTINGS_TEXT_BYTES 256

struct settings {
    char file[PATH_MAX]; /* empty: there is no home */
    char url[SETTINGS_TEXT_BYTES], name[SETTINGS_TEXT_BYTES];
    char password_file[SETTINGS_TEXT_BYTES], store_password_file[SETTINGS_TEXT_BYTES];
};

MUST_USE int settings_read(struct settings *ret, struct refusal *refusal);

/* The password in the file that `variable` names, else in `path`; NULL when neither names one. */
MUST_USE int settings_password(const char *variable, const char *path, char **ret, struct refusal *refusal);

/* The variable's value; NULL when it is not set or empty. */
const char *settings_variable(const char *variable);

#endif
