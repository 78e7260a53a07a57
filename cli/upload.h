/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a job, brought where its workers are: script, bundle and inputs become objects of the queue's store, pinned
 * by version. They are named `job:ID/input/ROLE`, so that they live as long as the job does.
 *
 * Errors: REASON_BAD_INPUT for a file that changed meanwhile; what the storage says, the file in front.
 */
#ifndef QUERN_CLI_UPLOAD_H
#define QUERN_CLI_UPLOAD_H

#include "cli/client.h"

/* Every source of the job that is a file. Says on a terminal what it does when that takes time. */
MUST_USE int upload_files(struct client *client, struct job *job, struct refusal *refusal);

#endif
