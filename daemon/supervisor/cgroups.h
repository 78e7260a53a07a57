/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups (version 2) for the trees of jobs: memory and processes of a tree are then kept by the kernel, not by
 * looking. The supervisor makes them, gives them their limits and removes them; nobody else may write to them.
 *
 * Where: in the group that was delegated to us (systemd's Delegate=), if we are the only process in it. Our own processes
 * go into its child `main`, jobs into `job.PID` beside. Where no systemd rules, root makes `quern.PID` at the top. Which of
 * these are in use is told by a lock on the directory: it ends with its owner, however that ends, and the next start
 * removes what nobody holds.
 *
 * Whether they work is found out at the start by doing all of it with a process that only waits.
 *
 * Calling sequence: cgroups_open() → cgroups_admit() for a child that stands by, or cgroups_bind() for one that has a job
 * → cgroups_drop() when its tree is dead → cgroups_close(). A group is named after the child, so that a pidfd is enough to
 * find it; it is empty or has the child and its descendants. A struct cgroups owns its descriptors.
 *
 * Moving a process costs 10 ms now and then, a grace period of the kernel: hence cgroups_admit() ahead of time.
 */
#ifndef DAEMON_CGROUPS_H
#define DAEMON_CGROUPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "quern/err.h"
#include "quern/jail.h"

#define CGROUPS_ROOT "/sys/fs/cgroup"

struct cgroups {
    int base;       /* where the groups of jobs stand; -1: there are none */
    int top;        /* where `name` is ours and goes at the end; -1: it was there before us */
    char name[64];  /* "quern.PID" */
    struct err why; /* there are none because */
};

/* `root`: CGROUPS_ROOT. */
void cgroups_open(struct cgroups *groups, const char *root);
void cgroups_close(struct cgroups *groups);
static inline bool cgroups_are_there(const struct cgroups *groups) { return groups->base >= 0; }

/* The child behind `pidfd` is in a group of its own. Of a dead child: success, and nothing is there. */
MUST_USE int cgroups_admit(const struct cgroups *groups, int pidfd, struct err *err);

/* The same, and the group has these limits. *ret_group is its directory, the caller's, -1 of a dead child; *ret_pid names it
 * for cgroups_drop(). */
MUST_USE int cgroups_bind(const struct cgroups *groups, int pidfd, const struct jail_limits *limits, int *ret_group,
                          pid_t *ret_pid, struct err *err);

/* What a group is bound to: the work directory's pages are charged to it, too. */
uint64_t cgroups_memory_max(const struct jail_limits *limits);

void cgroup_kill(int group); /* all in it */
void cgroups_drop(const struct cgroups *groups, pid_t pid);

/* Removes the groups of children that died, but those in `kept`. */
void cgroups_sweep(const struct cgroups *groups, const pid_t *kept, uint32_t count);

#endif
