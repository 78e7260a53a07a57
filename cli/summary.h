/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of a job, below its steps: the tables, the pictures and where they are; or why it failed, with the line of
 * the script and what to do next.
 *
 * The facts are the manifest's (schemas/manifest.schema.json); a manifest that is missing or unreadable leaves the
 * outcome's reason and message. `script_path` is a local file, read for the line that failed. All is borrowed.
 */
#ifndef QUERN_CLI_SUMMARY_H
#define QUERN_CLI_SUMMARY_H

#include "cli/render.h"
#include "quern/run.h"

struct summary {
    const char *script_path;
    const char *output_dir; /* NULL: nothing was kept */
};

/* The job's warnings, one line each. */
void summary_warnings(const struct run_outcome *outcome, struct terminal *notes);

void summary_print(struct render *render, const struct run_outcome *outcome, const struct summary *summary);

#endif
