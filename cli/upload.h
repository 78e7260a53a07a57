/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a job, brought where its workers are: script, bundle and inputs become objects of the queue's store, pinned
 * by version. The document calls them `job:ID/input/ROLE`; no catalogue has that name: the collector of the store looks into the
 * documents of the queue.
 *
 * Errors: REASON_BAD_INPUT for a file that changed meanwhile; what the storage says, the file in front.
 */
#ifndef QUERN_CLI_UPLOAD_H
#define QUERN_CLI_UPLOAD_H

#include "cli/client.h"

/* Every source of the job that is a file. Says on a terminal what it does when that takes time. */
MUST_USE int upload_files(struct client *client, struct job *job, struct refusal *refusal);

#endif
