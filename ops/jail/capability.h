/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities by raw system calls: the only part of libcap that is needed, without its allocations.
 *
 * All act on the calling (single) thread. Errors: REASON_INFRA, naming the capability set.
 */
#ifndef QUERN_JAIL_CAPABILITY_H
#define QUERN_JAIL_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

/* What a spawned program may use inside its own namespaces: to mount, to map and change ids, to kill its children. */
#define CAPABILITY_SPAWNED                                                                                             \
    (UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_SETUID |      \
     UINT64_C(1) << CAP_SETPCAP | UINT64_C(1) << CAP_SYS_ADMIN)

/* Takes all but `keep` out of the bounding set: no exec can bring them back. Needs CAP_SETPCAP. */
MUST_USE int capability_bound(uint64_t keep, struct err *err);

/* Makes `keep` inheritable and ambient, so that it survives the exec of a program by an ordinary user. */
MUST_USE int capability_inherit(uint64_t keep, struct err *err);

/* Empties the ambient, inheritable, permitted and effective sets and reads them back. */
MUST_USE int capability_drop(struct err *err);

/* Whether the effective set holds `capability` (CAP_SYS_ADMIN, ...). */
bool capability_held(int capability);

#endif
