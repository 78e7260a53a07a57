// SPDX-License-Identifier: Apache-2.0
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "jail_parts.h"
#include "quern/own.h"

enum { FLAGS = MS_NOSUID | MS_NODEV };

static int make_directory(const struct work *work, const char *path, struct err *err) {
    if (mkdir(path, 0700) < 0)
        return err_sys(err, REASON_INFRA, "%s", path);
    if (lchown(path, work->uid, work->gid) < 0)
        return err_sys(err, REASON_INFRA, "giving %s to uid %u", path, (unsigned)work->uid);
    return 0;
}

static int bind(const char *from, const char *to, struct err *err) {
    if (mount(from, to, NULL, MS_BIND, NULL) < 0)
        return err_sys(err, REASON_INFRA, "mounting %s on %s", from, to);
    return 0;
}

// The file system's own root stays covered: its second directory would be in the script's way.
int work_mount(const struct work *work, struct err *err) {
    struct jail_limits limits;
    char data[128];
    jail_limits_default(&limits);
    snprintf(data, sizeof data, "size=%llu,nr_inodes=%llu,mode=0711", (unsigned long long)limits.work_bytes,
             (unsigned long long)limits.work_files);
    if (mount("tmpfs", JAIL_WORK_DIR, "tmpfs", FLAGS, data) < 0)
        return err_sys(err, REASON_INFRA, "a tmpfs on " JAIL_WORK_DIR);
    TRY(make_directory(work, JAIL_WORK_DIR "/work", err));
    if (work->shared_memory) {
        TRY(make_directory(work, JAIL_WORK_DIR "/shm", err));
        TRY(bind(JAIL_WORK_DIR "/shm", "/dev/shm", err));
    }
    return bind(JAIL_WORK_DIR "/work", JAIL_WORK_DIR, err);
}

int work_open(const struct work *work, int *ret_fd, struct err *err) {
    struct stat status;
    struct statfs system;
    auto_fd int fd = open(JAIL_WORK_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fchdir(fd) < 0 || fstat(fd, &status) < 0 || fstatfs(fd, &system) < 0)
        return err_sys(err, REASON_INFRA, JAIL_WORK_DIR);
    if (system.f_type != TMPFS_MAGIC || !(system.f_flags & MS_NOSUID) || status.st_uid != work->uid ||
        (status.st_mode & 07777) != 0700)
        return err_set(err, REASON_INFRA, JAIL_WORK_DIR " is not a private tmpfs of uid %u", (unsigned)work->uid);
    *ret_fd = steal_fd(&fd);
    return 0;
}
