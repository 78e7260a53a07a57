// SPDX-License-Identifier: Apache-2.0
// Whether a drop will find its place, asked before there is anything to drop.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "quern/storage.h"
#include "temp.h"

// Cuts the path to what exists of it: what is missing below will be made. A link to nothing exists, and is in the way.
static void cut_to_existing(char *path) {
    struct stat status;
    while (lstat(path, &status) < 0 && (errno == ENOENT || errno == ENOTDIR) && strcmp(path, "/") != 0 &&
           strcmp(path, ".") != 0) {
        char *slash = strrchr(path, '/');
        if (slash && slash > path)
            *slash = '\0';
        else
            memcpy(path, slash ? "/" : ".", 2);
    }
}

// Permissions tell too little: not that a file system is read-only, full, or one like /proc where nobody makes a file.
static int try_file(int dir, const char *path, struct err *err) {
    auto_temp struct temp temp = {.fd = -1};
    struct err fault;
    if (temp_open(dir, 0666, false, &temp, &fault) == 0)
        return 0;
    err_set(err, REASON_BAD_INPUT, "%s: no file can be made there: %s", path, strerror(fault.sys));
    return -1;
}

static int check_names(int dir, const char *path, const char *const *names, struct err *err) {
    struct stat status;
    for (; *names; names++)
        if (fstatat(dir, *names, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
            return err_set(err, REASON_BAD_INPUT, "%s/%s: expected a file or nothing, found a directory", path, *names);
    return 0;
}

int storage_drop_check(const char *dir, const char *const *names, struct err *err) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s", dir) >= (int)sizeof path)
        return err_set(err, REASON_BAD_INPUT, "%.100s...: expected a path of at most %d bytes", dir, PATH_MAX - 1);
    cut_to_existing(path);
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR)
        return err_set(err, REASON_BAD_INPUT, "%s: expected a directory, found a file", path);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, REASON_BAD_INPUT, "%s: expected a directory, found a link to nothing", path);
    if (fd < 0)
        return err_set(err, REASON_BAD_INPUT, "%s: %s", path, strerror(errno));
    TRY(try_file(fd, path, err));
    return strcmp(path, dir) == 0 ? check_names(fd, path, names, err) : 0;
}
