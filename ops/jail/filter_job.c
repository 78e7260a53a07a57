// SPDX-License-Identifier: Apache-2.0
// The policy for scripts. Every entry has been looked at up to HIGHEST_KNOWN, on x86_64.
#include "filter_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <linux/memfd.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef F_SETOWN_EX
#define F_SETOWN_EX 15
#define F_SETSIG 10
#endif
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#endif

enum { HIGHEST_KNOWN = 450 /* set_mempolicy_home_node, Linux 5.17 */ };
enum { HIGHEST_OPTION = 66 /* of prctl: PR_GET_MDWE, Linux 6.3 */ };

#define LOW_32 UINT64_C(0xffffffff)

// A library may probe these and has a way without them. clone3 hides its flags from a filter; glibc then uses clone. Of
// io_setup's queues the whole machine has one number (fs.aio-max-nr), of filters, too (net.core.bpf_jit_limit: when it is
// reached nobody gets one, the next job's jail neither); and like rules of Landlock, 4 MB for a descriptor, filters are memory
// of the kernel's that no figure of a process has.
static const int absent[] = {
    SCMP_SYS(clone3),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(memfd_secret),
    SCMP_SYS(io_setup),
    SCMP_SYS(io_submit),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
    SCMP_SYS(seccomp),
};

// They write out the files of the whole machine, for as long as that takes, and nobody can be killed meanwhile. A job's own
// files outlive no crash.
static const int whole_machine[] = {SCMP_SYS(sync), SCMP_SYS(syncfs)};

// Namespaces and mounts.
static const int namespaces[] = {
    SCMP_SYS(unshare),       SCMP_SYS(setns),       SCMP_SYS(mount),
    SCMP_SYS(umount2),       SCMP_SYS(pivot_root),  SCMP_SYS(chroot),
    SCMP_SYS(open_tree),     SCMP_SYS(move_mount),  SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),      SCMP_SYS(fsmount),     SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr), SCMP_SYS(quotactl_fd), SCMP_SYS(open_by_handle_at),
    SCMP_SYS(quotactl),      SCMP_SYS(sethostname), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(setdomainname),
};

// Other processes, and the kernel itself.
static const int kernel[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(process_madvise),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(process_mrelease),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(create_module),
    SCMP_SYS(get_kernel_syms),
    SCMP_SYS(query_module),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(syslog),
    SCMP_SYS(acct),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(uselib),
    SCMP_SYS(ustat),
    SCMP_SYS(sysfs),
    SCMP_SYS(_sysctl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(nfsservctl),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(vhangup),
    SCMP_SYS(personality),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(fanotify_mark),
    SCMP_SYS(inotify_init),
    SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_add_watch),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(mbind),
    SCMP_SYS(set_mempolicy),
    SCMP_SYS(get_mempolicy),
    SCMP_SYS(set_mempolicy_home_node),
    SCMP_SYS(vmsplice),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_setparam),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(ioprio_set),
};

// Objects without a file, and what Landlock leaves open on files.
static const int objects[] = {
    SCMP_SYS(shmget),      SCMP_SYS(shmat),        SCMP_SYS(shmctl),       SCMP_SYS(semget),    SCMP_SYS(semop),
    SCMP_SYS(semtimedop),  SCMP_SYS(semctl),       SCMP_SYS(msgget),       SCMP_SYS(msgsnd),    SCMP_SYS(msgrcv),
    SCMP_SYS(msgctl),      SCMP_SYS(mq_open),      SCMP_SYS(mq_unlink),    SCMP_SYS(chown),     SCMP_SYS(fchown),
    SCMP_SYS(lchown),      SCMP_SYS(fchownat),     SCMP_SYS(setxattr),     SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr),
    SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
};

// On a machine that is shared with its user: what changes files that cannot be opened, which Landlock leaves open. And where
// scripts have the user's uid: what an owner may do with a file that he was given to read, its script or an object of the
// store, whose mount is the machine's own. These answer that all is well and do nothing, because copying a file ends with them.
static const int vain[] = {
    SCMP_SYS(chmod),  SCMP_SYS(fchmod),    SCMP_SYS(fchmodat),  SCMP_SYS(utime),
    SCMP_SYS(utimes), SCMP_SYS(futimesat), SCMP_SYS(utimensat),
};

// A job is a session and a process group, which nobody leaves.
static const int groups[] = {SCMP_SYS(setsid), SCMP_SYS(setpgid)};

// Without Landlock's scope: signals to others than the own group.
static const int signals[] = {SCMP_SYS(tkill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
                              SCMP_SYS(pidfd_send_signal)};

#define TYPE_MASK 0xf // of socket(2): without SOCK_CLOEXEC and SOCK_NONBLOCK

// Memory that nobody finds who looks at a job's processes: files in the queue of a socket, and pages of a file that was cut off,
// which lie there, too, and count by the bytes of them that were sent. Libraries have a way without.
static const int unseen_memory[] = {SCMP_SYS(memfd_create), SCMP_SYS(splice), SCMP_SYS(sendfile)};

// One argument decides. `mask` 0: the whole 64 bits are compared by `op`, else argument & mask == value.
struct argument_rule {
    int number;
    unsigned argument;
    enum scmp_compare op;
    int sys;
    uint64_t mask, value;
};

#define BITS(call, argument, bits)                                                                                     \
    { SCMP_SYS(call), argument, SCMP_CMP_MASKED_EQ, EPERM, bits, bits }
#define COMMAND(call, argument, command)                                                                               \
    { SCMP_SYS(call), argument, SCMP_CMP_MASKED_EQ, EPERM, LOW_32, command }
#define MODE(call, argument, type)                                                                                     \
    { SCMP_SYS(call), argument, SCMP_CMP_MASKED_EQ, EPERM, S_IFMT, type }

static const struct argument_rule arguments[] = {
    BITS(clone, 0, CLONE_NEWNS),
    BITS(clone, 0, CLONE_NEWCGROUP),
    BITS(clone, 0, CLONE_NEWUTS),
    BITS(clone, 0, CLONE_NEWIPC),
    BITS(clone, 0, CLONE_NEWUSER),
    BITS(clone, 0, CLONE_NEWPID),
    BITS(clone, 0, CLONE_NEWNET),
    BITS(clone, 0, CLONE_PARENT), // a child of the zygote's, who knows nothing of it and never buries it
    // What is open in a table of a thread's own is not among the files of its process, and not seen by who looks at them.
    {SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, EPERM, CLONE_THREAD | CLONE_FILES, CLONE_THREAD},
    BITS(close_range, 2, CLOSE_RANGE_UNSHARE),
    BITS(mmap, 3, MAP_HUGETLB), // no figure of a process's memory has them
    // The kernel looks at the low 32 bits of a command; a comparison of all 64 could be evaded.
    COMMAND(ioctl, 1, TIOCSTI),
    COMMAND(ioctl, 1, TIOCLINUX),
    COMMAND(ioctl, 1, TIOCSETD),
    // What else an owner may do with a file that he has open for reading.
    COMMAND(ioctl, 1, FS_IOC_SETFLAGS),
    COMMAND(ioctl, 1, FS_IOC_FSSETXATTR),
    COMMAND(ioctl, 1, FS_IOC_ENABLE_VERITY),
    COMMAND(ioctl, 1, FS_IOC_SET_ENCRYPTION_POLICY),
    COMMAND(ioctl, 1, FS_IOC_ADD_ENCRYPTION_KEY),
    COMMAND(fcntl, 1, F_SETPIPE_SZ),
    COMMAND(fcntl, 1, F_SETLEASE), // who uses a file of the runtime, and when
    COMMAND(fcntl, 1, F_NOTIFY),
    MODE(mknod, 1, S_IFCHR),
    MODE(mknod, 1, S_IFBLK),
    MODE(mknod, 1, S_IFSOCK),
    MODE(mknodat, 2, S_IFCHR),
    MODE(mknodat, 2, S_IFBLK),
    MODE(mknodat, 2, S_IFSOCK),
    // The older way to a filter; and what newer kernels have, a table of futexes of any size among it. As kernels without them.
    {SCMP_SYS(prctl), 0, SCMP_CMP_MASKED_EQ, EINVAL, LOW_32, PR_SET_SECCOMP},
    {SCMP_SYS(prctl), 0, SCMP_CMP_GT, EINVAL, 0, HIGHEST_OPTION},
    {SCMP_SYS(prlimit64), 0, SCMP_CMP_NE, EPERM, 0, 0},
    COMMAND(setrlimit, 0, RLIMIT_CORE), // with 0 a core_pattern that is a pipe would get its memory
    {SCMP_SYS(socketpair), 0, SCMP_CMP_NE, EAFNOSUPPORT, 0, AF_UNIX},
    // Its ends can be cut from each other, named without a file, and met by other jobs of the environment.
    {SCMP_SYS(socketpair), 1, SCMP_CMP_MASKED_EQ, EAFNOSUPPORT, TYPE_MASK, SOCK_DGRAM},
};

static const struct argument_rule huge_memory_files[] = {
    {SCMP_SYS(memfd_create), 1, SCMP_CMP_MASKED_EQ, ENOSYS, MFD_HUGETLB, MFD_HUGETLB}};

// It has a file that nobody can open, all of which stays as long as one page of it is mapped somewhere: the others are in nobody's
// tables. Python gets one of the job's own (ops/python/shared_mapping.c).
static const struct argument_rule shared_without_file[] = {BITS(mmap, 3, MAP_SHARED | MAP_ANONYMOUS)};

static const struct argument_rule set_id_bits[] = {
    BITS(chmod, 1, S_ISUID),  BITS(chmod, 1, S_ISGID),    BITS(fchmod, 1, S_ISUID),
    BITS(fchmod, 1, S_ISGID), BITS(fchmodat, 2, S_ISUID), BITS(fchmodat, 2, S_ISGID),
};

// Settings of other processes of the user, their signals by way of files; and the limits by which a job's processes are known
// and looked at.
static const struct argument_rule shared_machine[] = {
    {SCMP_SYS(setpriority), 1, SCMP_CMP_NE, EPERM, 0, 0},
    COMMAND(setpriority, 0, PRIO_USER),
    {SCMP_SYS(sched_setaffinity), 0, SCMP_CMP_NE, EPERM, 0, 0},
    COMMAND(fcntl, 1, F_SETOWN),
    COMMAND(fcntl, 1, F_SETOWN_EX),
    COMMAND(fcntl, 1, F_SETSIG),
    COMMAND(ioctl, 1, FIOSETOWN),
    COMMAND(ioctl, 1, SIOCSPGRP),
    COMMAND(prctl, 0, PR_SET_DUMPABLE),
    COMMAND(setrlimit, 0, RLIMIT_RTTIME),
};
static const struct argument_rule unscoped_kill[] = {{SCMP_SYS(kill), 0, SCMP_CMP_NE, EPERM, 0, 0}};

// With the network open: TCP and UDP over IP versions 4 and 6. AF_UNIX would reach the host's services.
enum { HIGHEST_PROTOCOL = 17 /* UDP */ };
#define REFUSE_SOCKET(argument, op, mask, value)                                                                       \
    { SCMP_SYS(socket), argument, op, EAFNOSUPPORT, mask, value }
static const struct argument_rule open_network[] = {
    REFUSE_SOCKET(0, SCMP_CMP_LT, 0, AF_INET),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 3),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 4),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 5),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 6),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 7),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 8),
    REFUSE_SOCKET(0, SCMP_CMP_EQ, 0, 9),
    REFUSE_SOCKET(0, SCMP_CMP_GT, 0, AF_INET6),
    REFUSE_SOCKET(1, SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_RAW),
    REFUSE_SOCKET(1, SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_RDM),
    REFUSE_SOCKET(1, SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_SEQPACKET),
    REFUSE_SOCKET(1, SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_DCCP),
    REFUSE_SOCKET(1, SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_PACKET),
    REFUSE_SOCKET(2, SCMP_CMP_EQ, 0,
                  IPPROTO_ICMP), // which is no raw socket where net.ipv4.ping_group_range has the gid
    REFUSE_SOCKET(2, SCMP_CMP_GT, 0, HIGHEST_PROTOCOL),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int add_failed(int number, int failed, struct err *err) {
    return err_set(err, REASON_INFRA, "seccomp rule for system call %d: error %d", number, -failed);
}

static int deny(scmp_filter_ctx context, const int *numbers, size_t count, int sys, struct err *err) {
    for (size_t i = 0; i < count; i++) {
        int failed = seccomp_rule_add(context, SCMP_ACT_ERRNO((uint32_t)sys), numbers[i], 0);
        if (failed < 0)
            return add_failed(numbers[i], failed, err);
    }
    return 0;
}

static int deny_arguments(scmp_filter_ctx context, const struct argument_rule *rules, size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++) {
        const struct argument_rule *rule = &rules[i];
        struct scmp_arg_cmp compare = {.arg = rule->argument, .op = rule->op};
        compare.datum_a = rule->mask ? rule->mask : rule->value;
        compare.datum_b = rule->mask ? rule->value : 0;
        int failed = seccomp_rule_add_array(context, SCMP_ACT_ERRNO((uint32_t)rule->sys), rule->number, 1, &compare);
        if (failed < 0)
            return add_failed(rule->number, failed, err);
    }
    return 0;
}

// Reading it is allowed.
static int deny_new_limit(scmp_filter_ctx context, uint64_t resource, struct err *err) {
    const struct scmp_arg_cmp compare[] = {SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_32, resource), SCMP_A2(SCMP_CMP_NE, 0, 0)};
    int failed = seccomp_rule_add_array(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 2, compare);
    return failed < 0 ? add_failed(SCMP_SYS(prlimit64), failed, err) : 0;
}

// It is a hint, and what waits in a socket is memory that no process has. Nothing breaks of the usual size.
static int ignore_send_buffer(scmp_filter_ctx context, struct err *err) {
    const struct scmp_arg_cmp compare[] = {SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_32, SOL_SOCKET),
                                           SCMP_A2(SCMP_CMP_MASKED_EQ, LOW_32, SO_SNDBUF)};
    int failed = seccomp_rule_add_array(context, SCMP_ACT_ERRNO(0), SCMP_SYS(setsockopt), 2, compare);
    return failed < 0 ? add_failed(SCMP_SYS(setsockopt), failed, err) : 0;
}

static bool in_force(void) {
    const int bytes = 0;
    return setsockopt(-1, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0; // the kernel's answer is EBADF
}

static int deny_shared(scmp_filter_ctx context, bool signals_scoped, struct err *err) {
    TRY(deny(context, groups, COUNT(groups), EPERM, err));
    TRY(deny_arguments(context, shared_machine, COUNT(shared_machine), err));
    TRY(deny_new_limit(context, RLIMIT_RTTIME, err));
    if (signals_scoped)
        return 0;
    TRY(deny(context, signals, COUNT(signals), EPERM, err));
    return deny_arguments(context, unscoped_kill, COUNT(unscoped_kill), err);
}

static int deny_modes(scmp_filter_ctx context, const struct filter_wish *wish, struct err *err) {
    return wish->shared_machine || wish->shared_uid ? deny(context, vain, COUNT(vain), 0, err)
                                                    : deny_arguments(context, set_id_bits, COUNT(set_id_bits), err);
}

static int deny_unseen(scmp_filter_ctx context, struct err *err) {
    TRY(deny(context, unseen_memory, COUNT(unseen_memory), ENOSYS, err));
    return deny_arguments(context, shared_without_file, COUNT(shared_without_file), err);
}

static int deny_all(scmp_filter_ctx context, const struct filter_wish *wish, struct err *err) {
    static const int truncate_by_path[] = {SCMP_SYS(truncate)};
    static const int any_socket[] = {SCMP_SYS(socket), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen)};
    TRY(deny(context, absent, COUNT(absent), ENOSYS, err));
    TRY(deny(context, whole_machine, COUNT(whole_machine), 0, err));
    TRY(deny(context, namespaces, COUNT(namespaces), EPERM, err));
    TRY(deny(context, kernel, COUNT(kernel), EPERM, err));
    TRY(deny(context, objects, COUNT(objects), EPERM, err));
    TRY(deny_arguments(context, arguments, COUNT(arguments), err));
    TRY(ignore_send_buffer(context, err));
    TRY(deny_new_limit(context, RLIMIT_CORE, err));
    TRY(wish->memory_counted ? deny_arguments(context, huge_memory_files, COUNT(huge_memory_files), err)
                             : deny_unseen(context, err));
    TRY(deny_modes(context, wish, err));
    if (wish->shared_machine)
        TRY(deny_shared(context, wish->signals_scoped, err));
    if (!wish->path_truncate)
        TRY(deny(context, truncate_by_path, 1, EPERM, err));
    if (wish->network_open)
        return deny_arguments(context, open_network, COUNT(open_network), err);
    return deny(context, any_socket, COUNT(any_socket), EAFNOSUPPORT, err);
}

int filter_job(const struct filter_wish *wish, struct filter *ret, struct err *err) {
    auto_seccomp scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    // As a binary tree: the kernel walks the program for every number when it is loaded, which each child pays for.
    if (!context || seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
        seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
        return err_set(err, REASON_INFRA, "libseccomp cannot be used");
    TRY(deny_all(context, wish, err));
    TRY(filter_compile(context, HIGHEST_KNOWN, ret, err));
    ret->in_force = in_force;
    return 0;
}
