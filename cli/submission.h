/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags of `submit` that are not the job's document: when, how often, after what.
 *
 * Calling sequence: submission_read() → the document is put into .queued → queue_submit() → submission_done(). Ids of
 * dependencies live in the submission. Errors: REASON_USAGE with the flag in front; REASON_NOT_FOUND for a number that no
 * job has.
 */
#ifndef QUERN_CLI_SUBMISSION_H
#define QUERN_CLI_SUBMISSION_H

#include "cli/client.h"
#include "quern/queue_client.h"

struct submission {
    struct queue_submission queued;
    struct queue_dependency after[QUEUE_MAX_DEPENDENCIES];
    char ids[QUEUE_MAX_DEPENDENCIES][JOB_ID_BYTES];
};

MUST_USE int submission_read(const struct command_line *line, const struct client *client, struct submission *ret,
                             struct refusal *refusal);

/* The job waits for that one to succeed, unless the command line said something else of it. */
MUST_USE int submission_needs(struct submission *submission, const char *id, struct refusal *refusal);

#endif
