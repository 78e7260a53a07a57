/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environments by name, for `quern run --env NAME`: NAME.conf (schemas/environment.md) in the user's directory,
 * $XDG_CONFIG_HOME/quern/environments or ~/.config/quern/environments, else in /etc/quern/environments. Without a file,
 * "default" is the interpreter that quern was built for.
 *
 * Errors: REASON_USAGE for a name that is none or unknown, with the nearest one; REASON_CONFIG for a file that cannot be
 * used.
 */
#ifndef QUERN_CLI_ENVIRONMENTS_H
#define QUERN_CLI_ENVIRONMENTS_H

#include "cli/refusal.h"
#include "quern/environment.h"

MUST_USE int environments_find(const char *name, struct environment *ret, struct refusal *refusal);

#endif
