/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes of a job's tree (tree_processes.h) use at this moment.
 *
 * Memory is what the job adds: private and shared anonymous memory, memory files, page tables, swap. Apart are its inputs
 * (by their inode numbers, never by names), files of the disk, and the work directory with /dev/shm, which have a limit of
 * their own. Two figures: tree_usage_most() is quick and counts pages that processes share once for each of them, and all
 * that is mapped; tree_usage_fair() reads every mapping and counts a shared page once. It does not count what the tree
 * still shares with its zygote, and is by at most `inherited_bytes` too low.
 *
 * The tree makes no memory files itself, which nobody would have open or mapped on their way through a socket: it is lent
 * one (quern/host.h), which counts wherever it is. Where no seccomp keeps it from making some they count as far as they are
 * found: mapped, and, where the reader may see what is open, open. There sockets count as full ones, beyond the few of an
 * ordinary script, and so does whatever is open beyond 16384 descriptors: a look has to be cheap. Unseen are what pipes
 * buffer, and sockets in the queue of a socket.
 */
#ifndef DAEMON_TREE_USAGE_H
#define DAEMON_TREE_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpu_book.h"
#include "quern/host.h"
#include "tree_processes.h"

struct tree_view {
    struct tree_processes processes;
    dev_t memory_device; /* of memory files */
    dev_t work_device;   /* of the work directory, where it is to be surveyed; 0: none */
    uint64_t inherited_bytes;
    int lent; /* the memory file that the next result is written into, or -1; borrowed */
    uint32_t input_count;
    ino_t inputs[HOST_MAX_PORTS];
};

struct tree_usage {
    uint64_t memory_bytes;
    uint64_t unlinked_bytes; /* open files of the work directory's device that have no name */
    uint64_t cpu_us;         /* of living processes, of those they waited for, and of others as far as they were seen */
};

/* CPU time in microseconds that the process behind `pidfd` has used so far; 0 when it is gone. */
uint64_t tree_usage_before(int pidfd);

MUST_USE int tree_usage_most(const struct tree_view *view, struct cpu_book *book, struct tree_usage *ret,
                             struct err *err);

/* *ret_steady: nobody was born or died meanwhile. Else what a parent had and what its child has of it may both count. */
MUST_USE int tree_usage_fair(const struct tree_view *view, uint64_t *ret_memory_bytes, bool *ret_steady,
                             struct err *err);

#endif
