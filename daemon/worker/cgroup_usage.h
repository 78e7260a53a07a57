/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a job's control group tells of its tree, whose processes may be dead already. Memory is what the job adds, as in
 * tree_usage.h: inputs were charged to who wrote them, files of the disk and the work directory are taken off.
 */
#ifndef DAEMON_CGROUP_USAGE_H
#define DAEMON_CGROUP_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct cgroup_cpu {
    uint64_t user_us, system_us;
};

struct cgroup_usage {
    uint64_t memory_bytes; /* now */
    uint64_t work_bytes;   /* in the work directory, now */
    uint64_t
        peak_bytes; /* the most that was charged at a time, files and work directory with it; 0: before Linux 5.19 */
    struct cgroup_cpu cpu;
    bool out_of_processes; /* it had as many as it may have, and wanted more */
    bool out_of_memory;    /* the group's own limit made the kernel kill it */
};

/* Zeros where there is no such group. */
void cgroup_cpu_read(int group, struct cgroup_cpu *ret);

/* `work_dir`: the tree's, or -1. False: there is no such group. */
bool cgroup_usage_read(int group, int work_dir, struct cgroup_usage *ret);

#endif
