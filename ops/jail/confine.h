/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single ways of giving something up, each read back: what the jails of scripts and of the codec are put together from.
 * For a single-threaded process. Errors: REASON_INFRA.
 */
#ifndef QUERN_JAIL_CONFINE_H
#define QUERN_JAIL_CONFINE_H

#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

/* One step of a jail: a function that needs nothing, or one with the jail's own state. The tables of steps are what an
 * auditor reads. */
struct confine_step {
    const char *name;
    int (*plain)(struct err *err);
    int (*with)(void *state, struct err *err);
};

/* Runs the steps in order; the message of one that fails begins with its name. */
MUST_USE int confine_run(const struct confine_step *steps, size_t count, void *state, struct err *err);

/* Proves that there is one thread: what follows holds for the calling one only. */
MUST_USE int confine_single_thread(struct err *err);
MUST_USE int confine_signals(struct err *err);
MUST_USE int confine_death(struct err *err); /* SIGKILL with the parent */
MUST_USE int confine_not_dumpable(struct err *err);
MUST_USE int confine_no_new_privileges(struct err *err);
MUST_USE int confine_fixed_limits(struct err *err); /* core, locked memory, queues, priorities, stack */
/* 0, 1 and 2 stay, too. Of the others it looks at the first 512: more nobody has open who is confined here. */
enum { CONFINE_MOST_KEPT = 32 };
MUST_USE int confine_close_all_but(const int *keep, size_t count, struct err *err);

#endif
