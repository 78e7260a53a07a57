// SPDX-License-Identifier: Apache-2.0
#include "confine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail_parts.h"

int confine_run(const struct confine_step *steps, size_t count, void *state, struct err *err) {
    for (size_t i = 0; i < count; i++) {
        struct err found = {0};
        if ((steps[i].plain ? steps[i].plain(&found) : steps[i].with(state, &found)) == 0)
            continue;
        err_set(err, found.reason, "jail: %s: %.900s", steps[i].name, found.msg);
        if (err)
            err->sys = found.sys;
        return -1;
    }
    return 0;
}

// The directory has one link for each thread, besides its own two.
int confine_single_thread(struct err *err) {
    struct stat status;
    if (stat("/proc/self/task", &status) < 0)
        return err_sys(err, REASON_INFRA, "/proc/self/task");
    if (status.st_nlink != 3)
        return err_set(err, REASON_BUG, "expected one thread, found %llu", (unsigned long long)status.st_nlink - 2);
    return 0;
}

// Python wants an error from a closed pipe and a full file, not a death. EINVAL: nobody handles these (SIGKILL, SIGSTOP), or
// libc does and lets nobody else.
static int reset_handler(int number, struct err *err) {
    bool ignored = number == SIGPIPE || number == SIGXFSZ;
    const struct sigaction wanted = {.sa_handler = ignored ? SIG_IGN : SIG_DFL};
    struct sigaction found;
    if (sigaction(number, &wanted, NULL) < 0)
        return errno == EINVAL ? 0 : err_sys(err, REASON_INFRA, "the handler of signal %d", number);
    if (sigaction(number, NULL, &found) < 0 || found.sa_handler != wanted.sa_handler)
        return err_set(err, REASON_INFRA, "signal %d: expected %s, found another handler", number,
                       ignored ? "SIG_IGN" : "SIG_DFL");
    return 0;
}

int confine_signals(struct err *err) {
    sigset_t none, found;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        TRY(reset_handler(number, err));
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || sigprocmask(SIG_SETMASK, NULL, &found) < 0)
        return err_sys(err, REASON_INFRA, "sigprocmask");
    if (!sigisemptyset(&found))
        return err_set(err, REASON_INFRA, "the signal mask is not empty");
    return 0;
}

int confine_death(struct err *err) {
    int found = 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_GET_PDEATHSIG, &found, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_PDEATHSIG");
    return found == SIGKILL ? 0 : err_set(err, REASON_INFRA, "the death signal: expected %d, found %d", SIGKILL, found);
}

int confine_not_dumpable(struct err *err) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_DUMPABLE");
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : err_set(err, REASON_INFRA, "still dumpable");
}

int confine_no_new_privileges(struct err *err) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_NO_NEW_PRIVS");
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : err_set(err, REASON_INFRA, "new privileges are possible");
}

// A core_pattern that is a pipe gets a core whatever the limit, but for 1; a file is not written for less than a page. Who has
// less than that already keeps it.
enum { NO_CORE = 1 };

int confine_fixed_limits(struct err *err) {
    static const struct {
        int resource;
        const char *name;
        uint64_t value;
    } limits[] = {
        {RLIMIT_CORE, "CORE", NO_CORE},
        {RLIMIT_MEMLOCK, "MEMLOCK", 0},
        {RLIMIT_MSGQUEUE, "MSGQUEUE", 0},
        {RLIMIT_RTPRIO, "RTPRIO", 0},
        {RLIMIT_NICE, "NICE", 0},
        {RLIMIT_STACK, "STACK", 8u << 20},
        {RLIMIT_SIGPENDING, "SIGPENDING", 1024},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        TRY(limit_set(limits[i].resource, limits[i].name, limits[i].value, limits[i].value, err));
    return 0;
}

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static int close_between(unsigned first, unsigned last, struct err *err) {
    if (first > last)
        return 0;
    if (syscall(SYS_close_range, first, last, 0) < 0)
        return err_sys(err, REASON_INFRA, "close_range");
    return 0;
}

enum { FIRST_FD = 3, LOOKED_AT = 512 };

// Numbers are given from the lowest on, and a zygote with a child in each slot has fewer. To list them in /proc would cost half
// as much as the namespace of mounts.
static int check_closed(const int *sorted, size_t count, struct err *err) {
    struct pollfd numbers[LOOKED_AT];
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_NOFILE");
    int end = limit.rlim_cur < LOOKED_AT ? (int)limit.rlim_cur : LOOKED_AT; // poll(2) takes no longer list
    for (int fd = 0; fd < end; fd++)
        numbers[fd] = (struct pollfd){.fd = fd < FIRST_FD ? -1 : fd};
    for (size_t i = 0; i < count; i++)
        if (sorted[i] >= 0 && sorted[i] < end)
            numbers[sorted[i]].fd = -1;
    if (poll(numbers, (nfds_t)end, 0) < 0)
        return err_sys(err, REASON_INFRA, "poll");
    for (int fd = FIRST_FD; fd < end; fd++)
        if (numbers[fd].fd >= 0 && numbers[fd].revents != POLLNVAL)
            return err_set(err, REASON_INFRA, "expected descriptor %d to be closed, found it open", fd);
    return 0;
}

int confine_close_all_but(const int *keep, size_t count, struct err *err) {
    int sorted[CONFINE_MOST_KEPT];
    unsigned next = FIRST_FD;
    if (count > CONFINE_MOST_KEPT)
        return err_set(err, REASON_BUG, "expected at most %d descriptors to keep, found %zu", CONFINE_MOST_KEPT, count);
    memcpy(sorted, keep, count * sizeof *keep);
    qsort(sorted, count, sizeof *sorted, ascending);
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] < (int)next)
            continue;
        TRY(close_between(next, (unsigned)sorted[i] - 1, err));
        next = (unsigned)sorted[i] + 1;
    }
    TRY(close_between(next, ~0u, err));
    return check_closed(sorted, count, err);
}
