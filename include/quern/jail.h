/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jail's seam: what every process that meets foreign bytes or foreign code goes through.
 *
 * Three moments, three callers:
 *   supervisor  jail_spawn(): clone into new user, pid, network, mount, ipc and uts namespaces, ids mapped,
 *               exec; the new process is pid 1 of its namespace and holds capabilities only inside its own.
 *   zygote, once: jail_open() → a struct jail with everything that children share: private, read-only mounts with an
 *               empty /run on tmpfs (writable for the zygote, read-only for its children), Landlock rules, the compiled
 *               seccomp program. From then on /run is the only place where the zygote can write: caches of libraries
 *               that are imported later belong there.
 *   child:      jail_prepare(jail, slot) when it is forked ahead; jail_commit(jail, limits) when its job is known, before
 *               the first submitted byte. One uid per slot; it is free again when the tree is dead.
 *   codec:      jail_codec() instead of both: nothing but memory, threads and the descriptors it holds.
 *
 * Each step reads its post-condition back. A step that fails ends the child with JAIL_EXIT, after a struct err that
 * names the step was written to its report descriptor: never warn and continue. What the machine cannot give at all is
 * a fact (struct jail_facts), taken from a probe at start, and stands in every job record.
 *
 * tiny init: quern-init is pid 1 of a child's pid namespace: it reaps, and nothing else. The library carries its bytes.
 *
 * A script may: compute with threads and processes, read /usr, its own /proc, CPU facts and `read_paths`, write
 * JAIL_WORK_DIR and /dev/shm, make socket pairs. It has no socket() (with an open network: TCP and UDP over IP only, no
 * AF_UNIX, which would reach the host's services), no System V or message queue objects, no namespaces, no mounts.
 */
#ifndef QUERN_JAIL_H
#define QUERN_JAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "quern/err.h"

#define JAIL_EXIT 125
#define JAIL_WORK_DIR "/run/job" /* where a child's private tmpfs stands, its current directory */

/* What ops/python/quern/script.py puts there: the script, `Script Bundle`, `outputs` and `logs`. They are beside the limit
 * of work_files, which is the script's. */
#define JAIL_OWN_FILES 4u

/* Ids: inside the namespace the zygote is 0 and slot s is JAIL_FIRST_UID + s. Outside, as root, they are
 * JAIL_HOST_UID + 0 and + 1 + s; an ordinary user has its own uid for all (facts.own_uid false). */
#define JAIL_SLOTS 64u
#define JAIL_FIRST_UID 1000u
#define JAIL_HOST_UID 1879048192u

/* What keeps a job's tree of processes from more memory than its limit. rlimit: the address space of each process, nothing
 * for all together; polled: rlimit, and the supervisor's side looks at the tree and kills it; cgroup: the kernel. */
enum jail_bound { JAIL_BOUND_RLIMIT = 0, JAIL_BOUND_POLLED = 1, JAIL_BOUND_CGROUP = 2 };

enum jail_level { JAIL_NONE = 0, JAIL_MINIMAL = 1, JAIL_USER = 2, JAIL_FULL = 3 };

/* 0 or 1 unless said otherwise. Plain data: crosses process borders. */
struct jail_facts {
    uint32_t level; /* full: own_uid, Landlock, seccomp and all namespaces (net_ns unless the network is open);
                       user: the same without own_uid; minimal: what lacks more, all namespaces or Landlock, seccomp and not
                       uid 0 for scripts; the bound of memory is told apart */
    uint32_t user_ns, mount_ns, pid_ns, net_ns, ipc_ns;
    uint32_t own_uid;      /* one uid per child */
    uint32_t landlock_abi; /* 0: none */
    uint32_t seccomp;
    uint32_t bound; /* enum jail_bound */
    uint32_t network_open;
};

/* The least that is asked for, Landlock and seccomp with every level. All zero: whatever there is. */
struct jail_require {
    uint32_t level; /* enum jail_level */
    uint32_t bound; /* enum jail_bound */
};

/* REASON_CONFIG when the machine gives less: there is no silent step down. */
MUST_USE int jail_meets(const struct jail_facts *facts, const struct jail_require *require, struct err *err);

/* What makes a jail minimal and what scripts can do for it, sentence by sentence: index 0, 1, ... until it gives NULL. */
const char *jail_lack(const struct jail_facts *facts, uint32_t index);

/* Zero never means unlimited: jail_limits_default() fills in the defaults, jail_limits_check() refuses zeros. */
struct jail_limits {
    uint64_t memory_bytes; /* what the job adds; mapped inputs apart */
    uint64_t mapped_bytes; /* inputs that will be mapped: added to the address space limit */
    uint64_t work_bytes;   /* the work directory */
    uint64_t work_files;   /* that its script adds, directories too; in the work directory and /dev/shm */
    uint64_t file_bytes;   /* of one file or result */
    uint32_t processes;    /* threads count */
    uint32_t open_files;
    uint64_t cpu_seconds;
};

struct jail; /* opaque; what a zygote's children share */

/* The network policy is the supervisor's doing (no network namespace is made for `open`); seccomp follows it. */
struct jail_options {
    bool network_open;
    bool
        grouped; /* each job will be in a cgroup, which counts all memory: also what nobody sees who looks at its processes */
    const char *work_base;         /* not NULL: this process was spawned without namespaces (`apart`), and this is where
                                      work directories may be */
    const char *const *read_paths; /* NULL-terminated: Python's prefix, fonts, ... readable and executable */
};

void jail_limits_default(struct jail_limits *limits);
MUST_USE int jail_limits_check(const struct jail_limits *limits, struct err *err);

MUST_USE int jail_open(const struct jail_options *options, struct jail **ret, struct err *err);
/* JAIL_WORK_DIR, or where a child's work directory is without a mount namespace: valid as long as the slot has that child. */
MUST_USE int jail_work_path(const struct jail *jail, uint32_t slot, char path[4096], struct err *err);
/* Where a zygote may write. */
MUST_USE int jail_home(const struct jail *jail, char path[4096], struct err *err);
const struct jail_facts *jail_facts(const struct jail *jail);
const char *jail_level_name(enum jail_level level); /* "full" */
const char *jail_bound_name(enum jail_bound bound); /* "polled" */

/* In the child, single-threaded, right after fork: signals, session, mounts, work directory, ids, capabilities,
 * no_new_privs, Landlock, seccomp, closing of all descriptors but 0, 1, 2 and the `keep_count` of `keep`. Of the
 * limits, work_bytes and work_files count: those of the work directory, whose descriptor it gives. */
MUST_USE int jail_prepare(const struct jail *jail, uint32_t slot, const struct jail_limits *limits, const int *keep,
                          size_t keep_count, int *ret_work_dir, struct err *err);

/* In the child, when it has everything but its job: the size of its address space, on which the job's memory comes. */
MUST_USE int jail_measure(uint64_t *ret_bytes, struct err *err);

/* In the child, when the job is known: rlimits, and nothing else. `space_bytes`: by jail_measure(). What CPU time was used
 * before comes on top of the job's. */
MUST_USE int jail_commit(const struct jail *jail, uint64_t space_bytes, const struct jail_limits *limits,
                         struct err *err);

/* In the zygote, with the descriptor that jail_prepare() gave a child whose job was not known yet: makes the work directory
 * (and /dev/shm, which is on it) what the job's limits say. */
MUST_USE int jail_work_resize(const struct jail *jail, int work_dir, const struct jail_limits *limits, struct err *err);

/*
 * A tree: the tiny init, one child and all its descendants, in a pid namespace of their own. In the zygote:
 *
 *     jail_tree_start() → jail_tree_enter() → fork() with Python's hooks → jail_tree_leave() at once, in the parent
 *     ... → jail_tree_kill() when the child is dead or must be → waitpid() of the child → jail_tree_reap()
 *
 * The kernel lets the init die last: jail_tree_reap() before the child was reaped waits for ever. The pidfd is the
 * caller's; it may be given away, and killing it needs a uid or capability over the zygote's ids.
 */
MUST_USE int jail_tree_start(const struct jail *jail, int *ret_init_pidfd, struct err *err);
MUST_USE int jail_tree_enter(const struct jail *jail, int init_pidfd, struct err *err);
MUST_USE int jail_tree_leave(const struct jail *jail, struct err *err);
MUST_USE int jail_tree_kill(int init_pidfd, struct err *err); /* of a dead tree: success */
MUST_USE int jail_tree_reap(int init_pidfd, struct err *err);

/*
 * A tree where there is no pid namespace (level minimal): the child, leader of a session and a process group that nobody can
 * leave, and all in it. In the zygote:
 *
 *     jail_group_begin() → fork() → jail_group_bury() now and then → jail_group_kill() when the child is dead and not yet
 *     reaped, or must be → waitpid() of the child → jail_group_ended() until it is true → jail_group_remove() until it is true
 *
 * Killing is as complete as with a pid namespace, as long as the zygote lives; its orphans are swept by jail_sweep().
 */
MUST_USE int jail_group_begin(struct jail *jail, uint32_t slot, struct err *err); /* the work directory */
void jail_group_kill(pid_t leader);
void jail_group_bury(pid_t leader);             /* orphans that are dead */
bool jail_group_ended(pid_t leader, bool wait); /* nobody is left */
bool jail_group_remove(struct jail *jail,
                       uint32_t slot); /* the work directory, a piece at a time; true: nothing is left of it */
void jail_leave(struct jail *jail);    /* the zygote's end: what it wrote; its children are dead */

/* What a zygote of level minimal left below its work_base, if it is dead: processes are killed, directories removed. */
void jail_sweep(const char *work_base);

/* For quern-codec, in the process that serves one request, single-threaded: no file system, no sockets but those held,
 * an allow-list of system calls (threads, memory, the descriptors held; no fork, no memfd_create). Ask for the number of
 * CPUs before. `ret_facts` may be NULL. */
MUST_USE int jail_codec(struct jail_facts *ret_facts, struct err *err);

/* ---- in the supervisor ---- */

#define JAIL_SPAWN_FDS 32u

struct jail_spawn {
    const char *program;        /* path; opened before any privilege is given up, executed by descriptor */
    const char *const *argv;    /* NULL-terminated */
    const char *const *environ; /* NULL-terminated */
    const int *fds;             /* become 3, 4, ... in the program; 0 is /dev/null; 1 and 2 are inherited */
    uint32_t fd_count;
    bool isolate;      /* new namespaces; otherwise a plain child */
    bool apart;        /* without them, yet a session, directory and umask of its own */
    bool network_open; /* isolate without a network namespace */
};

/*
 * The caller is single-threaded: the program dies with the thread that started it. An isolated program is pid 1 of its
 * namespace: signals that it does not handle do not reach it (SIGKILL from outside does), and orphans are its to reap.
 *
 * Starts a program that dies with its parent (PR_SET_PDEATHSIG, re-armed by the program with jail_die_with_parent()).
 * ret_pidfd: readable when it is dead; SIGKILL to it ends the program and, with a pid namespace, all below.
 * The program learns what it got by reading it back: jail_open() fills in the facts. Errors: REASON_INFRA with the remedy
 * when the machine allows no user namespace.
 */
MUST_USE int jail_spawn(const struct jail_spawn *spawn, int *ret_pidfd, pid_t *ret_pid, struct err *err);

/* Of an error of jail_spawn() with `isolate`: this machine gives this user no namespaces, or none of use. */
bool jail_refused_namespaces(const struct err *err);

/* At the start of a spawned program: SIGKILL when the parent dies, also if it already has. */
MUST_USE int jail_die_with_parent(struct err *err);

#endif
