// SPDX-License-Identifier: Apache-2.0
#include "ops/python/threads.h"

#include <sys/stat.h>

// A directory has two links more than it has directories in it, and every thread is one.
int threads_check(const char *what, struct err *err) {
    struct stat found;
    if (stat("/proc/self/task", &found) < 0)
        return err_sys(err, REASON_INFRA, "%s: /proc/self/task", what);
    if (found.st_nlink != 3)
        return err_set(err, REASON_CONFIG, "%s: expected one thread, found %lu", what,
                       (unsigned long)found.st_nlink - 2);
    return 0;
}
