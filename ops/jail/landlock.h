/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: which files a process may open from now on.
 *
 * Calling sequence: landlock_plan_open() → landlock_plan_add() for each path, once, in the zygote. In the child:
 * landlock_build() with what only it has (its mounts) → landlock_enforce() after no_new_privs.
 *
 * The kernel's constants are repeated here, because Debian 12's headers end at ABI 2 and the kernel may know more. What
 * Landlock never covers (stat, chmod, chown, utime, sockets by path) is the business of the read-only mounts, the uid and
 * the seccomp program.
 *
 * Ownership: the plan owns its descriptors; landlock_plan_close() accepts an empty plan.
 */
#ifndef QUERN_JAIL_LANDLOCK_H
#define QUERN_JAIL_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define LANDLOCK_MAX_RULES 64u

enum landlock_rights {
    LANDLOCK_READ = 1, /* read and execute, below a directory too */
    LANDLOCK_DEVICE,   /* read and write one file */
    LANDLOCK_WORK,     /* everything but devices and sockets */
};

struct landlock_rule {
    int fd; /* O_PATH */
    uint64_t access;
};

struct landlock_plan {
    uint32_t abi; /* 0: this kernel has none; everything below then does nothing */
    bool network; /* leave TCP alone */
    size_t count;
    struct landlock_rule rules[LANDLOCK_MAX_RULES];
};

uint32_t landlock_abi(void);
void landlock_plan_open(struct landlock_plan *ret, bool network);
void landlock_plan_close(struct landlock_plan *plan);

/* A path that does not exist is left out. */
MUST_USE int landlock_plan_add(struct landlock_plan *plan, const char *path, enum landlock_rights rights,
                               struct err *err);

/* A ruleset descriptor from the plan. */
MUST_USE int landlock_build(const struct landlock_plan *plan, int *ret_ruleset, struct err *err);

/* Adds one more path, which must exist. */
MUST_USE int landlock_add(const struct landlock_plan *plan, int ruleset, const char *path, enum landlock_rights rights,
                          struct err *err);

/* From now on this process writes only below `paths`, which end with NULL. Reading stays as it is. From ABI 2 on; after
 * no_new_privs. */
MUST_USE int landlock_no_writes(uint32_t abi, const char *const *paths, struct err *err);

MUST_USE int landlock_enforce(int ruleset, struct err *err);

#endif
