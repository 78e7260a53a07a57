// SPDX-License-Identifier: Apache-2.0
#include "quern/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/own.h"
#include "spawn_child.h"

enum { NAMESPACES = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS };

// What went wrong, and what the administrator of the machine can do about it.
static int explain_clone(bool isolate, struct err *err) {
    int sys = errno;
    if (!isolate)
        return err_sys(err, REASON_INFRA, "clone");
    err_set(err, REASON_INFRA,
            "this machine gives no user namespaces to uid %u: %s (see sysctl kernel.unprivileged_userns_clone=1, "
            "kernel.apparmor_restrict_unprivileged_userns=0 and user.max_user_namespaces; inside a chroot there are "
            "none)",
            (unsigned)geteuid(), strerror(sys));
    if (err)
        err->sys = sys;
    return -1;
}

// A raw clone, not clone(3): the child runs on a copy of this stack, as after fork().
static pid_t clone_process(const struct jail_spawn *spawn, int *ret_pidfd) {
    unsigned long flags = CLONE_PIDFD | SIGCHLD;
    if (spawn->isolate)
        flags |= NAMESPACES | (spawn->network_open ? 0u : CLONE_NEWNET);
    return (pid_t)syscall(SYS_clone, flags, NULL, ret_pidfd, NULL, 0);
}

static int write_proc(pid_t pid, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

// The kernel takes a map once and as a whole, so a refused range leaves the single id possible.
static bool map_range(pid_t pid) {
    char map[96];
    snprintf(map, sizeof map, "0 %u 1\n%u %u %u\n", JAIL_HOST_UID, JAIL_FIRST_UID, JAIL_HOST_UID + 1, JAIL_SLOTS);
    return write_proc(pid, "gid_map", map) == 0 && write_proc(pid, "uid_map", map) == 0;
}

static bool map_single(pid_t pid) {
    char uid[48], gid[48];
    snprintf(uid, sizeof uid, "%u %u 1\n", (unsigned)geteuid(), (unsigned)geteuid());
    snprintf(gid, sizeof gid, "%u %u 1\n", (unsigned)getegid(), (unsigned)getegid());
    return write_proc(pid, "setgroups", "deny") == 0 && write_proc(pid, "gid_map", gid) == 0 &&
           write_proc(pid, "uid_map", uid) == 0;
}

static int map_ids(pid_t pid, char *ret_ids, struct err *err) {
    if (geteuid() == 0 && map_range(pid)) {
        *ret_ids = SPAWN_IDS_RANGE;
        return 0;
    }
    if (!map_single(pid))
        return err_sys(err, REASON_INFRA, "mapping uid %u and gid %u into a new user namespace", (unsigned)geteuid(),
                       (unsigned)getegid());
    *ret_ids = SPAWN_IDS_SINGLE;
    return 0;
}

// The child reports by a struct err; its exec, which closes the pipe, is success.
static int await_exec(int report, const char *program, struct err *err) {
    struct err found;
    ssize_t got;
    do
        got = read(report, &found, sizeof found);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    if (got != (ssize_t)sizeof found)
        return err_set(err, REASON_INFRA, "starting %s: its report was cut short", program);
    err_distrust(&found);
    if (err)
        *err = found;
    return -1;
}

static void discard(int pidfd) {
    siginfo_t info;
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR)
        continue;
}

// The child says when it can be mapped.
static int map_when_open(pid_t pid, int go, char *ret_ids, struct err *err) {
    char open;
    ssize_t got;
    do
        got = recv(go, &open, 1, 0);
    while (got < 0 && errno == EINTR);
    return got == 1 ? map_ids(pid, ret_ids, err) : err_set(err, REASON_INFRA, "a new process died at once");
}

static int let_go(const struct jail_spawn *spawn, pid_t pid, int go, int report, struct err *err) {
    char ids = SPAWN_IDS_HOST;
    if (spawn->isolate)
        TRY(map_when_open(pid, go, &ids, err));
    if (send(go, &ids, 1, MSG_NOSIGNAL) != 1)
        return err_sys(err, REASON_INFRA, "starting %s", spawn->program);
    return await_exec(report, spawn->program, err);
}

int jail_spawn(const struct jail_spawn *spawn, int *ret_pidfd, pid_t *ret_pid, struct err *err) {
    if (spawn->fd_count > JAIL_SPAWN_FDS)
        return err_set(err, REASON_BUG, "%s: expected at most %u descriptors, found %u", spawn->program, JAIL_SPAWN_FDS,
                       spawn->fd_count);
    auto_fd int program = open(spawn->program, O_PATH | O_CLOEXEC);
    if (program < 0)
        return err_sys(err, REASON_INFRA, "%s", spawn->program);
    int go[2], report[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go) < 0)
        return err_sys(err, REASON_INFRA, "socketpair");
    auto_fd int go_read = go[0], go_write = go[1];
    if (pipe2(report, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "pipe2");
    auto_fd int report_read = report[0], report_write = report[1];

    auto_fd int pidfd = -1;
    pid_t pid = clone_process(spawn, &pidfd);
    if (pid < 0)
        return explain_clone(spawn->isolate, err);
    if (pid == 0) {
        close(go_write);
        struct spawn_child child = {.spawn = spawn, .program = program, .go = go_read, .report = report_write};
        spawn_child_run(&child);
    }
    close(steal_fd(&report_write));
    if (let_go(spawn, pid, go_write, report_read, err) < 0) {
        discard(pidfd);
        return -1;
    }
    *ret_pidfd = steal_fd(&pidfd);
    *ret_pid = pid;
    return 0;
}

bool jail_refused_namespaces(const struct err *err) {
    static const int refusals[] = {EPERM, EACCES, ENOSPC, EUSERS, ENOSYS, EINVAL};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (err->sys == refusals[i])
            return true;
    return false;
}

// jail_spawn() has set the signal before the exec, and then nothing can have been missed. Otherwise the parent may have
// died before it was set; a new parent shows that.
int jail_die_with_parent(struct err *err) {
    int armed = 0;
    pid_t parent = getppid();
    if (prctl(PR_GET_PDEATHSIG, &armed, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_PDEATHSIG");
    if (armed != SIGKILL && getppid() != parent)
        raise(SIGKILL);
    return 0;
}
