// SPDX-License-Identifier: Apache-2.0
#include "ops/python/threads.h"

#include <Python.h>

#include <sys/stat.h>
#include <time.h>

#include "quern/clock.h"

// From the moment that a thread is told to end until it has: matplotlib does not wait for the one that it has while it looks
// for fonts.
enum { ENDING_MS = 500, LOOK_NS = 1000000 };

// A directory has two links more than it has directories in it, and every thread is one.
static int count(const char *what, unsigned long *ret, struct err *err) {
    struct stat found;
    if (stat("/proc/self/task", &found) < 0)
        return err_sys(err, REASON_INFRA, "%s: /proc/self/task", what);
    *ret = (unsigned long)found.st_nlink - 2;
    return 0;
}

static void let_others_run(void) {
    Py_BEGIN_ALLOW_THREADS;
    nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    Py_END_ALLOW_THREADS;
}

int threads_check(const char *what, struct err *err) {
    unsigned long threads = 0;
    TRY(count(what, &threads, err));
    for (uint64_t end = clock_deadline_ns(ENDING_MS); threads != 1 && clock_now_ns() < end;) {
        let_others_run();
        TRY(count(what, &threads, err));
    }
    if (threads != 1)
        return err_set(err, REASON_CONFIG, "%s: expected one thread, found %lu", what, threads);
    return 0;
}
