// SPDX-License-Identifier: Apache-2.0
#include "cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/cgroup_file.h"
#include "daemon/pid_of.h"
#include "quern/own.h"

enum { NAME_BYTES = 32, TEXT_BYTES = 4096 };

static void name_of(pid_t pid, char name[NAME_BYTES]) { snprintf(name, NAME_BYTES, "job.%d", (int)pid); }

static bool is_in(int group, pid_t pid) {
    char text[TEXT_BYTES], line[NAME_BYTES];
    cgroup_read(group, "cgroup.procs", text, sizeof text);
    int length = snprintf(line, sizeof line, "%d\n", (int)pid);
    for (const char *at = text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, (size_t)length) == 0)
            return true;
    }
    return false;
}

static int open_group(const struct cgroups *groups, const char *name) {
    return openat(groups->base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// An empty one of that name is of a process that died, whose number was given again.
static int make_group(const struct cgroups *groups, const char *name, struct err *err) {
    (void)unlinkat(groups->base, name, AT_REMOVEDIR);
    if (mkdirat(groups->base, name, 0755) < 0)
        return err_sys(err, REASON_INFRA, "the cgroup %s", name);
    int group = open_group(groups, name);
    return group < 0 ? err_sys(err, REASON_INFRA, "the cgroup %s", name) : group;
}

// Read back. A process that is dead, or dying, cannot be moved any more, and need not be.
static int put_into(int group, int pidfd, pid_t pid, struct err *err) {
    struct err moving;
    if (cgroup_write_number(group, "cgroup.procs", (uint64_t)pid, &moving) == 0 && is_in(group, pid))
        return 1;
    if (pid_of(pidfd) != pid || moving.sys == ESRCH)
        return 0;
    *err = moving;
    return moving.sys ? -1 : err_set(err, REASON_INFRA, "process %d is not in the cgroup it was put into", (int)pid);
}

// The directory of its group, or -1 with *ret_pid -1 when it is dead.
static int admit(const struct cgroups *groups, int pidfd, pid_t *ret_pid, struct err *err) {
    char name[NAME_BYTES];
    pid_t pid = *ret_pid = pid_of(pidfd);
    if (pid <= 0)
        return *ret_pid = -1;
    name_of(pid, name);
    auto_fd int group = open_group(groups, name);
    if (group >= 0 && is_in(group, pid))
        return steal_fd(&group);
    own_close(&group);
    group = make_group(groups, name, err);
    TRY(group);
    int moved = put_into(group, pidfd, pid, err);
    if (moved > 0)
        return steal_fd(&group);
    cgroups_drop(groups, pid);
    if (moved == 0)
        *ret_pid = -1;
    return -1;
}

int cgroups_admit(const struct cgroups *groups, int pidfd, struct err *err) {
    pid_t pid = 0;
    auto_fd int group = admit(groups, pidfd, &pid, err);
    return group < 0 && pid >= 0 ? -1 : 0;
}

uint64_t cgroups_memory_max(const struct jail_limits *limits) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (limits->memory_bytes + limits->work_bytes) / page * page; // far from overflow: jail_limits_check()
}

static int limit_to(int group, const char *file, uint64_t number, struct err *err) {
    char text[NAME_BYTES];
    uint64_t found = 0;
    TRY(cgroup_write_number(group, file, number, err));
    cgroup_read(group, file, text, sizeof text);
    if (!cgroup_figure(text, "", &found) || found != number)
        return err_set(err, REASON_INFRA, "%s of a cgroup: expected %llu, found %.20s", file,
                       (unsigned long long)number, text);
    return 0;
}

// A kernel without swap has no file for it.
static int limit(int group, const struct jail_limits *limits, struct err *err) {
    TRY(limit_to(group, "memory.max", cgroups_memory_max(limits), err));
    if (faccessat(group, "memory.swap.max", F_OK, 0) == 0)
        TRY(limit_to(group, "memory.swap.max", 0, err));
    TRY(limit_to(group, "memory.oom.group", 1, err));
    return limit_to(group, "pids.max", limits->processes, err);
}

int cgroups_bind(const struct cgroups *groups, int pidfd, const struct jail_limits *limits, int *ret_group,
                 pid_t *ret_pid, struct err *err) {
    pid_t pid = 0;
    auto_fd int group = admit(groups, pidfd, &pid, err);
    *ret_group = -1;
    *ret_pid = 0;
    if (group < 0)
        return pid < 0 ? 0 : -1;
    if (limit(group, limits, err) < 0) {
        cgroups_drop(groups, pid);
        return -1;
    }
    *ret_pid = pid;
    *ret_group = steal_fd(&group);
    return 0;
}

void cgroup_kill(int group) {
    struct err ignored;
    (void)!cgroup_write(group, "cgroup.kill", "1", &ignored);
}

// In use: it stays, for the next sweep.
void cgroups_drop(const struct cgroups *groups, pid_t pid) {
    char name[NAME_BYTES];
    name_of(pid, name);
    (void)unlinkat(groups->base, name, AT_REMOVEDIR);
}

static bool is_kept(const char *name, const pid_t *kept, uint32_t count) {
    char one[NAME_BYTES];
    for (uint32_t i = 0; i < count; i++) {
        name_of(kept[i], one);
        if (strcmp(one, name) == 0)
            return true;
    }
    return false;
}

void cgroups_sweep(const struct cgroups *groups, const pid_t *kept, uint32_t count) {
    int copy = cgroups_are_there(groups) ? openat(groups->base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream) {
        own_close(&copy);
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream));)
        if (strncmp(entry->d_name, "job.", 4) == 0 && !is_kept(entry->d_name, kept, count))
            (void)unlinkat(groups->base, entry->d_name, AT_REMOVEDIR);
    closedir(stream);
}
