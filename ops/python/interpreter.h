/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded interpreter: isolated (no PYTHON* variables, no user site, no current directory on sys.path), UTF-8 mode,
 * unbuffered text streams, no byte code written, no signal handlers. It finds its library where the environment's
 * interpreter would, a venv's pyvenv.cfg included; that it is the same version and place is asked of the interpreter
 * itself (probe.h) and checked.
 *
 * Calling sequence: variables_set() → interpreter_open() → interpreter_import() … Never closed: the process ends.
 * Errors: REASON_CONFIG with Python's own words: what fails here is the installation that the environment names.
 */
#ifndef QUERN_PYTHON_INTERPRETER_H
#define QUERN_PYTHON_INTERPRETER_H

#include <Python.h>

#include "quern/err.h"

MUST_USE int interpreter_open(const char *python, struct err *err);

/* Imports a module by its dotted name and forgets the reference. */
MUST_USE int interpreter_import(const char *module, struct err *err);

/* Calls `module.function()` without arguments. Returns a new reference, or NULL with *err filled. */
PyObject *interpreter_call(const char *module, const char *function, struct err *err);

/* Turns the exception that is set into *err ("WHAT: Type: message") and clears it. Returns -1. */
int interpreter_err(struct err *err, enum reason reason, const char *what);

#endif
