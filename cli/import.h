/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names go from one home of the catalogue to the other: of the user's directory into the queue of `quern up` when it starts,
 * and back when it ends. Of two that differ the younger one wins; `job:` names stay where they are. The store is the same,
 * so that no bytes move.
 *
 * Errors: those of both homes.
 */
#ifndef QUERN_CLI_IMPORT_H
#define QUERN_CLI_IMPORT_H

#include "cli/refusal.h"
#include "quern/catalogue.h"

/* `since_s`: names that `to` had before that moment (Unix time) and `from` does not have have been removed there, and are
 * here; 0: none are. */
MUST_USE int import_names(struct catalogue *from, struct catalogue *to, int64_t since_s, struct refusal *refusal);

#endif
