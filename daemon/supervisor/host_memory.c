// SPDX-License-Identifier: Apache-2.0
#include "host_memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"

#define UNTOLD ((uint64_t)1 << 30)

// The number behind a word at the beginning of a line: "MemAvailable: 12 kB", "inactive_file 4096".
static bool find_number(const char *path, const char *word, unsigned long long *ret) {
    char line[256];
    size_t length = strlen(word);
    auto_file FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, word, length) == 0 && sscanf(line + length, "%llu", ret) == 1)
            return true;
    return false;
}

static uint64_t machine_free(const char *proc) {
    char path[PATH_MAX];
    unsigned long long kib;
    snprintf(path, sizeof path, "%s/meminfo", proc);
    return find_number(path, "MemAvailable:", &kib) ? (uint64_t)kib * 1024 : UNTOLD;
}

// Pages of files that nobody has used for a while make room for ours.
static uint64_t group_free(const char *directory) {
    char path[PATH_MAX + 32];
    unsigned long long most, current = 0, idle = 0;
    snprintf(path, sizeof path, "%s/memory.max", directory);
    if (!find_number(path, "", &most))
        return UINT64_MAX;
    snprintf(path, sizeof path, "%s/memory.current", directory);
    (void)find_number(path, "", &current);
    snprintf(path, sizeof path, "%s/memory.stat", directory);
    (void)find_number(path, "inactive_file ", &idle);
    current -= idle < current ? idle : current;
    return most > current ? most - current : 0;
}

// Where we are in the tree of version 2: "0::/a/b".
static bool own_group(const char *proc, char group[PATH_MAX]) {
    char path[PATH_MAX], line[PATH_MAX];
    snprintf(path, sizeof path, "%s/self/cgroup", proc);
    auto_file FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "0::/", 4) == 0) {
            snprintf(group, PATH_MAX, "%s", line + 3);
            return true;
        }
    }
    return false;
}

static uint64_t groups_free(const char *proc, const char *cgroups) {
    char group[PATH_MAX], directory[PATH_MAX];
    uint64_t least = UINT64_MAX;
    if (!own_group(proc, group))
        return least;
    for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
        *end = '\0';
        if (snprintf(directory, sizeof directory, "%s%s", cgroups, group) < (int)sizeof directory) {
            uint64_t free_here = group_free(directory);
            least = free_here < least ? free_here : least;
        }
    }
    return least;
}

uint64_t host_memory_free(const char *proc, const char *cgroups) {
    uint64_t machine = machine_free(proc), groups = groups_free(proc, cgroups);
    return (machine < groups ? machine : groups) / 10 * 9;
}
