/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between the child (plain C) and Python.
 *
 * Calling sequence: glue_open() in the child, as soon as its jail is on, with a pipe's end as 1 and 2: what all jobs have
 * in common is done. glue_rehearse(), if there is time: a call of our own, of which nothing stays. glue_run(), once.
 *
 * glue_run() does the task of `call` in this process with the interpreter that is up, and answers through answer.h: NOTE
 * and RESULT as they come, RAISED for what the script did wrong. It returns 0 when the conversation may go on to DONE
 * (RAISED included), -1 when it is broken and the child is to end. It prints nothing of its own, flushes Python's stdout
 * and stderr before it returns, and leaves no exception set.
 *
 * Errors of the others: REASON_INFRA with the exception's words.
 *
 * PyInit__quern() is the builtin module `_quern`, registered before the interpreter comes up. The Python half is the
 * package `quern` (ops/python/quern), frozen into the program; warm.c imports `quern.entry` after the preloads.
 */
#ifndef QUERN_PYTHON_GLUE_H
#define QUERN_PYTHON_GLUE_H

#include <Python.h>

#include "ops/python/call.h"

struct glue {
    PyObject *entry, *run, *answers; /* as long as the process lives */
};

/* `module`: quern.entry, or quern.lint for scripts that are only read. */
MUST_USE int glue_open(struct glue *glue, const char *module, int conversation, const char *directory, struct err *err);
/* `part`: "rehearse", or "begin", which needs no script. */
MUST_USE int glue_rehearse(const struct glue *glue, const char *part, const struct call *call, struct err *err);
MUST_USE int glue_run(const struct glue *glue, const struct call *call);
PyObject *PyInit__quern(void);

#endif
