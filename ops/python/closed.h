/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which directory keeps this process from a file. A zygote that root starts has another uid than root: what lies in a
 * private home is closed to it, and "permission denied" alone does not say where.
 */
#ifndef QUERN_PYTHON_CLOSED_H
#define QUERN_PYTHON_CLOSED_H

#include <limits.h>
#include <stdbool.h>

/* The first directory on the way to the absolute `path`, links followed, that may not be entered. False: there is none. */
bool closed_find(const char *path, char ret[PATH_MAX]);

#endif
