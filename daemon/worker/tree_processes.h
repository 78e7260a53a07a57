/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a job's tree, one after the other: those of the /proc of the tree's own pid namespace, where nobody else is,
 * and nobody of the tree is missing. Where it has none the tree is a session, which nobody leaves.
 *
 * Calling sequence: tree_proc_open() or tree_proc_of_session() → the others, again and again → close `proc`. The reader has to
 * have created the tree's user namespace, or be root. Processes that end meanwhile are left out, and when one did, those that
 * were born meanwhile are visited, too, as long as their numbers rise: he may have handed his memory on by forking. So what one
 * has after the other may be found more than once.
 */
#ifndef DAEMON_TREE_PROCESSES_H
#define DAEMON_TREE_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "quern/err.h"

struct tree_processes {
    int proc;      /* the tree's /proc */
    pid_t session; /* of the tree, where that /proc is the machine's; 0: all in it are the tree's */
    uint32_t most; /* that are visited; 0: none */
};

/* Where there is no pid namespace the machine's /proc is looked at, and the processes of the session that the process behind
 * `pidfd` leads are the tree's: nobody steps out of it. */
MUST_USE int tree_proc_of_session(int pidfd, struct tree_processes *processes, struct err *err);

/* The /proc of the process behind `pidfd`; *ret_proc is -1 when that is dead or about to be. REASON_INFRA when it may not be read. */
MUST_USE int tree_proc_open(int pidfd, int *ret_proc, struct err *err);

/* Both directories are those of /proc. `thread` is a living one of the process; -1: it is dead, and nobody has buried it yet. */
typedef void tree_process_fn(void *context, int process, int thread);
MUST_USE int tree_processes_visit(const struct tree_processes *processes, tree_process_fn *visit, void *context,
                                  struct err *err);

/* Which processes there are, whoever they are: two that are equal have the same ones. */
struct tree_census {
    uint64_t count, sum, squares;
};
MUST_USE int tree_processes_census(const struct tree_processes *processes, struct tree_census *ret, struct err *err);
bool tree_census_equal(const struct tree_census *one, const struct tree_census *other);

/* Threads of all processes but the tiny init, as RLIMIT_NPROC counts them: who is dead and not buried is one. The cheapest of
 * all, and no dearer when processes are large. */
MUST_USE int tree_processes_threads(const struct tree_processes *processes, uint32_t *ret_threads, struct err *err);

/* For who visits: a file of a process that comes in one piece; empty when the process is gone. */
void tree_process_text(int process, const char *name, char *text, size_t room);
bool tree_is_number(const char *name);

#endif
