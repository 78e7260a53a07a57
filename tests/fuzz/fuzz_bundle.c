// SPDX-License-Identifier: Apache-2.0
// Unpacks the input below a folder in memory: only files and folders may come out, within the ceilings, and nothing
// beside the folder.
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/bundle.h"
#include "quern/memory.h"
#include "quern/own.h"

static const struct bundle_ceilings ceilings = {.entries = 16, .ratio = 50, .bytes = 100000};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

struct found {
    uint32_t files, others;
    uint64_t bytes;
};

static void empty(int dir, struct found *found);

static void take(int dir, const char *name, struct found *found) {
    struct stat status;
    if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        abort();
    bool folder = S_ISDIR(status.st_mode);
    if (folder) {
        auto_fd int inner = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        empty(inner, found);
    } else if (S_ISREG(status.st_mode)) {
        found->files++;
        found->bytes += (uint64_t)status.st_size;
    } else {
        found->others++;
    }
    if (unlinkat(dir, name, folder ? AT_REMOVEDIR : 0) < 0)
        abort();
}

// Counts and removes everything in the folder.
static void empty(int dir, struct found *found) {
    DIR *entries = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!entries)
        abort();
    for (struct dirent *entry; (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            take(dirfd(entries), entry->d_name, found);
    closedir(entries);
}

static void check(int result, const struct bundle_outcome *outcome, const struct err *err, const struct found *found) {
    if (found->others || found->bytes > ceilings.bytes || found->files > ceilings.entries)
        abort();
    if (result == 0 && (found->files != outcome->files || found->bytes != outcome->bytes))
        abort();
    if (result < 0 && err->reason != REASON_BAD_INPUT && err->reason != REASON_LIMIT_DISK)
        abort();
}

static void unpack(int outer, const uint8_t *bytes, size_t count) {
    struct err err;
    struct bundle_outcome outcome = {0};
    struct found inside = {0}, beside = {0};
    auto_fd int zip = memory_from("bundle", bytes, count, NULL);
    if (zip < 0 || mkdirat(outer, "in", 0700) < 0)
        abort();
    auto_fd int dir = openat(outer, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = bundle_unpack(zip, dir, &ceilings, &outcome, &err);
    empty(dir, &inside);
    check(result, &outcome, &err, &inside);
    empty(outer, &beside);
    if (beside.files || beside.others)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    char path[] = "/dev/shm/quern-fuzz-bundle-XXXXXX";
    if (!mkdtemp(path))
        return 0;
    auto_fd int outer = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unpack(outer, bytes, count);
    rmdir(path);
    return 0;
}
