// SPDX-License-Identifier: Apache-2.0
#include "work_usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "quern/own.h"

struct survey {
    struct work_usage usage;
    uint64_t most_files;
};

static void take_directory(struct survey *survey, int parent, const char *name, int depth);

// A script may make a directory that it can enter and nobody can list. It belongs to our own user.
static int open_directory(int parent, const char *name) {
    char path[40];
    auto_fd int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int list = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || list >= 0 || errno != EACCES)
        return list;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return chmod(path, 0700) < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void take_entry(struct survey *survey, int dir, const char *name, int depth) {
    struct stat status;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    survey->usage.files++;
    survey->usage.bytes += (uint64_t)status.st_blocks * 512;
    if (S_ISDIR(status.st_mode))
        take_directory(survey, dir, name, depth + 1);
}

static void take_directory(struct survey *survey, int parent, const char *name, int depth) {
    if (depth > WORK_MOST_DEPTH) {
        survey->usage.too_deep = true;
        return;
    }
    int fd = open_directory(parent, name);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list)
        own_close(&fd);
    for (struct dirent *entry; list && survey->usage.files <= survey->most_files && (entry = readdir(list));)
        take_entry(survey, dirfd(list), entry->d_name, depth);
    if (list)
        closedir(list);
}

void work_usage_read(int work_dir, uint64_t most_files, struct work_usage *ret) {
    struct survey survey = {.most_files = most_files};
    take_directory(&survey, work_dir, ".", 0);
    take_directory(&survey, work_dir, "../shm", 0);
    *ret = survey.usage;
}

bool work_is_full(int work_dir) {
    struct statfs status;
    return work_dir >= 0 && fstatfs(work_dir, &status) == 0 && (status.f_bfree == 0 || status.f_ffree == 0);
}
