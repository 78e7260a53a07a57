/* SPDX-License-Identifier: Apache-2.0 */
/* How many threads this process has. A zygote must have one: a fork copies only the forking one, and locks that others
 * hold stay locked in the child for ever. */
#ifndef QUERN_PYTHON_THREADS_H
#define QUERN_PYTHON_THREADS_H

#include "quern/err.h"

/* Waits a moment for threads that are about to end. REASON_CONFIG "WHAT: expected one thread, found N". */
MUST_USE int threads_check(const char *what, struct err *err);

#endif
