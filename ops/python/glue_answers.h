/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of a child (answer.h) as a Python object with the functions note(about, text),
 * result(port, name, rows, fd), object(name, kind, fd) and raised(reason, detail, type, message, line). Text may be any str.
 *
 * Ownership: a new reference; `conversation` is borrowed for as long as the object lives. Errors: OSError when the worker
 * is gone, ValueError for an answer that the contract forbids.
 */
#ifndef QUERN_PYTHON_GLUE_ANSWERS_H
#define QUERN_PYTHON_GLUE_ANSWERS_H

#include <Python.h>

PyObject *glue_answers(int conversation);

#endif
