/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of the user's directory are the queue's while `quern up` runs, and go back when it ends. The store is the same,
 * so that no bytes move; `job:` names stay with the queue.
 *
 * Calling sequence: import_begin() → … → import_end() → import_free(). In: of two that differ the younger one wins. Back:
 * what the queue has, but where somebody changed the directory meanwhile the younger one wins; what was removed from the
 * queue is removed.
 *
 * Ownership: the caller's. Errors: those of both homes.
 */
#ifndef QUERN_CLI_IMPORT_H
#define QUERN_CLI_IMPORT_H

#include "cli/refusal.h"
#include "quern/catalogue.h"

struct import; /* what the directory had */

MUST_USE int import_begin(struct catalogue *directory, struct catalogue *queue, struct import **ret,
                          struct refusal *refusal);
MUST_USE int import_end(const struct import *import, struct catalogue *directory, struct catalogue *queue,
                        struct refusal *refusal);
void import_free(struct import *import); /* accepts NULL */

#endif
