// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail_parts.h"
#include "quern/own.h"

struct init_start {
    int program;
    int failed; // errno of the exec, written in our memory by the child
};

// Shares our memory while we stand still, as after vfork(): nothing here may allocate, lock or return to our stack.
static int init_main(void *argument) {
    struct init_start *start = argument;
    static char *const argv[] = {"quern-init", NULL}, *const variables[] = {NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    syscall(SYS_execveat, start->program, "", argv, variables, AT_EMPTY_PATH);
    start->failed = errno;
    _exit(JAIL_EXIT);
}

int jail_tree_start(const struct jail *jail, int *ret_init_pidfd, struct err *err) {
    struct init_start start = {.program = jail->init_program};
    sigset_t all, before;
    auto_fd int pidfd = -1;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, &before) < 0)
        return err_sys(err, REASON_INFRA, "sigprocmask");
    pid_t pid = clone(init_main, (char *)jail->init_stack + JAIL_INIT_STACK_BYTES,
                      CLONE_VM | CLONE_VFORK | CLONE_NEWPID | CLONE_PIDFD | SIGCHLD, &start, &pidfd);
    int sys = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = sys;
    if (pid < 0)
        return err_sys(err, REASON_INFRA, "a pid namespace for a child");
    if (start.failed) {
        TRY(jail_tree_reap(pidfd, err));
        errno = start.failed;
        return err_sys(err, REASON_INFRA, "executing quern-init");
    }
    *ret_init_pidfd = steal_fd(&pidfd);
    return 0;
}

int jail_tree_enter(const struct jail *jail, int init_pidfd, struct err *err) {
    (void)jail;
    if (setns(init_pidfd, CLONE_NEWPID) == 0)
        return 0;
    if (errno == ESRCH)
        return err_set(err, REASON_INFRA, "quern-init, the first process of a child's tree, died");
    return err_sys(err, REASON_INFRA, "entering a child's pid namespace");
}

int jail_tree_leave(const struct jail *jail, struct err *err) {
    if (setns(jail->own_pid_ns, CLONE_NEWPID) < 0)
        return err_sys(err, REASON_INFRA, "leaving a child's pid namespace");
    return 0;
}

int jail_tree_kill(int init_pidfd, struct err *err) {
    if (syscall(SYS_pidfd_send_signal, init_pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
        return err_sys(err, REASON_INFRA, "killing a child's tree");
    return 0;
}

int jail_tree_reap(int init_pidfd, struct err *err) {
    siginfo_t info;
    int got;
    do
        got = waitid((idtype_t)P_PIDFD, (id_t)init_pidfd, &info, WEXITED);
    while (got < 0 && errno == EINTR);
    return got < 0 ? err_sys(err, REASON_INFRA, "reaping a child's tree") : 0;
}
