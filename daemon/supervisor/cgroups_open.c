// SPDX-License-Identifier: Apache-2.0
// Where the control groups of jobs may stand, found out by doing; and what others left there.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroups.h"
#include "daemon/cgroup_file.h"
#include "quern/clock.h"
#include "quern/own.h"

enum { PATH_BYTES = 4096, TRIES = 8, DEATH_MS = 2000 };

static int open_directory(int at, const char *path) { return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

// ---- taking a directory ----

// cpu is welcome: jobs then share the processors as jobs, not as threads.
static int enable(int group, struct err *err) {
    struct err ignored;
    TRY(cgroup_write(group, "cgroup.subtree_control", "+memory", err));
    TRY(cgroup_write(group, "cgroup.subtree_control", "+pids", err));
    (void)!cgroup_write(group, "cgroup.subtree_control", "+cpu", &ignored);
    return 0;
}

static void disable(int group) {
    static const char *const words[] = {"-cpu", "-pids", "-memory"};
    struct err ignored;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        (void)!cgroup_write(group, "cgroup.subtree_control", words[i], &ignored);
}

static void wait_for_the_end(void) {
    struct err ignored;
    while (jail_die_with_parent(&ignored) == 0)
        pause();
    _exit(JAIL_EXIT);
}

// Everything that a job's child goes through, and its end.
static int prove(const struct cgroups *groups, struct err *err) {
    struct jail_limits limits;
    pid_t named = 0;
    jail_limits_default(&limits);
    pid_t pid = fork();
    if (pid == 0)
        wait_for_the_end();
    auto_fd int pidfd = pid < 0 ? -1 : pidfd_open(pid, 0), group = -1;
    if (pidfd < 0)
        return err_sys(err, REASON_INFRA, "a process to try cgroups with");
    int bound = cgroups_bind(groups, pidfd, &limits, &group, &named, err);
    if (bound == 0 && group >= 0)
        cgroup_kill(group); // before Linux 5.14 it cannot
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    cgroups_drop(groups, named);
    if (bound == 0 && group < 0)
        return err_set(err, REASON_INFRA, "a process to try cgroups with died");
    return bound;
}

// ---- what nobody holds any more ----

static void wait_until_empty(int group) {
    uint64_t deadline = clock_deadline_ns(DEATH_MS), populated = 1;
    auto_fd int events = openat(group, "cgroup.events", O_RDONLY | O_CLOEXEC);
    while (events >= 0 && clock_now_ns() < deadline) {
        char text[256];
        ssize_t got = pread(events, text, sizeof text - 1, 0);
        text[got < 0 ? 0 : got] = '\0';
        if (!cgroup_figure(text, "populated", &populated) || !populated)
            return;
        struct pollfd change = {.fd = events, .events = POLLPRI};
        (void)poll(&change, 1, clock_poll_ms(deadline));
    }
}

static void remove_leftover(int top, const char *name) {
    struct cgroups left = {.base = open_directory(top, name), .top = -1};
    auto_fd int base = left.base;
    if (base < 0 || flock(base, LOCK_EX | LOCK_NB) < 0)
        return;
    cgroup_kill(base);
    wait_until_empty(base);
    cgroups_sweep(&left, NULL, 0);
    (void)unlinkat(top, name, AT_REMOVEDIR);
}

static void remove_leftovers(int top) {
    int copy = open_directory(top, ".");
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream) {
        own_close(&copy);
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream));)
        if (strncmp(entry->d_name, "quern.", 6) == 0)
            remove_leftover(top, entry->d_name);
    closedir(stream);
}

// ---- the group that was delegated to us ----

static int own_path(const char *root, char *ret, struct err *err) {
    char text[PATH_BYTES];
    auto_fd int proc = open_directory(AT_FDCWD, "/proc/self");
    cgroup_read(proc, "cgroup", text, sizeof text);
    char *at = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    at = at ? strchr(at, '/') : NULL;
    if (!at)
        return err_set(err, REASON_INFRA, "no cgroup of version 2");
    at[strcspn(at, "\n")] = '\0';
    if (snprintf(ret, PATH_BYTES, "%s%s", root, at) >= PATH_BYTES)
        return err_set(err, REASON_INFRA, "the path of our cgroup is too long");
    return 0;
}

static bool systemd_rules(void) { return access("/run/systemd/system", F_OK) == 0; }

// systemd says so; where it does not rule, a group in which nobody else is, is ours.
static int is_delegated(int group, struct err *err) {
    char text[64], alone[32], delegate[4] = "";
    if (systemd_rules() && (fgetxattr(group, "user.delegate", delegate, sizeof delegate - 1) < 1 || delegate[0] != '1'))
        return err_set(err, REASON_INFRA, "systemd delegates no cgroup to us (Delegate=cpu memory pids)");
    snprintf(alone, sizeof alone, "%d\n", (int)getpid());
    cgroup_read(group, "cgroup.procs", text, sizeof text);
    if (strcmp(text, alone) != 0 || faccessat(group, "cgroup.type", F_OK, 0) < 0)
        return err_set(err, REASON_INFRA, "our cgroup is not ours alone");
    return flock(group, LOCK_EX | LOCK_NB) == 0 ? 0 : err_sys(err, REASON_INFRA, "our cgroup is in use");
}

static void leave_main(int base) {
    struct err ignored;
    disable(base);
    (void)!cgroup_write_number(base, "cgroup.procs", (uint64_t)getpid(), &ignored);
    (void)unlinkat(base, "main", AT_REMOVEDIR);
}

static int enter_main(int base, struct err *err) {
    if (mkdirat(base, "main", 0755) < 0 && errno != EEXIST)
        return err_sys(err, REASON_INFRA, "the cgroup main in our own");
    auto_fd int group = open_directory(base, "main");
    if (group < 0)
        return err_sys(err, REASON_INFRA, "the cgroup main in our own");
    return cgroup_write_number(group, "cgroup.procs", (uint64_t)getpid(), err);
}

static int take_own(struct cgroups *groups, const char *root, struct err *err) {
    char path[PATH_BYTES];
    TRY(own_path(root, path, err));
    auto_fd int base = open_directory(AT_FDCWD, path);
    if (base < 0)
        return err_sys(err, REASON_INFRA, "our cgroup %s", path);
    TRY(is_delegated(base, err));
    groups->base = base;
    cgroups_sweep(groups, NULL, 0);
    if (enter_main(base, err) == 0 && enable(base, err) == 0 && prove(groups, err) == 0) {
        (void)steal_fd(&base);
        return 0;
    }
    groups->base = -1;
    leave_main(base);
    return -1;
}

// ---- one of our own at the top ----

// Before it is locked, another start may take it for a leftover: then there is a next try.
static int make_base(struct cgroups *groups, int top, struct err *err) {
    for (int i = 0; i < TRIES; i++) {
        snprintf(groups->name, sizeof groups->name, i ? "quern.%d.%d" : "quern.%d", (int)getpid(), i);
        if (mkdirat(top, groups->name, 0755) < 0 && errno != EEXIST)
            return err_sys(err, REASON_INFRA, "a cgroup");
        auto_fd int base = open_directory(top, groups->name);
        if (base >= 0 && flock(base, LOCK_EX | LOCK_NB) == 0 && enable(base, err) == 0)
            return steal_fd(&base);
    }
    return err_set(err, REASON_INFRA, "no cgroup of our own can be made");
}

static int take_top(struct cgroups *groups, const char *root, struct err *err) {
    auto_fd int top = open_directory(AT_FDCWD, root);
    if (top < 0)
        return err_sys(err, REASON_INFRA, "%s", root);
    TRY(enable(top, err));
    remove_leftovers(top);
    groups->base = make_base(groups, top, err);
    TRY(groups->base);
    groups->top = steal_fd(&top);
    if (prove(groups, err) == 0)
        return 0;
    cgroups_close(groups);
    return -1;
}

static int take(struct cgroups *groups, const char *root, struct err *err) {
    struct statfs status;
    if (statfs(root, &status) < 0 || status.f_type != CGROUP2_SUPER_MAGIC)
        return err_set(err, REASON_INFRA, "%s is no cgroup of version 2", root);
    if (take_own(groups, root, err) == 0)
        return 0;
    return geteuid() == 0 && !systemd_rules() ? take_top(groups, root, err) : -1;
}

void cgroups_open(struct cgroups *groups, const char *root) {
    *groups = (struct cgroups){.base = -1, .top = -1};
    if (take(groups, root, &groups->why) < 0)
        groups->base = -1;
}

// Its processes are dead.
void cgroups_close(struct cgroups *groups) {
    if (groups->base < 0)
        return;
    cgroups_sweep(groups, NULL, 0);
    if (groups->top >= 0)
        (void)unlinkat(groups->top, groups->name, AT_REMOVEDIR);
    else
        leave_main(groups->base);
    own_close(&groups->base);
    own_close(&groups->top);
}
