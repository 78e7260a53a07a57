/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an environment's Python is installed: the directories that its jobs must be able to read. A venv has two, its
 * own and that of the interpreter it was made from (`home` in pyvenv.cfg).
 */
#ifndef QUERN_PYTHON_ROOTS_H
#define QUERN_PYTHON_ROOTS_H

#include <limits.h>

#include "quern/err.h"

#define ROOTS_MAX 4

struct roots {
    char texts[ROOTS_MAX][PATH_MAX];
    const char *paths[ROOTS_MAX + 1]; /* NULL-terminated, points into texts */
};

/* REASON_CONFIG if there is no such interpreter. */
MUST_USE int roots_find(const char *python, struct roots *ret, struct err *err);

#endif
