/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a work directory. Where that is no file system of its own (level minimal) its size has to be looked at.
 *
 * A script changes it meanwhile; what moves may be missed or counted twice. Who nests deeper than WORK_MOST_DEPTH is told so:
 * what is below is not looked at.
 */
#ifndef DAEMON_WORK_USAGE_H
#define DAEMON_WORK_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#define WORK_MOST_DEPTH 100

struct work_usage {
    uint64_t bytes, files;
    bool too_deep;
};

/* Of one that is a file system of its own: whether it has no room left, for bytes or for files. */
bool work_is_full(int work_dir);

/* Of the directory and of `shm` beside it. Stops when it has found more than that many files. */
void work_usage_read(int work_dir, uint64_t most_files, struct work_usage *ret);

#endif
