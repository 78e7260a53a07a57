/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of an environment that quern made or makes: whole, or as if it had never begun, whenever we are killed.
 *
 * The descriptor decides: while it is there, so is the environment. A mark beside the virtual environments, the link
 * `.NAME.changing` to the descriptor's path, says that NAME is being changed; settling takes away what belongs to no
 * descriptor, then the mark. What a killed change left is settled by the next one.
 *
 * Calling sequence: change_begin() → change_mark() → write or remove the descriptor → change_settle() → close the lock.
 * `made` is the directory of all virtual environments. Errors: REASON_CONFIG; REASON_INFRA while another one changes.
 */
#ifndef QUERN_CLI_CHANGE_H
#define QUERN_CLI_CHANGE_H

#include "cli/refusal.h"

#define CHANGE_PART "." /* NAME.conf grows as .NAME.conf */

/* Makes the directory if it is missing, settles what others left: a descriptor that holds the lock. */
MUST_USE int change_begin(const char *made, struct refusal *refusal);
MUST_USE int change_mark(const char *made, const char *name, const char *descriptor, struct refusal *refusal);
MUST_USE int change_settle(const char *made, const char *name, struct refusal *refusal);

#endif
