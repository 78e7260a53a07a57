/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that a job's script left in ./logs, or kept by another name, on our stdout: as it is into a pipe, filtered on a
 * terminal. `name` is looked for below ./logs first.
 *
 * Errors: REASON_NOT_FOUND, with what there is to see; what client_blame() says.
 */
#ifndef QUERN_CLI_LOG_FILE_H
#define QUERN_CLI_LOG_FILE_H

#include "cli/client.h"

MUST_USE int log_file_print(struct client *client, const char *word, const char *name, struct refusal *refusal);

#endif
