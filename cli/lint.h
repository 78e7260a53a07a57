/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a script, before it runs: `quern check`, and `quern submit` first of all.
 *
 * Calling sequence: lint_run() reads the job's script in a jailed process of the environment's interpreter, which runs none
 * of it → lint_print() or lint_print_json() → lint_done(). Of the job count its script, bundle, dialect, parameters and the
 * numbers of its inputs, which need not be there. An error is what cannot run, a warning what is doubtful.
 *
 * Ownership: findings are plain data of foreign origin, bounded; shown as terminal_say() shows them.
 * Errors: a refusal when the script could not be read at all; findings are none.
 */
#ifndef QUERN_CLI_LINT_H
#define QUERN_CLI_LINT_H

#include <stdint.h>
#include <stdio.h>

#include "cli/refusal.h"
#include "quern/environment.h"
#include "quern/job.h"

#define LINT_MOST 200u

struct lint_finding {
    uint32_t line, column; /* from 1; 0: of the whole file */
    bool error;
    char code[32], text[1024];
};

struct lint {
    struct lint_finding *findings; /* owned */
    uint32_t count, errors;
};

MUST_USE int lint_run(const struct job *job, const struct environment *environment, struct lint *ret,
                      struct refusal *refusal);
void lint_done(struct lint *lint);

/* FILE:LINE:COLUMN: error: TEXT, one line each. */
void lint_print(const struct lint *lint, const char *path, FILE *file);
/* One JSON object per line: file, line, column, level, code, text. */
MUST_USE int lint_print_json(const struct lint *lint, const char *path, FILE *file, struct refusal *refusal);

#endif
