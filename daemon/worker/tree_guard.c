// SPDX-License-Identifier: Apache-2.0
#include "tree_guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>

#include "quern/clock.h"

enum { STACK_BYTES = 1 << 18 };

void tree_guard_init(struct tree_guard *guard) {
    *guard = (struct tree_guard){.tree = -1, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    tree_watch_init(&guard->watch);
}

uint64_t tree_guard_next_ns(const struct tree_guard *guard) {
    return guard->running || guard->ending ? CLOCK_NEVER : tree_watch_next_ns(&guard->watch);
}

// False: there is nothing to look at any more.
static bool wait_for_turn(struct tree_guard *guard) {
    uint64_t next_ns;
    while (!guard->ending && (next_ns = tree_watch_next_ns(&guard->watch)) > clock_now_ns()) {
        const struct timespec at = {.tv_sec = (time_t)(next_ns / 1000000000u),
                                    .tv_nsec = (long)(next_ns % 1000000000u)};
        if (next_ns == CLOCK_NEVER)
            pthread_cond_wait(&guard->wake, &guard->lock);
        else
            pthread_cond_clockwait(&guard->wake, &guard->lock, CLOCK_MONOTONIC, &at);
    }
    return !guard->ending;
}

static void *look(void *context) {
    struct tree_guard *guard = context;
    pthread_mutex_lock(&guard->lock);
    while (guard->found == 0 && wait_for_turn(guard))
        guard->found = tree_watch_look(&guard->watch, &guard->why, &guard->err);
    if (guard->found)
        pidfd_send_signal(guard->tree, SIGKILL, NULL, 0);
    pthread_mutex_unlock(&guard->lock);
    return NULL;
}

// Signals are for the worker's first thread.
static int start(struct tree_guard *guard) {
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed = pthread_attr_init(&attributes);
    if (failed)
        return failed;
    sigfillset(&all);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&guard->thread, &attributes, look, guard);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

int tree_guard_start(struct tree_guard *guard, int tree, struct err *err) {
    if (tree_guard_next_ns(guard) == CLOCK_NEVER)
        return 0;
    guard->tree = tree;
    errno = start(guard);
    if (errno)
        return err_sys(err, REASON_INFRA, "the thread that looks at a job's processes");
    guard->running = true;
    return 0;
}

void tree_guard_work(struct tree_guard *guard, const struct jail_facts *facts, int work_dir) {
    pthread_mutex_lock(&guard->lock);
    tree_watch_work(&guard->watch, facts, work_dir);
    pthread_cond_signal(&guard->wake);
    pthread_mutex_unlock(&guard->lock);
}

void tree_guard_lend(struct tree_guard *guard, int file) {
    pthread_mutex_lock(&guard->lock);
    tree_watch_lend(&guard->watch, file);
    pthread_mutex_unlock(&guard->lock);
}

bool tree_guard_take_back(struct tree_guard *guard, int file) {
    pthread_mutex_lock(&guard->lock);
    bool taken = tree_watch_take_back(&guard->watch, file);
    pthread_mutex_unlock(&guard->lock);
    return taken;
}

int tree_guard_end(struct tree_guard *guard, struct err *ret_why, struct err *err) {
    pthread_mutex_lock(&guard->lock);
    guard->ending = true;
    pthread_cond_signal(&guard->wake);
    pthread_mutex_unlock(&guard->lock);
    if (!guard->running)
        return 0;
    pthread_join(guard->thread, NULL);
    guard->running = false;
    *ret_why = guard->why;
    if (guard->found < 0)
        *err = guard->err;
    return guard->found;
}

void tree_guard_done(struct tree_guard *guard) {
    struct err ignored;
    (void)!tree_guard_end(guard, &ignored, &ignored);
    tree_watch_done(&guard->watch);
}
