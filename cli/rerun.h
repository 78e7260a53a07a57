/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of `quern run` that does what a job document says, over files beside it: script, bundle.zip,
 * dataframe1.csv, ... as rerun_*_name() call them.
 *
 * Calling sequence: rerun_words() → rerun_print() or execv() → rerun_done(). What the document leaves at its default is not
 * written. Ownership: the words are the list's. Errors: REASON_INFRA when there is no memory.
 */
#ifndef QUERN_CLI_RERUN_H
#define QUERN_CLI_RERUN_H

#include <stdio.h>

#include "cli/refusal.h"
#include "quern/job.h"

#define RERUN_NAME_BYTES 32

struct rerun {
    char **words; /* "quern", "run", ...; NULL at the end */
    size_t count;
};

/* The job's own name for its script, where it is one for a file of Python. Borrowed. */
const char *rerun_script_name(const struct job *job);
const char *rerun_input_name(const struct job_input *input, char name[RERUN_NAME_BYTES]);
#define RERUN_BUNDLE_NAME "bundle.zip"

/* `environment` in the place of the job's; `timed`: with its time limit. */
MUST_USE int rerun_words(const struct job *job, const char *environment, bool timed, struct rerun *ret,
                         struct refusal *refusal);
MUST_USE int rerun_add(struct rerun *rerun, const char *word, struct refusal *refusal);
/* As a shell takes it, without a line end. */
void rerun_print(const struct rerun *rerun, FILE *file);
void rerun_done(struct rerun *rerun);

#endif
