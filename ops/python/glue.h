/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between the child (plain C) and Python.
 *
 * glue_run() does the task of `call` in this process with the interpreter that is up, and answers through answer.h: NOTE
 * and RESULT as they come, RAISED for what the script did wrong. It returns 0 when the conversation may go on to DONE
 * (RAISED included), -1 when it is broken and the child is to end. It prints nothing of its own, flushes Python's stdout
 * and stderr before it returns, and leaves no exception set. It may be called once per process.
 *
 * PyInit__quern() is the builtin module `_quern`, registered before the interpreter comes up. The Python half is the
 * package `quern` (ops/python/quern), frozen into the program; warm.c imports `quern.entry` after the preloads.
 */
#ifndef QUERN_PYTHON_GLUE_H
#define QUERN_PYTHON_GLUE_H

#include <Python.h>

#include "ops/python/call.h"

MUST_USE int glue_run(const struct call *call);
PyObject *PyInit__quern(void);

#endif
