/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small job on the way of a real one, in a child that waits for its own: the pages that its fork owes are copied, and
 * every function of the way has run, before anybody waits. Nothing of it is seen by the job: what it leaves it takes back.
 * Errors: REASON_INFRA, REASON_CONFIG.
 */
#ifndef QUERN_PYTHON_REHEARSAL_H
#define QUERN_PYTHON_REHEARSAL_H

#include "ops/python/glue.h"

MUST_USE int rehearsal_run(const struct glue *glue, uint32_t profile, struct err *err);

/* The way to the first line once more, and if `conversation` is silent still, the compiler with more than a few lines. */
MUST_USE int rehearsal_again(const struct glue *glue, uint32_t profile, int conversation, struct err *err);

#endif
