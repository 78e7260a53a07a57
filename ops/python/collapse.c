// SPDX-License-Identifier: Apache-2.0
#include "ops/python/collapse.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "quern/own.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PIECE ((uintptr_t)2 << 20)
// Larger areas are no heap (a sanitizer's shadow has terabytes).
#define MAX_AREA ((uintptr_t)1 << 32)
// A zygote with everything imported has about 1,500 areas, libraries included.
#define MAX_AREAS 4096u
#define LINE_BYTES 512

struct area {
    uintptr_t start, end;
};

// start-end rw-p offset device inode [name]: private, writable, no file, and no name but [heap].
static bool parse_area(const char *line, struct area *area) {
    char access[5], name[16] = "";
    uint64_t inode;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*s %" SCNu64 " %15s", &area->start, &area->end, access, &inode,
               name) < 4)
        return false;
    bool heap = !*name || strcmp(name, "[heap]") == 0;
    return heap && inode == 0 && strcmp(access, "rw-p") == 0 && area->end - area->start <= MAX_AREA;
}

// A piece without any page fails, and that is right: there is nothing to gain.
static uint64_t collapse_area(const struct area *area) {
    uint64_t done = 0;
    for (uintptr_t at = (area->start + PIECE - 1) & ~(PIECE - 1); at + PIECE <= area->end; at += PIECE)
        if (madvise((void *)at, PIECE, MADV_COLLAPSE) == 0)
            done += PIECE;
    return done;
}

static size_t list_areas(FILE *maps, struct area *areas) {
    char line[LINE_BYTES];
    size_t count = 0;
    while (count < MAX_AREAS && fgets(line, sizeof line, maps))
        if (parse_area(line, &areas[count]))
            count++;
    return count;
}

// The areas are listed first: the list itself would change under a reader.
int collapse_heap(uint64_t *ret_bytes, struct err *err) {
    auto_file FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps)
        return err_sys(err, REASON_INFRA, "/proc/self/maps");
    struct area areas[MAX_AREAS];
    size_t count = list_areas(maps, areas);
    uint64_t done = 0;
    for (size_t i = 0; i < count; i++)
        done += collapse_area(&areas[i]);
    *ret_bytes = done;
    return 0;
}
