// SPDX-License-Identifier: Apache-2.0
// The jail of a script. Each role is a zygote: it opens a jail, starts children in trees, and tells what they found.
// Probes use arguments that no call accepts: EFAULT, EBADF and the like mean that the kernel looked at them, EPERM and
// the others of the policy that the barrier did. Each probe is also made without the jail, and must get through there.
#include "tests/unit/jail_zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/memfd.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/jail/filter.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "tests/unit/jail_probes.h"

static const char *python_script;

// ---- facts ----

static int tell_facts(bool network_open) {
    struct jail *jail = NULL;
    if (zygote_open(network_open, &jail))
        return 1;
    const struct jail_facts *facts = jail_facts(jail);
    dprintf(ROLE_OUT, "%s user %u mount %u pid %u net %u ipc %u own_uid %u landlock %d seccomp %u bound %s\n",
            jail_level_name(facts->level), facts->user_ns, facts->mount_ns, facts->pid_ns, facts->net_ns, facts->ipc_ns,
            facts->own_uid, facts->landlock_abi > 0, facts->seccomp, jail_bound_name((enum jail_bound)facts->bound));
    return 0;
}

static int role_facts(char **argv) {
    (void)argv;
    return tell_facts(false);
}

static int role_facts_of_a_plain_program(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    zygote_open(false, &jail);
    return 0;
}

// ---- identity ----

static int identity(const struct jail *jail, int work_dir) {
    (void)jail;
    struct stat status;
    char directory[128] = "";
    int death = 0;
    if (fstat(work_dir, &status) < 0 || !getcwd(directory, sizeof directory))
        return 1;
    prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
    dprintf(ROLE_OUT, "uid %u file uid %d mode %o directory %s pid %d leader %d death %d dumpable %d nnp %d umask %o\n",
            getuid(), status.st_uid == getuid(), status.st_mode & 07777, directory, getpid(), getsid(0) == getpid(),
            death, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), umask(0));
    char score[8] = "";
    auto_fd int oom = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
    if (oom < 0 || read(oom, score, sizeof score - 1) != 5 || strcmp(score, "1000\n") != 0)
        return 2;
    char self[32] = "", number[32];
    snprintf(number, sizeof number, "%d", (int)getpid());
    if (readlink("/proc/self", self, sizeof self - 1) < 0 || strcmp(self, number) != 0)
        return 3;
    return setuid(0) == 0 || setresuid(0, 0, 0) == 0 || setgid(0) == 0;
}

static int role_identity(char **argv) {
    (void)argv;
    return zygote_with_child(identity, false);
}

static int descriptors(const struct jail *jail, int work_dir) {
    (void)jail;
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && fd != work_dir)
            dprintf(ROLE_OUT, "%d ", fd);
    dprintf(ROLE_OUT, fcntl(work_dir, F_GETFD) >= 0 ? "work\n" : "\n");
    return 0;
}

static int role_descriptors(char **argv) {
    (void)argv;
    for (int i = 0; i < 8; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            return 1;
    return zygote_with_child(descriptors, false);
}

// ---- probes ----

static int jailed_probes(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    probe_all(ROLE_OUT, true);
    return 0;
}

// In a child of the zygote, which has all capabilities inside its namespaces and no other barrier yet.
static int role_probes(char **argv) {
    int status = 0;
    probe_file = argv[2];
    pid_t pid = fork();
    if (pid == 0) {
        probe_all(ROLE_OUT, false);
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return 1;
    return zygote_with_child(jailed_probes, false);
}

static const char *answer(long returned) { return strerrorname_np(returned == -1 ? errno : 0); }

// A null pointer is no name, and -1 no file: what is allowed finds that.
static int unseen_memory(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    dprintf(ROLE_OUT, "memfd %s", answer(syscall(SYS_memfd_create, NULL, 0)));
    dprintf(ROLE_OUT, ", huge %s", answer(syscall(SYS_memfd_create, NULL, MFD_HUGETLB)));
    dprintf(ROLE_OUT, ", splice %s", answer(syscall(SYS_splice, -1, NULL, -1, NULL, 1, 0)));
    dprintf(ROLE_OUT, ", sendfile %s", answer(syscall(SYS_sendfile, -1, -1, NULL, 1)));
    long mapped = syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    dprintf(ROLE_OUT, ", mapping %s\n", answer(mapped));
    return 0;
}

static int role_grouped(char **argv) {
    (void)argv;
    const struct jail_options options = {.grouped = true};
    struct jail *jail = NULL;
    struct zygote_tree tree;
    struct err err = {0};
    int status = 0;
    if (jail_open(&options, &jail, &err) < 0)
        return zygote_tell(&err);
    return zygote_start_child(jail, 0, unseen_memory, -1, &tree) || zygote_end_child(&tree, &status) ? 1 : status;
}

static int foreign_architecture(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    long result = 20; // getpid of i386
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return 0;
}

static int role_foreign_architecture(char **argv) {
    (void)argv;
    return zygote_with_child(foreign_architecture, false);
}

static int x32(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    syscall(0x40000000 | SYS_getpid);
    return 0;
}

static int role_x32(char **argv) {
    (void)argv;
    return zygote_with_child(x32, false);
}

// ---- what must work ----

static void *thread_main(void *argument) { return argument; }

static int allowed(const struct jail *jail, int work_dir) {
    int mark = 0, ends[2], status = -1;
    void *got = NULL;
    pthread_t thread;
    struct jail_limits limits;
    struct err err = {0};
    uint64_t space = 0;
    jail_limits_default(&limits);
    if (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0)
        return zygote_tell(&err);
    if (pthread_create(&thread, NULL, thread_main, &mark) != 0 || pthread_join(thread, &got) != 0 || got != &mark)
        return 2;
    auto_fd int file = openat(work_dir, "x", O_RDWR | O_CREAT, 0600);
    if (file < 0 || write(file, "x", 1) != 1 || rename("x", "y") < 0 || mkdir("d", 0700) < 0 || rename("y", "d/y") < 0)
        return 3;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || pipe(ends) < 0)
        return 4;
    auto_fd int shared = shm_open("/quern-test", O_RDWR | O_CREAT, 0600);
    if (shared < 0 || shm_unlink("/quern-test") < 0)
        return 5;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "echo ran | cat >&3; test $(cat d/y) = x", (char *)NULL);
        _exit(6);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 7;
}

static int role_allowed(char **argv) {
    (void)argv;
    return zygote_with_child(allowed, false);
}

static int python(const struct jail *jail, int work_dir) {
    (void)work_dir;
    static char *const variables[] = {"HOME=/run/job",      "TMPDIR=/run/job", "MPLCONFIGDIR=/run/job",
                                      "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",  NULL};
    struct jail_limits limits;
    struct err err = {0};
    uint64_t space = 0;
    jail_limits_default(&limits);
    if (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0)
        return zygote_tell(&err);
    dup2(ROLE_OUT, 1);
    dup2(ROLE_OUT, 2);
    execle("/usr/bin/python3", "python3", "-c", python_script, "arrays", "picture", "model", "workers", "database",
           "processes", "threads", "files", NULL, variables);
    return 1;
}

static int role_python(char **argv) {
    python_script = argv[2];
    return zygote_with_child(python, false);
}

// ---- with the network ----

static int socket_answer(int family, int type, int protocol) {
    auto_fd int fd = (int)syscall(SYS_socket, family, type, protocol);
    return fd < 0 ? errno : 0;
}

static int sockets(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    dprintf(ROLE_OUT, "tcp %d udp %d tcp6 %d unix %d netlink %d raw %d packet %d vsock %d sctp %d icmp %d\n",
            socket_answer(AF_INET, SOCK_STREAM, 0), socket_answer(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 17),
            socket_answer(AF_INET6, SOCK_STREAM, 6), socket_answer(AF_UNIX, SOCK_STREAM, 0),
            socket_answer(AF_NETLINK, SOCK_RAW, 0), socket_answer(AF_INET, SOCK_RAW, 1),
            socket_answer(AF_PACKET, SOCK_DGRAM, 0), socket_answer(AF_VSOCK, SOCK_STREAM, 0),
            socket_answer(AF_INET, SOCK_STREAM, 132), socket_answer(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
    auto_fd int resolver = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    auto_fd int passwd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    dprintf(ROLE_OUT, "resolver %d passwd %d\n", resolver >= 0 || access("/etc/resolv.conf", F_OK) < 0, passwd >= 0);
    return 0;
}

static int role_network(char **argv) {
    (void)argv;
    tell_facts(true);
    return zygote_with_child(sockets, true);
}

// ---- machines that lack something ----

// As if the kernel did not have a system call: the zygote holds CAP_SYS_ADMIN and may load a filter.
static int take_away(unsigned number, int sys) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)sys),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int role_no_landlock(char **argv) {
    if (take_away(444 /* landlock_create_ruleset */, EOPNOTSUPP) < 0)
        return 1;
    return role_facts(argv) || zygote_with_child(allowed, false);
}

static int role_no_seccomp(char **argv) {
    if (take_away(SYS_seccomp, ENOSYS) < 0)
        return 1;
    return role_facts(argv) || zygote_with_child(allowed, false);
}

// A service manager or a container has a filter for all that it starts: that there is one says nothing of ours.
static int role_in_force(char **argv) {
    (void)argv;
    struct filter job = {0}, codec = {0};
    struct err err = {0};
    if (take_away(SYS_ustat, ENOSYS) < 0 || filter_job(&(struct filter_wish){0}, &job, &err) < 0 ||
        filter_codec(&codec, &err) < 0)
        return 1;
    dprintf(ROLE_OUT, "mode %d job %d codec %d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0), job.in_force(), codec.in_force());
    filter_free(&job);
    filter_free(&codec);
    return 0;
}

// The first process of a tree, whom a script with its uid and without rules can write to: it has a filter more than we.
static int first_process(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    static const char key[] = "\nSeccomp_filters:";
    char text[4096] = "";
    auto_fd int fd = open("/proc/1/status", O_RDONLY | O_CLOEXEC);
    auto_fd int memory = open("/proc/1/mem", O_RDWR | O_CLOEXEC);
    const char *at = fd >= 0 && read(fd, text, sizeof text - 1) > 0 ? strstr(text, key) : NULL;
    dprintf(ROLE_OUT, "seen %d written %d filters %ld\n", fd >= 0, memory >= 0,
            at ? strtol(at + strlen(key), NULL, 10) : 0);
    return 0;
}

static int role_first_process(char **argv) {
    (void)argv;
    if (take_away(444 /* landlock_create_ruleset */, EOPNOTSUPP) < 0)
        return 1;
    return zygote_with_child(first_process, false);
}

// ---- errors ----

static int role_bad_slot(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    struct jail_limits limits;
    struct err err = {0};
    int work_dir = -1;
    jail_limits_default(&limits);
    if (zygote_open(false, &jail))
        return 1;
    int got = jail_prepare(jail, JAIL_SLOTS, &limits, NULL, 0, &work_dir, &err);
    dprintf(ROLE_OUT, "%d %s\n", got, err.msg);
    return 0;
}

static int role_failing_step(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    struct err err = {0};
    struct jail_limits limits;
    int work_dir = -1, keep[40] = {0}, status = 0;
    jail_limits_default(&limits);
    if (zygote_open(false, &jail))
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        int got = jail_prepare(jail, 0, &limits, keep, 40, &work_dir, &err);
        dprintf(ROLE_OUT, "%d %s\n", got, err.msg);
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid ? status : 1;
}

// A call that answers that all is well, and does nothing; where `arg` is one of its arguments, only with that value there, or
// with any but that.
struct lie {
    int number, arg;
    unsigned value;
    bool others;
    enum {
        BOTH,
        ROOT,
        USER
    } whose; // only root's child changes its ids: that alone takes its capabilities, and closes it
    const char *begin;
};

enum { EVERY = -1 };
static const struct lie lies[] = {
    {SYS_rt_sigaction, 1, 0, true, BOTH, "signals: signal "},
    {SYS_rt_sigprocmask, 1, 0, true, BOTH, "signals: the signal mask is not empty\n"},
    {SYS_setsid, EVERY, 0, false, BOTH, "session: not the leader of a session of its own\n"},
    {SYS_write, 2, 4, false, BOTH, "out of memory score: /proc/self/oom_score_adj: "},
    {SYS_unshare, EVERY, 0, false, BOTH, "mounts: still the mounts of the zygote\n"},
    {SYS_mount, EVERY, 0, false, BOTH, "mounts: /run: expected it to be read-only, it is not\n"},
    {SYS_mount, 3, MS_NOSUID | MS_NODEV | MS_NOEXEC, false, BOTH, "proc: a fresh /proc: expected this process to be "},
    {SYS_prctl, 0, PR_CAPBSET_DROP, false, BOTH, "bounds: capability 0 is still in the bounding set\n"},
    {SYS_prctl, 0, PR_SET_SECUREBITS, false, BOTH, "bounds: the secure bits are not as they were set\n"},
    {SYS_setresgid, EVERY, 0, false, ROOT, "ids: expected uid "},
    {SYS_setresuid, EVERY, 0, false, ROOT, "ids: expected uid "},
    {SYS_setuid, EVERY, 0, false, BOTH, "ids: uid 0 can be taken back\n"},
    {SYS_capset, EVERY, 0, false, USER, "capabilities: capabilities are still held after they were cleared\n"},
    {SYS_fchdir, EVERY, 0, false, BOTH,
     "work directory: /run/job: expected it to be the current directory, it is not\n"},
    {SYS_close_range, EVERY, 0, false, BOTH, "descriptors: expected descriptor "},
    {SYS_prctl, 0, PR_SET_PDEATHSIG, false, BOTH, "death signal: the death signal: expected 9, found 0\n"},
    {SYS_prctl, 0, PR_SET_DUMPABLE, false, USER, "dumpable: still dumpable\n"},
    {SYS_prlimit64, 2, 0, true, BOTH, "limits: RLIMIT_"},
    {SYS_prctl, 0, PR_SET_NO_NEW_PRIVS, false, BOTH, "no new privileges: new privileges are possible\n"},
    {446 /* landlock_restrict_self */, EVERY, 0, false, BOTH,
     "landlock: the rules are in force, but / can be opened\n"},
    {SYS_seccomp, EVERY, 0, false, BOTH, "seccomp: the seccomp program was loaded, but is not in force\n"},
};

// Pointers differ in their lower halves from NULL.
static int tell_lie(const struct lie *lie) {
    const unsigned at = lie->arg == EVERY ? offsetof(struct seccomp_data, nr)
                                          : (unsigned)(offsetof(struct seccomp_data, args) + 8 * (size_t)lie->arg);
    const unsigned value = lie->arg == EVERY ? (unsigned)lie->number : lie->value;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)lie->number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, lie->others, !lie->others),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int lied_to(const struct jail *jail, const struct lie *lie) {
    struct err err = {0};
    struct jail_limits limits;
    const int keep[] = {ROLE_OUT};
    int work_dir = -1;
    jail_limits_default(&limits);
    return tell_lie(lie) < 0 || jail_prepare(jail, 0, &limits, keep, 1, &work_dir, &err) == 0 || !zygote_tell(&err);
}

static int role_lying_kernel(char **argv) {
    struct jail *jail = NULL;
    struct zygote_tree tree = {.init = -1};
    int status = 0;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    if (zygote_open(false, &jail) || sigprocmask(SIG_BLOCK, &one, NULL) < 0 ||
        jail_tree_start(jail, &tree.init, NULL) < 0 || jail_tree_enter(jail, tree.init, NULL) < 0)
        return 1;
    tree.child = fork();
    if (tree.child == 0)
        _exit(lied_to(jail, &lies[strtoul(argv[2], NULL, 10)]));
    return jail_tree_leave(jail, NULL) < 0 || zygote_end_child(&tree, &status) || status;
}

static const struct role roles[] = {
    {"lying_kernel", role_lying_kernel},
    {"facts", role_facts},
    {"plain_facts", role_facts_of_a_plain_program},
    {"identity", role_identity},
    {"descriptors", role_descriptors},
    {"probes", role_probes},
    {"grouped", role_grouped},
    {"foreign", role_foreign_architecture},
    {"x32", role_x32},
    {"allowed", role_allowed},
    {"python", role_python},
    {"network", role_network},
    {"no_landlock", role_no_landlock},
    {"no_seccomp", role_no_seccomp},
    {"in_force", role_in_force},
    {"first_process", role_first_process},
    {"bad_slot", role_bad_slot},
    {"failing_step", role_failing_step},
};

// ---- tests ----

static bool root(void) { return geteuid() == 0; }

static void b_facts_tell_the_level(void **state) {
    (void)state;
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s user 1 mount 1 pid 1 net 1 ipc 1 own_uid %d landlock 1 seccomp 1 bound polled\n",
             root() ? "full" : "user", root());
    role_expect("facts", "", expected);
}

static void f_jail_is_never_opened_on_the_mounts_of_the_host(void **state) {
    (void)state;
    char text[1024];
    role_run(NULL, "plain_facts", "", false, text, sizeof text);
    assert_string_equal(text, "failed: jail_open: expected to be pid 1 of namespaces of its own (jail_spawn with "
                              "isolate), found the mounts of the host\n");
}

static void b_child_has_its_own_identity(void **state) {
    (void)state;
    char expected[256];
    snprintf(expected, sizeof expected,
             "uid %u file uid 1 mode 700 directory /run/job pid 2 leader 1 death 9 dumpable 0 nnp 1 umask 77\n",
             root() ? JAIL_FIRST_UID : getuid());
    role_expect("identity", "", expected);
}

static void f_no_descriptor_of_the_zygote_reaches_a_child(void **state) {
    (void)state;
    role_expect("descriptors", "", "0 1 2 3 work\n");
}

static void f_every_barrier_holds_and_is_what_holds(void **state) {
    (void)state;
    char text[32768], path[] = "/var/tmp/quern-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && fchmod(fd, 0644) == 0);
    close(fd);
    role_run(NULL, "probes", path, true, text, sizeof text);
    assert_int_equal(unlink(path), 0);
    probe_check(text);
}

static void f_memory_that_no_look_sees_is_for_those_in_a_cgroup(void **state) {
    char text[128];
    (void)state;
    role_run(NULL, "grouped", "", true, text, sizeof text);
    assert_string_equal(text, "memfd EFAULT, huge ENOSYS, splice EBADF, sendfile EBADF, mapping 0\n");
}

static void killed_by_sigsys(const char *role) {
    int ends[2], pidfd = -1;
    siginfo_t info;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(role_spawn(NULL, role, "", true, ends[1], &pidfd, NULL), 0);
    role_reap(pidfd, &info);
    assert_int_equal(info.si_status, 128 + SIGSYS);
    close(ends[0]);
    close(ends[1]);
    close(pidfd);
}

static void f_foreign_architectures_are_killed(void **state) {
    (void)state;
    killed_by_sigsys("foreign");
    killed_by_sigsys("x32");
}

static void b_ordinary_work_goes_on(void **state) {
    (void)state;
    role_expect("allowed", "", "ran\n");
}

static void b_python_with_its_stack_works(void **state) {
    (void)state;
    size_t bytes = 0;
    auto_free char *script = NULL;
    auto_fd int file = open(QUERN_FIXTURES "/jail_stack.py", O_RDONLY | O_CLOEXEC);
    assert_int_equal(memory_read(file, "jail_stack.py", 65536, &script, &bytes, NULL), 0);
    role_expect("python", script, "arrays\npicture\nmodel\nworkers\ndatabase\nprocesses\nthreads\nfiles\n");
}

static void f_open_network_is_ip_only(void **state) {
    (void)state;
    int ends[2], pidfd = -1;
    char text[1024], expected[512];
    struct err err;
    siginfo_t info;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (role_spawn_with_network("network", ends[1], &pidfd, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    role_read(ends[0], text, sizeof text);
    close(ends[0]);
    role_reap(pidfd, &info);
    close(pidfd);
    snprintf(expected, sizeof expected,
             "%s user 1 mount 1 pid 1 net 0 ipc 1 own_uid %d landlock 1 seccomp 1 bound polled\n"
             "tcp 0 udp 0 tcp6 0 unix %d netlink %d raw %d packet %d vsock %d sctp %d icmp %d\nresolver 1 passwd 0\n",
             root() ? "full" : "user", root(), EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT,
             EAFNOSUPPORT, EAFNOSUPPORT);
    assert_string_equal(text, expected);
}

static void b_what_the_machine_lacks_is_a_fact(void **state) {
    (void)state;
    char expected[256];
    snprintf(expected, sizeof expected,
             "minimal user 1 mount 1 pid 1 net 1 ipc 1 own_uid %d landlock 0 seccomp 1 bound polled\nran\n", root());
    role_expect("no_landlock", "", expected);
    snprintf(expected, sizeof expected,
             "minimal user 1 mount 1 pid 1 net 1 ipc 1 own_uid %d landlock 1 seccomp 0 bound polled\nran\n", root());
    role_expect("no_seccomp", "", expected);
}

static void f_a_program_of_others_is_not_taken_for_ours(void **state) {
    (void)state;
    role_expect("in_force", "", "mode 2 job 0 codec 0\n");
}

static void f_the_first_process_has_nothing_to_give(void **state) {
    (void)state;
    role_expect("first_process", "", root() ? "seen 0 written 0 filters 0\n" : "seen 1 written 1 filters 2\n");
}

static void f_what_did_not_happen_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char number[16], text[1024], expected[256];
        if (lies[i].whose == (root() ? USER : ROOT))
            continue;
        snprintf(number, sizeof number, "%zu", i);
        snprintf(expected, sizeof expected, "failed: jail: %s", lies[i].begin);
        role_run(NULL, "lying_kernel", number, true, text, sizeof text);
        text[strlen(text) < strlen(expected) ? strlen(text) : strlen(expected)] = '\0';
        assert_string_equal(text, expected);
    }
}

static void b_failing_step_is_named(void **state) {
    (void)state;
    role_expect("bad_slot", "", "-1 expected a slot below 64, found 64\n");
    role_expect("failing_step", "", "-1 jail: descriptors: expected at most 30 descriptors to keep, found 40\n");
}

int main(int argc, char **argv) {
    role_main(roles, sizeof roles / sizeof *roles, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_facts_tell_the_level),
        cmocka_unit_test(f_jail_is_never_opened_on_the_mounts_of_the_host),
        cmocka_unit_test(b_child_has_its_own_identity),
        cmocka_unit_test(f_no_descriptor_of_the_zygote_reaches_a_child),
        cmocka_unit_test(f_every_barrier_holds_and_is_what_holds),
        cmocka_unit_test(f_memory_that_no_look_sees_is_for_those_in_a_cgroup),
        cmocka_unit_test(f_foreign_architectures_are_killed),
        cmocka_unit_test(b_ordinary_work_goes_on),
        cmocka_unit_test(b_python_with_its_stack_works),
        cmocka_unit_test(f_open_network_is_ip_only),
        cmocka_unit_test(b_what_the_machine_lacks_is_a_fact),
        cmocka_unit_test(f_a_program_of_others_is_not_taken_for_ours),
        cmocka_unit_test(f_the_first_process_has_nothing_to_give),
        cmocka_unit_test(f_what_did_not_happen_is_found),
        cmocka_unit_test(b_failing_step_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
