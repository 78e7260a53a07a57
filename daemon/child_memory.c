// SPDX-License-Identifier: Apache-2.0
#include "child_memory.h"

#include <stdio.h>
#include <string.h>

#include "quern/job.h"
#include "quern/own.h"

static int pid_of(int pidfd) {
    char path[64], line[128];
    int pid = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    auto_file FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pid: %d", &pid) == 1)
            break;
    return pid;
}

// A mapping's heading has its name at the end; its figures follow in lines of "Name: value kB". Pages of a memory file
// are dirty from birth, and private in smaps while nobody else maps them: what was copied of a segment are only its
// anonymous pages; the others are the host's.
void child_memory_measure(int pidfd, struct child_memory *ret) {
    char path[64], line[512];
    unsigned long long kib;
    bool segment = false;
    *ret = (struct child_memory){0};
    snprintf(path, sizeof path, "/proc/%d/smaps", pid_of(pidfd));
    auto_file FILE *file = fopen(path, "re");
    if (!file || !fgets(line, sizeof line, file))
        *ret = (struct child_memory){MANIFEST_UNKNOWN, MANIFEST_UNKNOWN};
    else
        rewind(file);
    while (file && fgets(line, sizeof line, file)) {
        if (strchr(line, '-') && strstr(line, " r"))
            segment = strstr(line, "/memfd:quern-segment") != NULL;
        if (sscanf(line, segment ? "Anonymous: %llu kB" : "Private_Dirty: %llu kB", &kib) != 1)
            continue;
        ret->private_dirty_bytes += kib * 1024;
        if (segment)
            ret->copied_on_write_bytes += kib * 1024;
    }
}
