// SPDX-License-Identifier: Apache-2.0
#include "tree_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/pid_of.h"
#include "quern/own.h"

bool tree_is_number(const char *name) { return name[0] && name[strspn(name, "0123456789")] == '\0'; }

void tree_process_text(int process, const char *name, char *text, size_t room) {
    auto_fd int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, room - 1);
    text[got < 0 ? 0 : got] = '\0';
}

static bool has_memory(int thread) {
    char status[4096];
    tree_process_text(thread, "status", status, sizeof status);
    return strstr(status, "\nVmRSS:") != NULL;
}

// A process whose first thread has ended goes on in the others, and only they tell of its memory. -1: it is dead.
static int living_thread(int process) {
    if (has_memory(process))
        return openat(process, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int found = -1, fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (!stream)
        own_close(&fd);
    for (struct dirent *entry; stream && found < 0 && (entry = readdir(stream));) {
        auto_fd int thread =
            tree_is_number(entry->d_name) ? openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (thread >= 0 && has_memory(thread))
            found = steal_fd(&thread);
    }
    if (stream)
        closedir(stream);
    return found;
}

static int open_list(const struct tree_processes *processes, DIR **ret, struct err *err) {
    int copy = openat(processes->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *ret = copy < 0 ? NULL : fdopendir(copy);
    if (*ret)
        return 0;
    own_close(&copy);
    return err_sys(err, REASON_INFRA, "/proc of the job's processes");
}

// Field 6 of stat. Who is gone may have been.
static bool is_of_session(const struct tree_processes *processes, const char *name) {
    char path[64], stat[1024];
    int session = 0;
    snprintf(path, sizeof path, "%.32s/stat", name);
    tree_process_text(processes->proc, path, stat, sizeof stat);
    const char *at = strrchr(stat, ')');
    return !stat[0] || (at && sscanf(at + 1, " %*c %*d %*d %d", &session) == 1 && session == processes->session);
}

// The number of the next process of the tree behind `last`: they rise, and init's is 1. 0 after the last one.
static long next_process(const struct tree_processes *processes, DIR *list, long last) {
    for (struct dirent *entry; (entry = readdir(list));) {
        long number = tree_is_number(entry->d_name) ? strtol(entry->d_name, NULL, 10) : 0;
        if (number > last && (processes->session == 0 || is_of_session(processes, entry->d_name)))
            return number;
    }
    return 0;
}

enum { INIT = 1 };

struct visit {
    const struct tree_processes *processes;
    tree_process_fn *function;
    void *context;
    long last;     // that was visited
    uint64_t left; // that may be
};

static bool visit_one(struct visit *visit) {
    char name[32];
    snprintf(name, sizeof name, "%ld", visit->last);
    auto_fd int process = openat(visit->processes->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int thread = process < 0 ? -1 : living_thread(process);
    if (process >= 0)
        visit->function(visit->context, process, thread);
    return thread >= 0;
}

// Returns whether somebody of the list was gone when his turn came.
static bool visit_listed(struct visit *visit, DIR *list) {
    bool gone = false;
    long next;
    rewinddir(list);
    while (visit->left > 0 && (next = next_process(visit->processes, list, visit->last)) > 0) {
        visit->last = next;
        visit->left--;
        gone = !visit_one(visit) || gone;
    }
    return gone;
}

// A list is a moment's picture. Who was gone may have left his memory to a child, which has a higher number: until all that
// were listed are found, or often enough, for a tree may grow, and hand itself on, as fast as it is walked over.
enum { ROUNDS = 4 };

int tree_processes_visit(const struct tree_processes *processes, tree_process_fn *function, void *context,
                         struct err *err) {
    struct visit visit = {processes, function, context, INIT, (uint64_t)processes->most * ROUNDS};
    DIR *list;
    TRY(open_list(processes, &list, err));
    for (int round = 0; round < ROUNDS && visit_listed(&visit, list); round++)
        ;
    closedir(list);
    return 0;
}

int tree_processes_census(const struct tree_processes *processes, struct tree_census *ret, struct err *err) {
    DIR *list;
    TRY(open_list(processes, &list, err));
    *ret = (struct tree_census){0};
    for (struct dirent *entry; (entry = readdir(list));) {
        uint64_t number = tree_is_number(entry->d_name) ? strtoull(entry->d_name, NULL, 10) : 0;
        ret->count += number > 0;
        ret->sum += number;
        ret->squares += number * number;
    }
    closedir(list);
    return 0;
}

bool tree_census_equal(const struct tree_census *one, const struct tree_census *other) {
    return one->count == other->count && one->sum == other->sum && one->squares == other->squares;
}

// A process that is being removed meanwhile has no such directory any more.
static uint32_t count_threads(const struct tree_processes *processes, long number) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "%ld/task", number);
    return fstatat(processes->proc, path, &status, 0) == 0 && status.st_nlink > 2 ? (uint32_t)status.st_nlink - 2 : 0;
}

int tree_processes_threads(const struct tree_processes *processes, uint32_t *ret, struct err *err) {
    DIR *list;
    TRY(open_list(processes, &list, err));
    *ret = 0;
    for (long number = INIT; (number = next_process(processes, list, number)) > 0;)
        *ret += count_threads(processes, number);
    closedir(list);
    return 0;
}

/* ---- the way in ---- */

static int open_proc(int pidfd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d", pid_of(pidfd));
    auto_fd int process = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int thread = process < 0 ? -1 : living_thread(process);
    int proc = thread < 0 ? -1 : openat(thread, "root/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), sys = errno;
    // From a process that lost its memory meanwhile an ordinary user is kept away: it is on its way out, too.
    bool gone = thread < 0 || (proc < 0 && sys == EACCES && !has_memory(thread));
    errno = gone ? ENOENT : sys;
    return proc;
}

int tree_proc_of_session(int pidfd, struct tree_processes *processes, struct err *err) {
    processes->session = pid_of(pidfd);
    processes->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return processes->proc < 0 ? err_sys(err, REASON_INFRA, "/proc") : 0;
}

// A number that was given to another process meanwhile would lead elsewhere: who lives afterwards was the one. A process that
// is on its way out has neither memory nor a root any more.
int tree_proc_open(int pidfd, int *ret_proc, struct err *err) {
    auto_fd int proc = open_proc(pidfd);
    int sys = errno;
    struct pollfd process = {.fd = pidfd, .events = POLLIN};
    *ret_proc = -1;
    if (poll(&process, 1, 0) != 0 || (proc < 0 && (sys == ENOENT || sys == ESRCH)))
        return 0;
    errno = sys;
    if (proc < 0)
        return err_sys(err, REASON_INFRA, "/proc of the job's processes");
    *ret_proc = steal_fd(&proc);
    return 0;
}
