/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a zygote without mounts of its own puts the work directories of its children:
 *
 *     BASE/quern-UID/MARK/home           the zygote's own
 *     BASE/quern-UID/MARK/N/work, shm    of its child number N: the current directory, and what /dev/shm is elsewhere
 *
 * MARK is 16 hexadecimal digits. All processes below the zygote carry the same number as a limit that none of them can change
 * (place_mark), so that what a dead zygote left is found by whoever looks: its directory is locked while it lives.
 *
 * Calling sequence, in the zygote: place_open() → place_new() before each fork → place_remove() when nobody needs the child's
 * directory any more. In the child: place_mark(). Anybody of the same user: place_sweep().
 *
 * Errors: REASON_INFRA; REASON_CONFIG where the directory is another user's.
 */
#ifndef QUERN_JAIL_PLACE_H
#define QUERN_JAIL_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "quern/err.h"
#include "quern/jail.h"

struct place {
    int dir; /* MARK, locked; -1: none */
    char path[PATH_MAX], home[PATH_MAX];
    uint64_t mark;
    uint64_t count;
    uint64_t numbers[JAIL_SLOTS]; /* of the child that a slot has; 0: none */
};

MUST_USE int place_open(const char *base, struct place *ret, struct err *err);

/* The directories of the child that slot is going to have, which belong to that uid and gid. */
MUST_USE int place_new(struct place *place, uint32_t slot, uid_t uid, gid_t gid, struct err *err);
/* Its path: "work" or "shm". */
MUST_USE int place_path(const struct place *place, uint32_t slot, const char *name, char path[PATH_MAX],
                        struct err *err);

/* In the child, before the system calls are taken away that could change it. */
MUST_USE int place_mark(const struct place *place, struct err *err);

/* Removes what a slot's child left, some of it: true when all is gone that can go. What cannot be removed is left to
 * place_sweep(). All processes that could write there are dead. */
bool place_remove(struct place *place, uint32_t slot);

/* Removes it all, when every child is dead. */
void place_close(struct place *place);

/* Kills and removes what zygotes that are dead have left below `base`. */
void place_sweep(const char *base);

#endif
