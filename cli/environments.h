/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environments by name, for `quern run --env NAME` and `quern env`: NAME.conf (schemas/environment.md) in the user's
 * directory, else in /etc/quern/environments (places.h). Without a file, "default" is the interpreter that quern was built
 * for.
 *
 * Errors: REASON_USAGE for a name that is none or unknown, with the nearest one; REASON_CONFIG for a file that cannot be
 * used. `name` is borrowed for the call.
 */
#ifndef QUERN_CLI_ENVIRONMENTS_H
#define QUERN_CLI_ENVIRONMENTS_H

#include "cli/places.h"
#include "cli/refusal.h"
#include "quern/environment.h"

struct environments_entry {
    struct environment environment; /* only the name is set when there is a fault */
    char file[PATH_MAX];            /* empty: there is none, it is built in */
    char fault[ERR_MSG_BYTES];      /* why its file cannot be used; empty: it can */
};

/* `what` names the word in a refusal: "--env". */
MUST_USE int environments_check_name(const char *what, const char *name, struct refusal *refusal);

MUST_USE int environments_find(const char *name, struct environment *ret, struct refusal *refusal);

/* The same, with its file; one that cannot be used is an entry with a fault. */
MUST_USE int environments_entry(const char *what, const char *name, struct environments_entry *ret,
                                struct refusal *refusal);

/* All of them by name, each once: what shadows another one is in the user's directory. Ends early when `each` returns other
 * than 0, and returns that. */
int environments_each(int (*each)(void *context, const struct environments_entry *entry), void *context);

#endif
