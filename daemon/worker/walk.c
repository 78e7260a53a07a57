// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "quern/own.h"

static int open_below(int dir, const char *name, uint64_t flags) {
    struct open_how how = {.flags = flags | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    return (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
}

int walk_enter(int dir, const char *name) { return open_below(dir, name, O_RDONLY | O_DIRECTORY); }

static int walk_dir(struct walk *walk, int dir, const char *path, int depth, struct err *err);

// O_NONBLOCK: a pipe in place of a file must not stop us.
static int take_file(struct walk *walk, int dir, const char *name, const char *path, struct stat *status,
                     struct err *err) {
    auto_fd int fd = S_ISREG(status->st_mode) ? open_below(dir, name, O_RDONLY | O_NONBLOCK) : -1;
    if (fd >= 0 && fstat(fd, status) == 0 && S_ISREG(status->st_mode))
        return walk->take(walk->context, path, fd, status, err);
    walk->skip(walk->context, path);
    return 0;
}

static int walk_entry(struct walk *walk, int dir, const char *path, const char *name, int depth, struct err *err) {
    struct stat status;
    auto_free char *full = NULL;
    if (asprintf(&full, "%s%s%s", path, path[0] ? "/" : "", name) < 0)
        return err_set(err, REASON_INFRA, "out of memory for the files of a job");
    if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !walk->wants(walk->context, full, S_ISDIR(status.st_mode)))
        return 0;
    if (!S_ISDIR(status.st_mode))
        return take_file(walk, dir, name, full, &status, err);
    auto_fd int below = walk_enter(dir, name);
    return below < 0 ? 0 : walk_dir(walk, below, full, depth + 1, err);
}

static int walk_dir(struct walk *walk, int dir, const char *path, int depth, struct err *err) {
    if (depth > WALK_MAX_DEPTH)
        return 0;
    int copy = walk_enter(dir, ".");
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream) {
        if (copy >= 0)
            close(copy);
        return 0;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++walk->entries > WALK_MAX_ENTRIES)
            break;
        result = walk_entry(walk, dir, path, entry->d_name, depth, err);
    }
    closedir(stream);
    return result;
}

int walk_files(struct walk *walk, int dir, const char *path, struct err *err) {
    return walk_dir(walk, dir, path, 0, err);
}
