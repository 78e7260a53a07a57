/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a job that the kernel keeps for single processes only, kept for its whole tree: memory, CPU time, and the
 * number of threads where all children have one uid, and the work directory where it is no file system of its own. By
 * looking, again and again: `bound: polled`. Between two looks a tree may get beyond its limit; the nearer it is, the sooner
 * is the next look, 10 to 100 ms after the last. Looking takes a twentieth of a processor at most, as long as a look takes
 * less than 50 ms; the next one is due a second after a dearer one, so that a tree does not buy itself time by being dear to
 * look at.
 *
 * With a control group (`bound: cgroup`) the kernel keeps threads, and memory and work directory together; which of these
 * two it is, and CPU time, are looked at there.
 *
 * Calling sequence: tree_watch_init() → tree_watch_input() for each segment it gets → tree_watch_begin() when it is let go
 * → tree_watch_look() at tree_watch_next_ns(), again and again → tree_watch_done(). Owns its descriptors; the pidfd is
 * borrowed.
 */
#ifndef DAEMON_TREE_WATCH_H
#define DAEMON_TREE_WATCH_H

#include <stdbool.h>

#include "cgroup_usage.h"
#include "tree_usage.h"

struct tree_watch {
    struct tree_view view;
    struct cpu_book cpu; /* of the tree without a group */
    int group;           /* the tree's cgroup, or -1; owned */
    int work_dir;        /* the tree's, a file system of its own; -1 as long as it is not known; borrowed */
    int survey_dir;      /* the same where it is none, and has to be looked at */
    struct jail_facts facts;
    struct jail_limits limits;
    int process; /* pidfd of the child; borrowed */
    /* CPU time that was used before the job: by its group; or by the child, both parts in the first. */
    struct cgroup_cpu before;
    /* When to look next. Counting has a pace of its own: looking at the memory of many large processes is dear, and a fork
     * bomb would grow meanwhile. CLOCK_NEVER: nothing is to be watched. */
    uint64_t weigh_ns, count_ns, mappings_ns, survey_ns;
    uint32_t doubts;         /* looks in a row that found too much while processes came and went */
    uint64_t mapping_bytes;  /* as last weighed */
    uint64_t unlinked_bytes; /* of files of the work directory that have no name any more, as last weighed */
    uint64_t peak_bytes;     /* the highest figure seen; 0: nobody looked */
};

void tree_watch_init(struct tree_watch *watch);
void tree_watch_done(struct tree_watch *watch);

/* The segment behind `fd` is not the job's own memory. */
MUST_USE int tree_watch_input(struct tree_watch *watch, int fd, struct err *err);

/* inherited_bytes: of host_spawned. */
void tree_watch_begin(struct tree_watch *watch, int process, const struct jail_facts *facts, uint64_t inherited_bytes,
                      const struct jail_limits *limits);

/* `file`: what the next result is written into; owned. */
void tree_watch_lend(struct tree_watch *watch, int file);
/* Whether `file` is that one. Then it is a result now, and counts as such. */
bool tree_watch_take_back(struct tree_watch *watch, int file);

/* The child's work directory, as soon as it is known. */
void tree_watch_work(struct tree_watch *watch, const struct jail_facts *facts, int work_dir);

static inline uint64_t tree_watch_next_ns(const struct tree_watch *watch) {
    uint64_t next = watch->weigh_ns < watch->count_ns ? watch->weigh_ns : watch->count_ns;
    next = next < watch->mappings_ns ? next : watch->mappings_ns;
    return next < watch->survey_ns ? next : watch->survey_ns;
}

/* When all of it is dead: whether its work directory is larger than allowed, if nobody else kept that; as tree_watch_look(). */
int tree_watch_last_survey(struct tree_watch *watch, struct err *ret_why);
/* When all of it is dead: what its cgroup tells, CPU time since the job began; false without one. */
bool tree_watch_end(struct tree_watch *watch, struct cgroup_usage *ret);
/* It died because it reached the limit of its cgroup. */
void tree_watch_killed(const struct tree_watch *watch, const struct cgroup_usage *usage, struct err *ret_why);

/* It had more CPU time than it may have. */
void tree_watch_say_cpu(const struct jail_limits *limits, struct err *ret_why);

/* 0: within its limits, as far as is known. 1: beyond; *ret_why names the limit with its figure. -1: the tree cannot be
 * looked at, so that nothing may be promised. */
MUST_USE int tree_watch_look(struct tree_watch *watch, struct err *ret_why, struct err *err);

#endif
