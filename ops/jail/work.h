/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's only writable place: one tmpfs with JAIL_WORK_DIR and /dev/shm on it, so that one size bounds both.
 *
 * Calling sequence, in a mount namespace of the child's own: work_mount() → work_open().
 */
#ifndef QUERN_JAIL_WORK_H
#define QUERN_JAIL_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "quern/err.h"

struct work {
    uid_t uid;
    gid_t gid;
    uint64_t bytes, files;
    bool shared_memory; /* cover /dev/shm */
    bool mounted;       /* by work_mount(), or else a directory that was made before */
};

MUST_USE int work_mount(const struct work *work, struct err *err);

/* Makes it the current directory and gives a descriptor of it. */
MUST_USE int work_open(const struct work *work, const char *path, int *ret_fd, struct err *err);

#endif
