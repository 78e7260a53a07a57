/* SPDX-License-Identifier: Apache-2.0 */
/* The package `quern` (ops/python/quern) as marshalled code, made by cmake/freeze.py: the program needs no files. */
#ifndef QUERN_PYTHON_FROZEN_H
#define QUERN_PYTHON_FROZEN_H

#include <Python.h>

extern const struct _frozen frozen_modules[]; /* ends with an entry without name */

#endif
