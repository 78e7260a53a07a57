// SPDX-License-Identifier: Apache-2.0
#include "cgroup_usage.h"

#include <sys/statfs.h>

#include "daemon/cgroup_file.h"

enum { TEXT_BYTES = 8192 };

static uint64_t less(uint64_t from, uint64_t what) { return from > what ? from - what : 0; }

static uint64_t work_bytes(int work_dir) {
    struct statfs status;
    if (work_dir < 0 || fstatfs(work_dir, &status) < 0)
        return 0;
    return (uint64_t)(status.f_blocks - status.f_bfree) * (uint64_t)status.f_bsize;
}

static uint64_t figure(const char *text, const char *key) {
    uint64_t number = 0;
    return cgroup_figure(text, key, &number) ? number : 0;
}

// "file" has the pages of memory files, too, which nothing but their end makes free.
static uint64_t reclaimable(const char *stat) {
    return less(figure(stat, "file"), figure(stat, "shmem")) + figure(stat, "slab_reclaimable");
}

void cgroup_cpu_read(int group, struct cgroup_cpu *ret) {
    char text[TEXT_BYTES];
    cgroup_read(group, "cpu.stat", text, sizeof text);
    *ret = (struct cgroup_cpu){.user_us = figure(text, "user_usec"), .system_us = figure(text, "system_usec")};
}

// The kernel counts refusals where they hit a process, whoever's limit it was: one of the groups above, perhaps.
static bool was_full_of_processes(int group) {
    char text[TEXT_BYTES];
    uint64_t refused = 0, peak = 0, most = 0;
    cgroup_read(group, "pids.events", text, sizeof text);
    if (!cgroup_figure(text, "max", &refused) || refused == 0)
        return false;
    cgroup_read(group, "pids.peak", text, sizeof text);
    bool known = cgroup_figure(text, "", &peak); // since Linux 6.1
    cgroup_read(group, "pids.max", text, sizeof text);
    return !known || (cgroup_figure(text, "", &most) && peak >= most);
}

bool cgroup_usage_read(int group, int work_dir, struct cgroup_usage *ret) {
    char text[TEXT_BYTES];
    uint64_t current;
    *ret = (struct cgroup_usage){0};
    cgroup_read(group, "memory.current", text, sizeof text);
    if (!cgroup_figure(text, "", &current))
        return false;
    cgroup_read(group, "memory.stat", text, sizeof text);
    ret->work_bytes = work_bytes(work_dir);
    ret->memory_bytes = less(less(current, reclaimable(text)), ret->work_bytes);
    cgroup_read(group, "memory.peak", text, sizeof text);
    ret->peak_bytes = figure(text, "");
    cgroup_read(group, "memory.events", text, sizeof text);
    ret->out_of_memory = figure(text, "oom") > 0 && figure(text, "oom_kill") > 0;
    ret->out_of_processes = was_full_of_processes(group);
    cgroup_cpu_read(group, &ret->cpu);
    return true;
}
