/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs another program and waits for its end. It reads nothing, says all on our stderr, and dies with us, together with all that it
 * started. argv ends with NULL; argv[0] is a path. Errors: REASON_CONFIG when it cannot be run or fails, naming it and how it ended.
 */
#ifndef QUERN_CLI_PROGRAM_H
#define QUERN_CLI_PROGRAM_H

#include "cli/refusal.h"

MUST_USE int program_run(const char *const *argv, struct refusal *refusal);

#endif
