/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interpreter says about itself: it is run once, for its version and its place. An interpreter of another version
 * would find this program's library instead of its own, silently.
 */
#ifndef QUERN_PYTHON_PROBE_H
#define QUERN_PYTHON_PROBE_H

#include <limits.h>

#include "quern/err.h"

struct probe {
    char version[32];      /* "3.11.2" */
    char prefix[PATH_MAX]; /* sys.prefix */
};

/* REASON_CONFIG if it does not run or does not answer as a Python does. */
MUST_USE int probe_run(const char *python, struct probe *ret, struct err *err);

#endif
