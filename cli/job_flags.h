/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags that `run` and `submit` have in common (JOB in commands.def): the script and what it gets become a job.
 *
 * Calling sequence: job_defaults() → job_flags_read() → the verb pins keys or uploads files → job_check(). Files are looked
 * for here and pinned to what they are now; keys stand as they were written, without a version.
 *
 * Ownership: the job's, also after an error. Errors: REASON_USAGE, the flag in front.
 */
#ifndef QUERN_CLI_JOB_FLAGS_H
#define QUERN_CLI_JOB_FLAGS_H

#include "cli/command.h"
#include "quern/job.h"

MUST_USE int job_flags_read(const struct command_line *line, struct job *job, struct refusal *refusal);

/* "--dataframe2", or "--input model" */
#define JOB_FLAGS_NAME_BYTES 80
const char *job_flags_port(const struct job_input *input, char name[JOB_FLAGS_NAME_BYTES]);

#endif
