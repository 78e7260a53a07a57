/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zygote that has served long gives its place to a new one, and what its libraries gathered goes with it. The new one
 * comes up beside it and takes the place when it is ready: no job waits. The old one gets no more jobs; it ends when those
 * that it has begun have ended, and those that had asked for it already.
 *
 * Calling sequence: renewal_due() → renewal_begin() → renewal_turn() when the successor has news → renewal_bury() when the
 * retired one has. Errors: the old one goes on as if nothing had been tried.
 */
#ifndef DAEMON_RENEWAL_H
#define DAEMON_RENEWAL_H

#include "supervisor.h"

/* Never again while one is under way, or an old one still has jobs. */
bool renewal_due(const struct supervisor *supervisor, uint32_t environment, uint64_t now_ns);
MUST_USE int renewal_begin(struct supervisor *supervisor, uint32_t environment, struct err *err);
MUST_USE int renewal_turn(struct supervisor *supervisor, uint32_t environment, struct err *err);
void renewal_bury(struct supervisor *supervisor, uint32_t environment);

/* Kills both. */
void renewal_done(struct supervisor *supervisor, uint32_t environment);

#endif
