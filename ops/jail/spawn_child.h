/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new process's half of jail_spawn(): from clone to exec.
 *
 * It tells by `go` that it is there, waits on it until the parent has written its id maps, becomes what they allow, arranges its descriptors and
 * executes the program. Whatever fails is written to `report` as a struct err; the exec closes `report`, and that is
 * how the parent learns of success.
 */
#ifndef QUERN_JAIL_SPAWN_CHILD_H
#define QUERN_JAIL_SPAWN_CHILD_H

#include "quern/jail.h"

struct spawn_child {
    const struct jail_spawn *spawn;
    int program; /* opened by the parent */
    int go; /* to the parent one byte, if `isolate`: it can map the ids; from it one byte: enum spawn_ids. At its end the
                    parent is gone */
    int report;
};

enum spawn_ids { SPAWN_IDS_RANGE = 'r', SPAWN_IDS_SINGLE = 's', SPAWN_IDS_HOST = 'h' };

_Noreturn void spawn_child_run(const struct spawn_child *child);

#endif
