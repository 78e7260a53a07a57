/* SPDX-License-Identifier: Apache-2.0 */
/* What a zygote's children share (struct jail), for the files of this folder only. */
#ifndef QUERN_JAIL_PARTS_H
#define QUERN_JAIL_PARTS_H

#include "filter.h"
#include "landlock.h"
#include "place.h"
#include "quern/jail.h"

#define JAIL_INIT_STACK_BYTES 65536u

struct jail {
    struct jail_facts facts;
    struct landlock_plan plan;
    struct filter filter;
    bool shared_memory; /* /dev/shm exists */
    bool fresh_proc;    /* each child can have a /proc of its own pid namespace */
    struct place place; /* without a mount namespace: of the work directories */
    int own_pid_ns;
    int init_program;
    void *init_stack;
};

/* A sealed, executable memory file with the bytes of quern-init. */
MUST_USE int init_program_open(int *ret, struct err *err);

/* What the machine gave this process, read back; landlock_abi and seccomp are what may be used. */
MUST_USE int facts_probe(struct jail_facts *ret, struct err *err);

/* No namespace was made for this process, whoever made those that it is in. */
void facts_without_namespaces(struct jail_facts *facts);
uint32_t facts_level(const struct jail_facts *facts, bool network_open);

/* The zygote's private view of the file system: everything read-only, an empty /run, a /proc of its own namespace. */
MUST_USE int mounts_make(bool network_open, bool *ret_fresh_proc, struct err *err);

/* A /proc of the caller's pid namespace. Where the machine hides parts of /proc, as containers do, the kernel refuses:
 * then *ret_fresh is false and the old one stays. */
MUST_USE int mounts_proc(bool *ret_fresh, struct err *err);

/* The uid, or gid, of a slot's child: one of its own, or that of all. */
uint32_t ids_of_slot(const struct jail_facts *facts, uint32_t slot, uint32_t ours);

/* Orphans of a child become this process's. */
MUST_USE int group_adopt(struct err *err);

/* In a process without a pid namespace of its own the kernel counts a user's threads everywhere: `own` and those. */
uint64_t limit_of_processes(const struct jail_facts *facts, uint64_t own);

/* The zygote's list of what scripts may read, besides `read_paths`. */
MUST_USE int paths_allow(struct landlock_plan *plan, bool network_open, bool host_proc, const char *const *read_paths,
                         struct err *err);

/* Lowers a limit to at most `soft` and `hard`, never raises it, and reads it back. */
MUST_USE int limit_set(int resource, const char *name, uint64_t soft, uint64_t hard, struct err *err);

#endif
