// SPDX-License-Identifier: Apache-2.0
#include "pid_of.h"

#include <stdio.h>

#include "quern/own.h"

int pid_of(int pidfd) {
    char path[64], line[128];
    int pid = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    auto_file FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pid: %d", &pid) == 1)
            break;
    return pid;
}
