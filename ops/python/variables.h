/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment variables of a zygote and so of every job: a few of the given ones are kept (VARIABLES_KEPT), all else
 * is forgotten, and those that make Python single-threaded, headless and UTF-8 are set. To be called once, before the
 * interpreter starts.
 */
#ifndef QUERN_PYTHON_VARIABLES_H
#define QUERN_PYTHON_VARIABLES_H

#include "quern/jail.h"

MUST_USE int variables_set(struct err *err);

/* Where the zygote may write, as far as its jail decides it. */
MUST_USE int variables_set_home(const struct jail *jail, struct err *err);

/* What programs that a script executes are to load. */
MUST_USE int variables_set_preload(const char *path, struct err *err);

#endif
