// SPDX-License-Identifier: Apache-2.0
#include "tree_mappings.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "quern/own.h"

// Of a tree, 50 processes with pandas and matplotlib have them.
enum { FREE_MAPPINGS = 32768 };

// Measured on Linux 6.18, and half a link for each process of the tree: of those in a row the n-th has n.
enum { MAPPING_BYTES = 400, LINK_BYTES = 64 };

struct count {
    uint64_t mappings, processes, enough_bytes;
};

static uint64_t bytes_of(const struct count *count) {
    uint64_t beyond = count->mappings > FREE_MAPPINGS ? count->mappings - FREE_MAPPINGS : 0;
    return beyond * (MAPPING_BYTES + LINK_BYTES / 2 * count->processes);
}

static uint64_t lines_of(const char *text, size_t bytes) {
    uint64_t lines = 0;
    for (const char *at = text, *end = text + bytes; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        lines++;
    return lines;
}

static void take(void *context, int process, int thread) {
    struct count *count = context;
    char text[1 << 16];
    ssize_t got;
    (void)process;
    auto_fd int fd = openat(thread, "maps", O_RDONLY | O_CLOEXEC);
    count->processes++;
    while (fd >= 0 && bytes_of(count) <= count->enough_bytes && (got = read(fd, text, sizeof text)) > 0)
        count->mappings += lines_of(text, (size_t)got);
}

int tree_mappings_weigh(const struct tree_processes *processes, uint64_t enough_bytes, uint64_t *ret, struct err *err) {
    struct count count = {.enough_bytes = enough_bytes};
    TRY(tree_processes_visit(processes, take, &count, err));
    *ret = bytes_of(&count);
    return 0;
}
