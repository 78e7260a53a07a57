// SPDX-License-Identifier: Apache-2.0
#include "ops/python/ward.h"

#include <Python.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/python/child.h"
#include "ops/python/leisure.h"
#include "ops/python/threads.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/record.h"

// What is made before the fork, on both sides.
struct ends {
    int conversation[2]; // worker's, child's
    int report[2];       // zygote's, child's
};

enum { INIT_DEATH_MS = 50 };       // from its last act to the pidfd that tells
#define WARM_NS UINT64_C(10000000) // after that long a processor has forgotten

#define NO_ENDS                                                                                                        \
    {                                                                                                                  \
        {-1, -1}, { -1, -1 }                                                                                           \
    }

static void close_ends(struct ends *ends) {
    for (int i = 0; i < 2; i++) {
        own_close(&ends->conversation[i]);
        own_close(&ends->report[i]);
    }
}

static int open_ends(struct ends *ends, struct err *err) {
    TRY(record_pair(ends->conversation, err));
    if (pipe2(ends->report, O_CLOEXEC | O_NONBLOCK) < 0)
        return err_sys(err, REASON_INFRA, "the report pipe of a child");
    return 0;
}

void ward_clear(struct ward *ward) {
    *ward = (struct ward){.pid = -1, .pidfd = -1, .init = -1, .control = -1, .conversation = -1, .report = -1};
    ward->exited.code = -1;
}

// Python's hooks stand around a fork of libc's, so that the handlers of the libraries run, too (OpenBLAS has one).
static pid_t fork_python(const struct heritage *heritage) {
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) {
        PyOS_AfterFork_Child();
        child_main(heritage);
    }
    int failed = errno;
    PyOS_AfterFork_Parent();
    errno = failed;
    return pid;
}

// Into a namespace whose init is dying the kernel refuses to fork as if memory were short.
static int explain_fork(const struct ward *ward, struct err *err) {
    err_sys(err, REASON_INFRA, "fork");
    struct pollfd init = {.fd = ward->init, .events = POLLIN};
    if (errno == ENOMEM && poll(&init, 1, INIT_DEATH_MS) > 0)
        return err_set(err, REASON_INFRA, "quern-init, the first process of a child's tree, died");
    return -1;
}

static int fork_in_group(struct ward *ward, const struct heritage *heritage, struct err *err) {
    ward->pid = fork_python(heritage);
    return ward->pid < 0 ? err_sys(err, REASON_INFRA, "fork") : 0;
}

// The pid namespace of the init is entered for the fork only. Failing to come back is fatal: the next child would land
// in a foreign tree.
static int fork_in_tree(struct ward *ward, const struct heritage *heritage, struct err *err) {
    TRY(jail_tree_enter(heritage->jail, ward->init, err));
    ward->pid = fork_python(heritage);
    int failed = errno;
    struct err cause;
    if (jail_tree_leave(heritage->jail, &cause) < 0)
        return err_set(err, REASON_BUG, "leaving the pid namespace of a child: %s", cause.msg);
    errno = failed;
    return ward->pid < 0 ? explain_fork(ward, err) : 0;
}

static int announce(const struct ward *ward, const struct jail_facts *facts, uint64_t inherited_bytes, int control,
                    int conversation, struct err *err) {
    struct host_spawned spawned = {.pid = ward->pid, .inherited_bytes = inherited_bytes, .facts = *facts};
    const int fds[] = {conversation, ward->group ? ward->pidfd : ward->init, ward->pidfd};
    return record_send(control, &spawned, sizeof spawned, fds, 3, err);
}

// A tree that is dead already is a success, so that a failure is a bug of ours: a tree that cannot be killed must not
// outlive this process, which is pid 1.
static void kill_tree(const struct ward *ward) {
    struct err err;
    if (ward->group) {
        if (ward->pidfd >= 0) // a child that is reaped has killed its group before, and gives its number away
            jail_group_kill(ward->pid);
    } else if (jail_tree_kill(ward->init, &err) < 0)
        abort();
}

// It is dead or was killed; who else should reap it? A failure is a bug of ours.
static void reap_init(struct ward *ward) {
    struct err err;
    if (ward->group)
        jail_group_ended(ward->pid, true);
    else if (jail_tree_reap(ward->init, &err) < 0)
        abort();
    own_close(&ward->init);
}

// What there is goes again. The child is reaped before the init: the kernel lets that one die last.
static int undo(struct ward *ward) {
    siginfo_t info;
    if (ward->pid > 0 || !ward->group)
        kill_tree(ward);
    if (ward->pid > 0)
        waitid(P_PID, (id_t)ward->pid, &info, WEXITED);
    if (!ward->group)
        reap_init(ward);
    own_close(&ward->pidfd);
    ward_clear(ward);
    return -1;
}

static int fork_ward(struct ward *ward, struct heritage *heritage, struct ends *ends, struct err *err) {
    TRY(open_ends(ends, err));
    heritage->conversation = ends->conversation[1];
    heritage->report = ends->report[1];
    TRY(ward->group ? fork_in_group(ward, heritage, err) : fork_in_tree(ward, heritage, err));
    ward->pidfd = pidfd_open(ward->pid, 0);
    return ward->pidfd < 0 ? err_sys(err, REASON_BUG, "the pidfd of a child") : 0;
}

// What a tree is made of.
static int begin_tree(struct ward *ward, const struct heritage *heritage, struct err *err) {
    ward->group = !jail_facts(heritage->jail)->pid_ns;
    return ward->group ? jail_group_begin(heritage->jail, heritage->slot, err)
                       : jail_tree_start(heritage->jail, &ward->init, err);
}

int ward_fork(struct ward *ward, const struct heritage *given, uint64_t inherited_bytes, int control, struct err *err) {
    struct ends ends = NO_ENDS;
    struct heritage heritage = *given;
    TRY(threads_check("before a fork", err));
    TRY(begin_tree(ward, &heritage, err));
    if (fork_ward(ward, &heritage, &ends, err) < 0) {
        close_ends(&ends);
        return undo(ward);
    }
    ward->living = true;
    ward->born_ns = clock_now_ns();
    ward->work_bytes = heritage.limits.work_bytes;
    ward->work_files = heritage.limits.work_files;
    ward->control = control;
    ward->report = steal_fd(&ends.report[0]);
    if (control < 0)
        ward->conversation = steal_fd(&ends.conversation[0]);
    else if (announce(ward, jail_facts(heritage.jail), inherited_bytes, control, ends.conversation[0], NULL) < 0)
        ward_unwanted(ward);
    close_ends(&ends);
    return 0;
}

// READY with the work directory, looked at and left for the worker. A descriptor that is only looked at is ours all the same.
static int peek_ready(const struct ward *ward) {
    struct host_answer answer;
    struct err ignored;
    size_t count = 0;
    int work_dir = -1;
    if (record_peek(ward->conversation, &answer, sizeof answer, &work_dir, 1, &count, &ignored) != 1)
        return -1;
    if (answer.kind != HOST_READY)
        own_close(&work_dir);
    return work_dir;
}

bool ward_is_ready(const struct ward *ward) {
    struct pollfd said = {.fd = ward->conversation, .events = POLLIN}, died = {.fd = ward->pidfd, .events = POLLIN};
    return ward->pidfd >= 0 && poll(&said, 1, 0) > 0 && poll(&died, 1, 0) == 0;
}

// Most jobs want the directory that was made.
static int fit_work(const struct ward *ward, const struct jail *jail, const struct jail_limits *limits,
                    struct err *err) {
    if (limits->work_bytes == ward->work_bytes && limits->work_files == ward->work_files)
        return 0;
    auto_fd int work_dir = peek_ready(ward);
    if (work_dir < 0)
        return err_set(err, REASON_INFRA, "a standby child is not ready");
    return jail_work_resize(jail, work_dir, limits, err);
}

// Who has waited long is cold. Where others want the processors, warming up would only put it behind them.
void ward_wake(struct ward *ward, bool perhaps) {
    const struct host_call soon = {.kind = HOST_SOON};
    struct err ignored;
    uint64_t now = clock_now_ns();
    if ((perhaps && now - ward->woken_ns < WARM_NS) || !leisure_now())
        return;
    ward->woken_ns = now;
    (void)!record_post(ward->conversation, &soon, sizeof soon, NULL, 0, &ignored);
}

int ward_give(struct ward *ward, const struct jail *jail, const struct host_spawn *request, uint64_t inherited_bytes,
              int control, struct err *err) {
    if (fit_work(ward, jail, &request->limits, err) < 0) {
        ward_unwanted(ward);
        return -1;
    }
    if (request->when == HOST_AHEAD)
        ward_wake(ward, false);
    auto_fd int conversation = steal_fd(&ward->conversation);
    ward->control = control;
    if (announce(ward, jail_facts(jail), inherited_bytes, control, conversation, NULL) < 0)
        ward_unwanted(ward);
    return 0;
}

void ward_unwanted(struct ward *ward) {
    own_close(&ward->control);
    own_close(&ward->conversation);
    kill_tree(ward);
}

// waitid(2) itself: libc's leaves out the resource usage.
static int reap(int pidfd, siginfo_t *info, struct rusage *usage) {
    long done;
    do
        done = syscall(SYS_waitid, P_PIDFD, pidfd, info, WEXITED, usage);
    while (done < 0 && errno == EINTR);
    return (int)done;
}

static uint64_t microseconds(struct timeval time) { return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec; }

static uint64_t since(struct timeval before, struct timeval now) {
    return microseconds(now) > microseconds(before) ? microseconds(now) - microseconds(before) : 0;
}

// Of the child and of the descendants that it waited for. What was left to the init is reaped by the kernel, unmeasured.
static void set_usage(struct host_exited *exited, const struct heritage_report *before, const struct rusage *usage) {
    exited->user_us = since(before->user, usage->ru_utime);
    exited->system_us = since(before->system, usage->ru_stime);
    exited->peak_rss_bytes = (uint64_t)usage->ru_maxrss * 1024u;
}

static void set_status(struct host_exited *exited, const siginfo_t *info) {
    if (info->si_code == CLD_EXITED)
        exited->code = info->si_status;
    else
        exited->signal = info->si_status;
}

// Whoever ends with JAIL_EXIT without a word in the pipe was the script itself, which may choose that number as well. The last
// word is why it gave up, if it did.
static void take_report(const struct ward *ward, struct heritage_report *ret) {
    struct heritage_report next;
    *ret = (struct heritage_report){0};
    while (read(ward->report, &next, sizeof next) == (ssize_t)sizeof next)
        *ret = next;
    if (ret->err.reason)
        err_distrust(&ret->err);
}

// A worker that is gone has lost its interest, too. A full buffer cannot be: this is the second record at most.
static void tell(int control, const struct host_exited *exited) {
    if (record_send(control, exited, sizeof *exited, NULL, 0, NULL) < 0)
        shutdown(control, SHUT_RDWR);
}

void ward_died(struct ward *ward) {
    siginfo_t info = {0};
    struct rusage usage = {0};
    struct heritage_report report;
    kill_tree(ward);
    int reaped = reap(ward->pidfd, &info, &usage);
    take_report(ward, &report);
    ward->exited.err = report.err;
    if (reaped == 0) {
        set_status(&ward->exited, &info);
        set_usage(&ward->exited, &report, &usage);
    }
    own_close(&ward->pidfd);
}

static void tell_end(struct ward *ward) {
    reap_init(ward);
    own_close(&ward->report);
    if (ward->control >= 0)
        tell(ward->control, &ward->exited);
    own_close(&ward->conversation);
}

void ward_ended(struct ward *ward) {
    tell_end(ward);
    own_close(&ward->control);
    ward_clear(ward);
}

void ward_turn(struct ward *ward, struct jail *jail, uint32_t slot) {
    if (!ward->living || !ward->group)
        return;
    if (ward->pidfd >= 0) {
        jail_group_bury(ward->pid);
    } else if (!ward->ended) {
        ward->ended = jail_group_ended(ward->pid, false);
        if (ward->ended)
            tell_end(ward);
    } else if (ward->control < 0 && jail_group_remove(jail, slot)) {
        ward_clear(ward);
    }
}

enum { BURY_MS = 100, END_MS = 5 };

int ward_turn_ms(const struct ward *ward) {
    if (!ward->living || !ward->group)
        return -1;
    if (ward->pidfd >= 0)
        return BURY_MS;
    return ward->ended && ward->control >= 0 ? -1 : END_MS;
}

void ward_refuse(int control, const struct err *cause) {
    struct host_exited exited = {.code = -1, .err = *cause};
    tell(control, &exited);
}
