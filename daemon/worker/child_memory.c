// SPDX-License-Identifier: Apache-2.0
#include "child_memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/pid_of.h"
#include "quern/job.h"
#include "quern/own.h"

// The figure of a line "NAME:   123 kB", or 0.
static uint64_t figure_of(const char *line, const char *name) {
    size_t bytes = strlen(name);
    return strncmp(line, name, bytes) == 0 ? strtoull(line + bytes, NULL, 10) * 1024 : 0;
}

// A mapping's heading begins with its address and has its name at the end; its figures follow, whose names begin with a
// capital. Pages of a memory file are dirty from birth, and private in smaps while nobody else maps them: what was copied
// of a segment are only its anonymous pages; the others are the host's.
static void take_line(const char *line, bool *segment, struct child_memory *ret) {
    if (!isupper((unsigned char)line[0])) {
        *segment = strstr(line, "/memfd:quern-segment") != NULL;
        return;
    }
    uint64_t bytes = figure_of(line, *segment ? "Anonymous:" : "Private_Dirty:");
    ret->private_dirty_bytes += bytes;
    if (*segment)
        ret->copied_on_write_bytes += bytes;
}

void child_memory_measure(int pidfd, bool segments, struct child_memory *ret) {
    char path[64], line[512], buffer[1 << 16];
    bool segment = false, any = false, begins = true;
    *ret = (struct child_memory){0};
    snprintf(path, sizeof path, "/proc/%d/%s", pid_of(pidfd), segments ? "smaps" : "smaps_rollup");
    auto_file FILE *file = fopen(path, "re");
    if (file)
        setvbuf(file, buffer, _IOFBF, sizeof buffer);
    for (; file && fgets(line, sizeof line, file); begins = strchr(line, '\n') != NULL) {
        if (begins) // the rest of a long heading is a name that the script may have chosen
            take_line(line, &segment, ret);
        any = true;
    }
    if (!any)
        *ret = (struct child_memory){MANIFEST_UNKNOWN, MANIFEST_UNKNOWN};
}
