// SPDX-License-Identifier: Apache-2.0
#include "ops/python/leisure.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "quern/own.h"

// The fourth word is RUNNABLE/ALL. Two of them are who asks and who was asked, and both are about to wait.
bool leisure_of(const char *line, int processors) {
    unsigned runnable;
    return sscanf(line, "%*f %*f %*f %u/%*u", &runnable) == 1 && processors > 0 && runnable <= (unsigned)processors;
}

bool leisure_now(void) {
    cpu_set_t set;
    char line[128];
    auto_fd int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (got <= 0 || sched_getaffinity(0, sizeof set, &set) < 0)
        return false;
    line[got] = '\0';
    return leisure_of(line, CPU_COUNT(&set));
}
