// SPDX-License-Identifier: Apache-2.0
// The zygote's private view of the file system, made once and inherited by the mount namespace of each child.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "jail_parts.h"
#include "quern/memory.h"
#include "quern/own.h"

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

enum { RECURSIVE = 0x8000 /* AT_RECURSIVE */, READ_ONLY = 0x1 /* MOUNT_ATTR_RDONLY */ };
enum { FLAGS = MS_NOSUID | MS_NODEV };

struct attributes {
    uint64_t set, clear, propagation, user_namespace;
};

// Landlock does not cover chmod, utime or setxattr; a read-only mount does. Kernels that lack it (before 5.12) lack
// Landlock too, so that the level tells.
static int make_read_only(struct err *err) {
    struct attributes attributes = {.set = READ_ONLY};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return err_sys(err, REASON_INFRA, "making the mounts private");
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", RECURSIVE, &attributes, sizeof attributes) == 0)
        return 0;
    return errno == ENOSYS ? 0 : err_sys(err, REASON_INFRA, "making the mounts read-only");
}

enum { MAX_RESOLV_BYTES = 65536 };

// With the network open, the resolver's file has to outlive the empty /run, where it often is.
static int keep_resolver(char **ret_path, char **ret_text, size_t *ret_bytes, struct err *err) {
    auto_free char *path = realpath("/etc/resolv.conf", NULL);
    if (!path || strncmp(path, "/run/", 5) != 0)
        return 0;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    TRY(memory_read(fd, path, MAX_RESOLV_BYTES, ret_text, ret_bytes, err));
    *ret_path = steal_ptr(&path);
    return 0;
}

static int restore_file(char *path, const char *text, size_t bytes, struct err *err) {
    for (char *slash = strchr(path + 5, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0755);
        *slash = '/';
        if (made < 0 && errno != EEXIST)
            return err_sys(err, REASON_INFRA, "%s", path);
    }
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || fchmod(fd, 0644) < 0 || write(fd, text, bytes) != (ssize_t)bytes)
        return err_sys(err, REASON_INFRA, "%s", path);
    return 0;
}

// No socket of the host's services is left to be found.
static int empty_run(bool network_open, struct err *err) {
    auto_free char *path = NULL, *text = NULL;
    size_t bytes = 0;
    if (network_open)
        TRY(keep_resolver(&path, &text, &bytes, err));
    mode_t mask = umask(022);
    int made = mount("tmpfs", "/run", "tmpfs", FLAGS, "size=64m,nr_inodes=4096,mode=0755");
    if (made == 0)
        made = mkdir(JAIL_WORK_DIR, 0755);
    int restored = made == 0 && path ? restore_file(path, text, bytes, err) : 0;
    umask(mask);
    return made < 0 ? err_sys(err, REASON_INFRA, "an empty /run") : restored;
}

// That of another pid namespace knows us by another number, or not at all.
static int check_proc(struct err *err) {
    struct statfs found;
    char own[16], self[16] = "";
    snprintf(own, sizeof own, "%d", (int)getpid());
    if (statfs("/proc", &found) < 0 || readlink("/proc/self", self, sizeof self - 1) < 0)
        return err_sys(err, REASON_INFRA, "a fresh /proc");
    if (found.f_type != PROC_SUPER_MAGIC || strcmp(self, own) != 0)
        return err_set(err, REASON_INFRA, "a fresh /proc: expected this process to be %s, found %s", own, self);
    return 0;
}

int mounts_proc(bool *ret_fresh, struct err *err) {
    *ret_fresh = mount("proc", "/proc", "proc", FLAGS | MS_NOEXEC, "hidepid=2") == 0;
    if (*ret_fresh)
        return check_proc(err);
    return errno == EPERM ? 0 : err_sys(err, REASON_INFRA, "a fresh /proc");
}

int mounts_make(bool network_open, bool *ret_fresh_proc, struct err *err) {
    TRY(make_read_only(err));
    TRY(empty_run(network_open, err));
    return mounts_proc(ret_fresh_proc, err);
}
