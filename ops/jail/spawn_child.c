// SPDX-License-Identifier: Apache-2.0
#include "spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability.h"

enum { FIRST_FD = 3 };

// Who holds a secret is closed (quern/secrecy.h), and so is this copy of him, which holds none by now: only root could write
// its maps.
static int open_up(const struct spawn_child *child, struct err *err) {
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || send(child->go, "", 1, MSG_NOSIGNAL) != 1)
        return err_sys(err, REASON_INFRA, "opening up to the parent");
    return 0;
}

static int read_go(const struct spawn_child *child, char *ret, struct err *err) {
    ssize_t got;
    do
        got = read(child->go, ret, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1)
        return err_set(err, REASON_INFRA, "the parent of a new process ended before it had mapped its ids");
    return 0;
}

// Inside a mapped range the process is still its old, now unmapped id: it has to take id 0 itself. That empties no
// capability set, and as id 0 the sets survive the exec.
static int become_root(struct err *err) {
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "taking id 0 of the new user namespace");
    return 0;
}

static int take_ids(char ids, struct err *err) {
    if (ids == SPAWN_IDS_HOST)
        return 0;
    if (ids == SPAWN_IDS_RANGE)
        TRY(become_root(err));
    TRY(capability_bound(CAPABILITY_SPAWNED, err));
    if (getuid() != 0)
        TRY(capability_inherit(CAPABILITY_SPAWNED, err));
    return 0;
}

// A change of ids clears the death signal, so it is set after it; `go` has hung up if the parent died in between.
static int die_with_parent(const struct spawn_child *child, struct err *err) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_PDEATHSIG");
    struct pollfd parent = {.fd = child->go};
    if (poll(&parent, 1, 0) != 0)
        return err_set(err, REASON_INFRA, "the parent of a new process is gone");
    return 0;
}

// Ignored signals and the mask would survive the exec.
static int reset_signals(struct err *err) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
        return err_sys(err, REASON_INFRA, "sigprocmask");
    return 0;
}

static int move_up(int *fd, int above, struct err *err) {
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, above);
    if (moved < 0)
        return err_sys(err, REASON_INFRA, "moving descriptor %d", *fd);
    *fd = moved;
    return 0;
}

// First everything moves above the final numbers, so that no dup2() overwrites what is still needed. Then 3, 4, ... are
// the program's, and the two that follow are ours and close-on-exec. `child` gets their new numbers.
static int arrange_fds(struct spawn_child *child, struct err *err) {
    int count = (int)child->spawn->fd_count, after = FIRST_FD + count, above = after + 2;
    int fds[JAIL_SPAWN_FDS];
    for (int i = 0; i < count; i++) {
        fds[i] = child->spawn->fds[i];
        TRY(move_up(&fds[i], above, err));
    }
    TRY(move_up(&child->program, above, err));
    TRY(move_up(&child->report, above, err));
    for (int i = 0; i < count; i++)
        if (dup2(fds[i], FIRST_FD + i) < 0)
            return err_sys(err, REASON_INFRA, "placing descriptor %d", FIRST_FD + i);
    if (dup3(child->program, after, O_CLOEXEC) < 0 || dup3(child->report, after + 1, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "placing descriptors");
    child->program = after;
    child->report = after + 1;
    if (syscall(SYS_close_range, (unsigned)(after + 2), ~0u, 0) < 0)
        return err_sys(err, REASON_INFRA, "close_range");
    return 0;
}

static int null_stdin(struct err *err) {
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || dup2(fd, 0) < 0)
        return err_sys(err, REASON_INFRA, "/dev/null as standard input");
    if (fd > 0)
        close(fd);
    return 0;
}

// A machine may give namespaces in which nothing is allowed.
static int try_namespaces(struct err *err) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return err_sys(err, REASON_INFRA, "making the mounts private");
    return 0;
}

static int set_apart(struct err *err) {
    if (setsid() < 0)
        return err_sys(err, REASON_INFRA, "setsid");
    if (chdir("/") < 0)
        return err_sys(err, REASON_INFRA, "chdir /");
    umask(077);
    return 0;
}

static int start(struct spawn_child *child, struct err *err) {
    const struct jail_spawn *spawn = child->spawn;
    char ids = 0;
    if (spawn->isolate)
        TRY(open_up(child, err));
    TRY(read_go(child, &ids, err));
    TRY(take_ids(ids, err));
    TRY(die_with_parent(child, err));
    TRY(reset_signals(err));
    if (spawn->isolate)
        TRY(try_namespaces(err));
    if (spawn->isolate || spawn->apart)
        TRY(set_apart(err));
    TRY(arrange_fds(child, err));
    TRY(null_stdin(err)); // last: one of the program's descriptors may be our own standard input
    syscall(SYS_execveat, child->program, "", spawn->argv, spawn->environ, AT_EMPTY_PATH);
    return err_sys(err, REASON_INFRA, "executing %s", spawn->program);
}

_Noreturn void spawn_child_run(const struct spawn_child *given) {
    struct spawn_child child = *given;
    struct err err = {0};
    if (start(&child, &err) < 0) {
        ssize_t written = write(child.report, &err, sizeof err);
        (void)written; // nobody is left to tell
    }
    _exit(JAIL_EXIT);
}
