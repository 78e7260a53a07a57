// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/jail_probes.h"

#include "tests/unit/jail_roles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

const char *probe_file = "/etc/passwd";

#define BAD UINTPTR_MAX /* an address that nobody has */
#define NOBODY 0x7fffffff
#define ABOVE_THE_CEILING "above the ceiling"

// Refused by the filter, whatever the arguments; `free` is what the kernel says to them. 0: any other answer.
struct call_probe {
    const char *name;
    long number;
    uintptr_t arguments[5];
    int jailed;
};

#define CALL(call, jailed, ...)                                                                                        \
    { #call, SYS_##call, {__VA_ARGS__ }, jailed }
#define NAMED(name, call, jailed, ...)                                                                                 \
    { name, SYS_##call, {__VA_ARGS__}, jailed }
#define FD UINTPTR_MAX /* no descriptor */

static const struct call_probe calls[] = {
    CALL(mount, EPERM, BAD, BAD, BAD, 0, 0),
    CALL(umount2, EPERM, BAD, 0),
    CALL(pivot_root, EPERM, BAD, BAD),
    CALL(chroot, EPERM, BAD),
    CALL(unshare, EPERM, CLONE_NEWUSER | 1),
    CALL(setns, EPERM, FD, 0),
    CALL(open_tree, EPERM, FD, BAD, 0),
    CALL(move_mount, EPERM, FD, BAD, FD, BAD, 0),
    CALL(fsopen, EPERM, BAD, 0),
    CALL(fsconfig, EPERM, FD, 0, 0, 0, 0),
    CALL(fsmount, EPERM, FD, 0, 0),
    CALL(fspick, EPERM, FD, BAD, 0),
    CALL(mount_setattr, EPERM, FD, BAD, 0, BAD, 0),
    CALL(sethostname, EPERM, BAD, 1),
    CALL(name_to_handle_at, EPERM, FD, BAD, BAD, BAD, 0),
    NAMED("clone CLONE_NEWUSER", clone, EPERM, CLONE_NEWUSER | CLONE_THREAD),
    NAMED("clone CLONE_NEWNS", clone, EPERM, CLONE_NEWNS | CLONE_FS),
    NAMED("clone CLONE_NEWPID", clone, EPERM, CLONE_NEWPID | CLONE_THREAD),
    NAMED("clone CLONE_PARENT", clone, EPERM, CLONE_PARENT | CLONE_THREAD | CLONE_FILES),
    NAMED("thread with files of its own", clone, EPERM, CLONE_THREAD),
    NAMED("close_range CLOSE_RANGE_UNSHARE", close_range, EPERM, FD, FD, CLOSE_RANGE_UNSHARE),
    CALL(clone3, ENOSYS, BAD, 1),
    CALL(ptrace, EPERM, PTRACE_ATTACH, NOBODY, 0, 0),
    CALL(process_vm_readv, ENOSYS, NOBODY, 0, 0, 0, 0),
    CALL(process_vm_writev, ENOSYS, NOBODY, 0, 0, 0, 0),
    CALL(process_madvise, EPERM, FD, 0, 0, 0, 0),
    CALL(pidfd_getfd, EPERM, FD, 0, 0),
    CALL(memfd_secret, ENOSYS, 0xff),
    CALL(io_setup, ENOSYS, 1, BAD),
    CALL(io_submit, ENOSYS, 0, 1, BAD),
    CALL(landlock_create_ruleset, ENOSYS, 0, 0, 1),
    CALL(landlock_add_rule, ENOSYS, FD, 1, BAD, 0),
    CALL(landlock_restrict_self, ENOSYS, FD, 0),
    CALL(syncfs, 0, FD),
    NAMED(ABOVE_THE_CEILING, cachestat, ENOSYS, FD, BAD, BAD, 0),
    CALL(shmget, EPERM, 1, 0, 0),
    CALL(semget, EPERM, 1, FD, 0),
    CALL(msgget, EPERM, 1, 0),
    CALL(mq_open, EPERM, BAD, 0, 0, 0),
    CALL(inotify_init1, EPERM, FD),
    CALL(clock_settime, EPERM, 0, BAD),
    CALL(settimeofday, EPERM, BAD, 0),
    CALL(sched_setscheduler, EPERM, FD, 0, 0),
    CALL(vmsplice, EPERM, FD, 0, 0, 0),
    CALL(personality, EPERM, 0xffffffff),
    CALL(fchown, EPERM, FD, 0, 0),
    CALL(chown, EPERM, BAD, 0, 0),
    CALL(setxattr, EPERM, BAD, BAD, BAD, 0, 0),
    NAMED("chmod S_ISUID", chmod, EPERM, BAD, S_ISUID | 0755),
    NAMED("fchmod S_ISGID", fchmod, EPERM, FD, S_ISGID | 0755),
    NAMED("fchmodat S_ISUID", fchmodat, EPERM, FD, BAD, S_ISUID | 0755),
    NAMED("mknod of a device", mknodat, EPERM, FD, BAD, S_IFCHR | 0600, 0),
    CALL(memfd_create, ENOSYS, BAD, 0),
    NAMED("memfd of huge pages", memfd_create, ENOSYS, BAD, MFD_HUGETLB),
    CALL(splice, ENOSYS, FD, 0, FD, 0, 1),
    CALL(sendfile, ENOSYS, FD, FD, 0, 1),
    NAMED("mapping of shared memory without a file", mmap, EPERM, 0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, FD),
    NAMED("mapping of huge pages", mmap, EPERM, 0, 1u << 21, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, FD),
    NAMED("ioctl TIOCSTI", ioctl, EPERM, FD, TIOCSTI, 0),
    NAMED("ioctl TIOCSTI, high bits", ioctl, EPERM, FD, UINT64_C(1) << 32 | TIOCSTI, 0),
    NAMED("ioctl TIOCLINUX", ioctl, EPERM, FD, TIOCLINUX, 0),
    NAMED("ioctl FS_IOC_SETFLAGS", ioctl, EPERM, FD, FS_IOC_SETFLAGS, BAD),
    NAMED("fcntl F_SETLEASE", fcntl, EPERM, FD, F_SETLEASE, 0),
    NAMED("fcntl F_NOTIFY", fcntl, EPERM, FD, F_NOTIFY, 0),
    NAMED("fcntl F_SETPIPE_SZ", fcntl, EPERM, FD, F_SETPIPE_SZ, 0),
    NAMED("setrlimit of cores", setrlimit, EPERM, RLIMIT_CORE, BAD),
    NAMED("prlimit64 of cores", prlimit64, EPERM, 0, RLIMIT_CORE, BAD),
    NAMED("prlimit64 of another", prlimit64, EPERM, 1, 99, 0, 0),
    NAMED("socket AF_UNIX", socket, EAFNOSUPPORT, AF_UNIX, 0xf, 0),
    NAMED("socket AF_INET", socket, EAFNOSUPPORT, AF_INET, 0xf, 0),
    NAMED("socket AF_NETLINK", socket, EAFNOSUPPORT, AF_NETLINK, SOCK_RAW, 0),
    CALL(bind, EAFNOSUPPORT, FD, BAD, 1),
    CALL(connect, EAFNOSUPPORT, FD, BAD, 1),
    CALL(listen, EAFNOSUPPORT, FD, 0),
    NAMED("socketpair of datagrams", socketpair, EAFNOSUPPORT, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, BAD),
    NAMED("socketpair AF_INET", socketpair, EAFNOSUPPORT, AF_INET, SOCK_STREAM, 0, BAD),
};

static int result(long returned) { return returned < 0 ? errno : 0; }

static int call(const struct call_probe *probe) {
    const uintptr_t *a = probe->arguments;
    return result(syscall(probe->number, a[0], a[1], a[2], a[3], a[4]));
}

// ---- paths ----

static int open_path(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC), found = result(fd);
    if (fd >= 0)
        close(fd);
    return found;
}

static int read_file(void) { return open_path(probe_file, O_RDONLY); }
static int list_root(void) { return open_path("/", O_RDONLY | O_DIRECTORY); }
static int list_var(void) { return open_path("/var", O_RDONLY | O_DIRECTORY); }
static int read_passwd(void) { return open_path("/etc/passwd", O_RDONLY); }
static int write_proc(void) { return open_path("/proc/self/comm", O_WRONLY); }
static int read_parent(void) { return open_path("/proc/1/environ", O_RDONLY); }

// A call that says that all is well and does nothing.
#define IN_VAIN ECANCELED

static int change_times_of(const char *path) {
    struct stat before, after;
    if (stat(path, &before) < 0)
        return errno;
    const struct timespec times[2] = {before.st_atim, {.tv_sec = before.st_mtim.tv_sec - 1}};
    int found = result(utimensat(AT_FDCWD, path, times, 0));
    return found ? found : stat(path, &after) == 0 && after.st_mtim.tv_sec < before.st_mtim.tv_sec ? 0 : IN_VAIN;
}

static int touch_run(void) { return change_times_of("/run"); }
static int write_device(void) { return open_path("/dev/tty", O_WRONLY); }
static int connect_tcp(void) { return result(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)); }
static int change_mode(void) {
    struct stat before, after;
    if (stat(probe_file, &before) < 0)
        return errno;
    int found = result(chmod(probe_file, (before.st_mode ^ S_IXUSR) & 07777));
    return found ? found : stat(probe_file, &after) == 0 && after.st_mode != before.st_mode ? 0 : IN_VAIN;
}
static int change_times(void) { return change_times_of(probe_file); }
static int raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) < 0)
        return errno;
    return limit.rlim_max <= 1 ? ENOSPC : 0;
}

struct path_probe {
    const char *name;
    int (*run)(void);
    int jailed;
};

static const struct path_probe paths[] = {
    {"read a file", read_file, EACCES},
    {"list /", list_root, EACCES},
    {"list /var", list_var, EACCES},
    {"read /etc/passwd", read_passwd, EACCES},
    {"write to /proc/self", write_proc, EACCES},
    {"read the environment of process 1", read_parent, ENOENT},
    {"utime of /run", touch_run, EROFS},
    {"write /dev/tty", write_device, EACCES},
    {"socket of TCP", connect_tcp, EAFNOSUPPORT},
    {"chmod of a file", change_mode, EROFS},
    {"utime of a file", change_times, EROFS},
    {"core limit is one", raise_limit, ENOSPC},
};

// ---- what stays open ----

static int make_fifo(void) { return result(syscall(SYS_mknodat, FD, BAD, S_IFIFO | 0600, 0)); }
static int own_limit(void) { return result(syscall(SYS_prlimit64, 0, 99, 0, 0)); }
static int read_library(void) { return open_path("/usr/lib", O_RDONLY | O_DIRECTORY); }
static int write_null(void) { return open_path("/dev/null", O_WRONLY); }
static int read_cpus(void) { return open_path("/proc/cpuinfo", O_RDONLY); }
static int read_own_size(void) { return open_path("/proc/self/statm", O_RDONLY); }

static const struct path_probe same[] = {
    {"mkfifo", make_fifo, EFAULT},      {"own limits", own_limit, EINVAL},    {"read /usr/lib", read_library, 0},
    {"write /dev/null", write_null, 0}, {"read /proc/cpuinfo", read_cpus, 0}, {"read own statm", read_own_size, 0},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void report(int out, bool jailed, const char *name, int found) {
    dprintf(out, "%s %s: %d\n", jailed ? "jail" : "free", name, found);
}

void probe_all(int out, bool jailed) {
    for (size_t i = 0; i < COUNT(calls); i++)
        report(out, jailed, calls[i].name, call(&calls[i]));
    for (size_t i = 0; i < COUNT(paths); i++)
        report(out, jailed, paths[i].name, paths[i].run());
    for (size_t i = 0; i < COUNT(same); i++)
        report(out, jailed, same[i].name, same[i].run());
}

static int found(const char *text, const char *who, const char *name) {
    char line[128];
    snprintf(line, sizeof line, "%s %s: ", who, name);
    const char *at = strstr(text, line);
    if (!at)
        print_error("no line \"%s\" in:\n%s", line, text);
    return at ? (int)strtol(at + strlen(line), NULL, 10) : -1;
}

static int check(const char *text, const char *name, int jailed, bool differs) {
    int in = found(text, "jail", name), out = found(text, "free", name);
    bool good = in == jailed && (out != jailed) == differs;
    if (!good)
        print_error("%s: expected %d in the jail and %s outside, found %d and %d\n", name, jailed,
                    differs ? "another answer" : "the same", in, out);
    return good ? 0 : 1;
}

// Where scripts have the user's own uid, nobody changes modes and times, and is told that all is well.
static int jailed_call(const struct call_probe *probe) {
    bool mode = probe->number == SYS_chmod || probe->number == SYS_fchmod || probe->number == SYS_fchmodat;
    return mode && geteuid() != 0 ? 0 : probe->jailed;
}

static int jailed_path(const struct path_probe *probe) {
    bool owned = probe->run == touch_run || probe->run == change_mode || probe->run == change_times;
    return owned && geteuid() != 0 ? IN_VAIN : probe->jailed;
}

// cachestat came with Linux 6.5: before, nobody has it.
static bool kernel_has(const char *name) {
    struct utsname kernel;
    int major = 0, minor = 0;
    assert_int_equal(uname(&kernel), 0);
    assert_int_equal(sscanf(kernel.release, "%d.%d", &major, &minor), 2);
    return strcmp(name, ABOVE_THE_CEILING) != 0 || major > 6 || (major == 6 && minor >= 5);
}

void probe_check(const char *text) {
    int wrong = 0;
    for (size_t i = 0; i < COUNT(calls); i++)
        wrong += check(text, calls[i].name, jailed_call(&calls[i]), kernel_has(calls[i].name));
    for (size_t i = 0; i < COUNT(paths); i++)
        wrong += check(text, paths[i].name, jailed_path(&paths[i]), true);
    for (size_t i = 0; i < COUNT(same); i++)
        wrong += check(text, same[i].name, same[i].jailed, false);
    assert_int_equal(wrong, 0);
}
