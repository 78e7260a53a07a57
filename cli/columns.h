/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of columns on the command line: names with a comma between them. A backslash makes the next character part of
 * the name: `a\,b` is one name with a comma.
 */
#ifndef QUERN_CLI_COLUMNS_H
#define QUERN_CLI_COLUMNS_H

#include "cli/refusal.h"
#include "quern/job.h"

/* Into input->columns. `flag`: for messages. Errors: REASON_USAGE. */
MUST_USE int columns_parse(const char *flag, const char *list, struct job_input *input, struct refusal *refusal);

#endif
