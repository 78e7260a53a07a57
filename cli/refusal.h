/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line says when it does not go on: one line with what is wrong, then lines with what to do next.
 *
 *     refuse(refusal, REASON_USAGE, "unknown flag '%s'", word);
 *     refusal_advise(refusal, "did you mean '%s'?", best);
 *
 * refuse() returns -1. The text may hold bytes of the user's: refusal_print() shows controls escaped.
 */
#ifndef QUERN_CLI_REFUSAL_H
#define QUERN_CLI_REFUSAL_H

#include "quern/err.h"

#include <stdio.h>

#define REFUSAL_ADVICE 3
#define REFUSAL_ADVICE_BYTES 512

struct refusal {
    struct err err;
    unsigned advice_count;
    char advice[REFUSAL_ADVICE][REFUSAL_ADVICE_BYTES];
};

int refuse(struct refusal *refusal, enum reason reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
void refusal_advise(struct refusal *refusal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit code of a reason. */
static inline int refusal_code(enum reason reason) {
    const struct err err = {.reason = reason};
    return err_exit_code(&err);
}

/* Prints `error: ...` and the advice below it; returns the exit code. */
int refusal_print(const struct refusal *refusal, FILE *file);

#endif
