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
// linux/mount.h cannot be included beside sys/mount.h.
enum { PICK_CLOEXEC = 1, PICK_EMPTY_PATH = 8, CONFIG_STRING = 1, CONFIG_RECONFIGURE = 7 };

static int make_directory(const struct work *work, const char *path, struct err *err) {
    if (mkdir(path, 0700) < 0)
        return err_sys(err, REASON_INFRA, "%s", path);
    if (lchown(path, work->uid, work->gid) < 0)
        return err_sys(err, REASON_INFRA, "giving %s to uid %u", path, (unsigned)work->uid);
    return 0;
}

static int bind(const char *from, const char *to, struct err *err) {
    struct stat wanted, found;
    if (stat(from, &wanted) < 0 || mount(from, to, NULL, MS_BIND, NULL) < 0 || stat(to, &found) < 0)
        return err_sys(err, REASON_INFRA, "mounting %s on %s", from, to);
    if (found.st_dev != wanted.st_dev || found.st_ino != wanted.st_ino)
        return err_set(err, REASON_INFRA, "mounting %s on %s: it is another directory", from, to);
    return 0;
}

// The zygote writes in its /run; a child with the zygote's own uid must not even chmod there.
static int close_run(struct err *err) {
    struct statfs found;
    if (mount(NULL, "/run", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | FLAGS, NULL) < 0 || statfs("/run", &found) < 0)
        return err_sys(err, REASON_INFRA, "making /run read-only");
    return found.f_flags & MS_RDONLY ? 0 : err_set(err, REASON_INFRA, "/run: expected it to be read-only, it is not");
}

// A tmpfs counts its root and what work_mount() makes below it, too: of these the script has no idea.
static uint64_t inodes(uint64_t files, bool shared_memory) {
    const uint64_t root = 1, directories = shared_memory ? 2 : 1;
    return files + JAIL_OWN_FILES + root + directories;
}

// The file system's own root stays covered: its second directory would be in the script's way.
int work_mount(const struct work *work, struct err *err) {
    char data[128];
    snprintf(data, sizeof data, "size=%llu,nr_inodes=%llu,mode=0711", (unsigned long long)work->bytes,
             (unsigned long long)inodes(work->files, work->shared_memory));
    TRY(close_run(err));
    if (mount("tmpfs", JAIL_WORK_DIR, "tmpfs", FLAGS, data) < 0)
        return err_sys(err, REASON_INFRA, "a tmpfs on " JAIL_WORK_DIR);
    TRY(make_directory(work, JAIL_WORK_DIR "/work", err));
    if (work->shared_memory) {
        TRY(make_directory(work, JAIL_WORK_DIR "/shm", err));
        TRY(bind(JAIL_WORK_DIR "/shm", "/dev/shm", err));
    }
    return bind(JAIL_WORK_DIR "/work", JAIL_WORK_DIR, err);
}

int work_open(const struct work *work, const char *path, int *ret_fd, struct err *err) {
    struct stat status, here;
    struct statfs system;
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchdir(fd) < 0 || fstat(fd, &status) < 0 || fstatfs(fd, &system) < 0 || stat(".", &here) < 0)
        return err_sys(err, REASON_INFRA, "%s", path);
    if (here.st_dev != status.st_dev || here.st_ino != status.st_ino)
        return err_set(err, REASON_INFRA, "%s: expected it to be the current directory, it is not", path);
    bool mounted = system.f_type == TMPFS_MAGIC && (system.f_flags & FLAGS) == FLAGS &&
                   (uint64_t)(system.f_blocks - 1) * (uint64_t)system.f_bsize < work->bytes;
    if ((work->mounted && !mounted) || status.st_uid != work->uid || (status.st_mode & 07777) != 0700)
        return err_set(err, REASON_INFRA, "%s is not a private %s of uid %u", path,
                       work->mounted ? "tmpfs of the job's size" : "directory", (unsigned)work->uid);
    *ret_fd = steal_fd(&fd);
    return 0;
}

// By the mount's own descriptor: its path is visible in the child's namespace only.
int jail_work_resize(const struct jail *jail, int work_dir, const struct jail_limits *limits, struct err *err) {
    char bytes[32], files[32];
    if (!jail->facts.mount_ns) // whoever looks at the tree looks at its directory, too
        return 0;
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)limits->work_bytes);
    snprintf(files, sizeof files, "%llu", (unsigned long long)inodes(limits->work_files, jail->shared_memory));
    auto_fd int context = (int)syscall(SYS_fspick, work_dir, "", PICK_EMPTY_PATH | PICK_CLOEXEC);
    if (context < 0)
        return err_sys(err, REASON_INFRA, "fspick of a work directory");
    if (syscall(SYS_fsconfig, context, CONFIG_STRING, "size", bytes, 0) < 0 ||
        syscall(SYS_fsconfig, context, CONFIG_STRING, "nr_inodes", files, 0) < 0 ||
        syscall(SYS_fsconfig, context, CONFIG_RECONFIGURE, NULL, NULL, 0) < 0)
        return err_sys(err, REASON_INFRA, "resizing a work directory to %s bytes and %s files", bytes, files);
    return 0;
}
