/* SPDX-License-Identifier: Apache-2.0 */
/* A process that does nothing until it is killed; the caller's to reap. */
#ifndef TESTS_SLEEPER_H
#define TESTS_SLEEPER_H

#include <unistd.h>

static inline pid_t sleeper(void) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

#endif
