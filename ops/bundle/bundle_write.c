// SPDX-License-Identifier: Apache-2.0
// Folders and files below a directory, one part of the name after the other: no link is ever followed.
#include "bundle_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "quern/write.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0644 };

static int fail(const struct bundle_name *name, const char *verb, struct err *err) {
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return err_sys(err, full ? REASON_LIMIT_DISK : REASON_INFRA, "Script Bundle: %s: %s", name->shown, verb);
}

// The zip's own modes do not count, nor does the umask.
static int enter(int dir, const char *part, const struct bundle_name *name, struct err *err) {
    bool made = mkdirat(dir, part, FOLDER_MODE) == 0;
    if (!made && errno != EEXIST)
        return fail(name, "making a folder", err);
    auto_fd int fd = openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected a folder, found a file of that name",
                       name->shown);
    if (fd < 0 || (made && fchmod(fd, FOLDER_MODE) < 0))
        return fail(name, "opening a folder", err);
    return steal_fd(&fd);
}

static int create_file(int dir, const char *part, const struct bundle_name *name, struct err *err) {
    auto_fd int fd = openat(dir, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected one entry of that name, found two",
                       name->shown);
    if (fd < 0 || fchmod(fd, FILE_MODE) < 0)
        return fail(name, "creating a file", err);
    return steal_fd(&fd);
}

int bundle_create(int dir, const struct bundle_name *name, struct err *err) {
    size_t folders = name->folder ? name->parts : name->parts - 1;
    auto_fd int at = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    if (at < 0)
        return fail(name, "opening the folder", err);
    for (size_t i = 0; i < folders; i++) {
        int next = enter(at, name->part[i], name, err);
        if (next < 0)
            return -1;
        close(at);
        at = next;
    }
    return name->folder ? steal_fd(&at) : create_file(at, name->part[folders], name, err);
}

int bundle_write(int fd, const struct bundle_name *name, const void *bytes, size_t count, struct err *err) {
    return write_all(fd, bytes, count) < 0 ? fail(name, "writing", err) : 0;
}
