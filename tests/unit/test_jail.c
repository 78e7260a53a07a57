// SPDX-License-Identifier: Apache-2.0
// The jail of a script. Each role is a zygote: it opens a jail, starts children in trees, and tells what they found.
// Probes use arguments that no call accepts: EFAULT, EBADF and the like mean that the kernel looked at them, EPERM and
// the others of the policy that the barrier did. Each probe is also made without the jail, and must get through there.
#include "tests/unit/jail_roles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/record.h"
#include "tests/unit/jail_probes.h"

static const char *python_script;

// ---- in the zygote ----

static int tell(const struct err *err) {
    dprintf(ROLE_OUT, "failed: %s\n", err->msg);
    return 1;
}

static bool network_open;

static int zygote_open(struct jail **ret) {
    struct jail_options options = {.network_open = network_open};
    struct err err = {0};
    return jail_open(&options, ret, &err) < 0 ? tell(&err) : 0;
}

typedef int child_fn(const struct jail *jail, int work_dir);

static int keep_fd = -1; // besides ROLE_OUT

struct tree {
    int init;
    pid_t child;
};

_Noreturn static void child_main(const struct jail *jail, uint32_t slot, child_fn *run) {
    const int keep[] = {ROLE_OUT, keep_fd};
    struct err err = {0};
    int work_dir = -1;
    if (jail_prepare(jail, slot, keep, keep_fd < 0 ? 1 : 2, &work_dir, &err) < 0) {
        tell(&err);
        _exit(JAIL_EXIT);
    }
    _exit(run(jail, work_dir));
}

static int start_child(const struct jail *jail, uint32_t slot, child_fn *run, struct tree *ret) {
    struct err err = {0};
    struct tree tree = {.init = -1};
    if (jail_tree_start(jail, &tree.init, &err) < 0 || jail_tree_enter(jail, tree.init, &err) < 0)
        return tell(&err);
    tree.child = fork();
    if (tree.child == 0)
        child_main(jail, slot, run);
    if (jail_tree_leave(jail, &err) < 0 || tree.child < 0)
        return tell(&err);
    *ret = tree;
    return 0;
}

// The child's wait status; its tree is dead and reaped then.
static int end_child(struct tree *tree, int *ret_status) {
    struct err err = {0};
    if (waitpid(tree->child, ret_status, 0) != tree->child || jail_tree_kill(tree->init, &err) < 0 ||
        jail_tree_reap(tree->init, &err) < 0)
        return tell(&err);
    close(tree->init);
    return 0;
}

// A zygote with one child: the child's exit status is the role's.
static int with_child(child_fn *run) {
    struct jail *jail = NULL;
    struct tree tree;
    int status = 0;
    if (zygote_open(&jail) || start_child(jail, 0, run, &tree) || end_child(&tree, &status))
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- facts ----

static int role_facts(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    if (zygote_open(&jail))
        return 1;
    const struct jail_facts *facts = jail_facts(jail);
    dprintf(ROLE_OUT, "%s user %u mount %u pid %u net %u ipc %u own_uid %u landlock %d seccomp %u cgroup %u\n",
            jail_level_name(facts->level), facts->user_ns, facts->mount_ns, facts->pid_ns, facts->net_ns, facts->ipc_ns,
            facts->own_uid, facts->landlock_abi > 0, facts->seccomp, facts->bound_cgroup);
    return 0;
}

static int role_facts_of_a_plain_program(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    zygote_open(&jail);
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
    return with_child(identity);
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
    return with_child(descriptors);
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
    return with_child(jailed_probes);
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
    return with_child(foreign_architecture);
}

static int x32(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    syscall(0x40000000 | SYS_getpid);
    return 0;
}

static int role_x32(char **argv) {
    (void)argv;
    return with_child(x32);
}

// ---- what must work ----

static void *thread_main(void *argument) { return argument; }

static int allowed(const struct jail *jail, int work_dir) {
    int mark = 0, ends[2], status = -1;
    void *got = NULL;
    pthread_t thread;
    struct jail_limits limits;
    struct err err = {0};
    jail_limits_default(&limits);
    if (jail_commit(jail, &limits, &err) < 0)
        return tell(&err);
    if (pthread_create(&thread, NULL, thread_main, &mark) != 0 || pthread_join(thread, &got) != 0 || got != &mark)
        return 2;
    auto_fd int file = openat(work_dir, "x", O_RDWR | O_CREAT, 0600), memory = memory_from("x", "hello", 5, &err);
    if (file < 0 || write(file, "x", 1) != 1 || rename("x", "y") < 0 || mkdir("d", 0700) < 0 ||
        rename("y", "d/y") < 0 || memory < 0)
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
    return with_child(allowed);
}

static int python(const struct jail *jail, int work_dir) {
    (void)work_dir;
    static char *const variables[] = {"HOME=/run/job",      "TMPDIR=/run/job", "MPLCONFIGDIR=/run/job",
                                      "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",  NULL};
    struct jail_limits limits;
    struct err err = {0};
    jail_limits_default(&limits);
    if (jail_commit(jail, &limits, &err) < 0)
        return tell(&err);
    dup2(ROLE_OUT, 1);
    dup2(ROLE_OUT, 2);
    execle("/usr/bin/python3", "python3", "-c", python_script, "arrays", "picture", "model", "workers", "database",
           "processes", "threads", "files", NULL, variables);
    return 1;
}

static int role_python(char **argv) {
    python_script = argv[2];
    return with_child(python);
}

// ---- trees ----

enum { ROUNDS = 10, ROUND = 20 };

struct one {
    uint32_t uid, pid;
    uint64_t device;
};

static int one_of_many(const struct jail *jail, int work_dir) {
    (void)jail;
    auto_fd int file = openat(work_dir, "mark", O_RDWR | O_CREAT | O_EXCL, 0600);
    struct stat status;
    if (file < 0 || fstat(work_dir, &status) < 0)
        return 1;
    struct one one = {.uid = getuid(), .pid = (uint32_t)getpid(), .device = status.st_dev};
    if (write(ROLE_OUT, &one, sizeof one) != sizeof one || fork() < 0)
        return 2;
    while (pause() < 0)
        continue;
    return 0;
}

static void count_distinct(const struct one *ones, int *uids, int *devices, int *namespaces) {
    for (int i = 0; i < ROUND; i++) {
        int same_uid = 0, same_device = 0;
        for (int j = 0; j < i; j++) {
            same_uid += ones[j].uid == ones[i].uid;
            same_device += ones[j].device == ones[i].device;
        }
        *uids += same_uid == 0;
        *devices += same_device == 0;
        *namespaces += ones[i].pid == 2; // right after its init
    }
}

// Children of a round live together and report to the zygote, which reads `reports`; then their inits are killed, and
// end of file proves that nobody of them is left.
static int one_round(const struct jail *jail, int reports, int *uids, int *devices, int *namespaces, int *killed) {
    struct tree trees[ROUND];
    struct one ones[ROUND];
    struct err err = {0};
    int status = 0;
    for (uint32_t slot = 0; slot < ROUND; slot++)
        if (start_child(jail, slot, one_of_many, &trees[slot]))
            return 1;
    if (dup2(reports, ROLE_OUT) < 0) // our end for writing; the number stays taken
        return 5;
    for (int i = 0; i < ROUND; i++)
        if (read(reports, &ones[i], sizeof ones[i]) != sizeof ones[i])
            return 2;
    count_distinct(ones, uids, devices, namespaces);
    for (int i = 0; i < ROUND; i++) {
        if (jail_tree_kill(trees[i].init, &err) < 0 || end_child(&trees[i], &status))
            return 3;
        *killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    return read(reports, &ones[0], 1) == 0 ? 0 : 4;
}

static int role_many(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    int uids = 0, devices = 0, namespaces = 0, killed = 0;
    if (zygote_open(&jail))
        return 1;
    auto_fd int out = fcntl(ROLE_OUT, F_DUPFD_CLOEXEC, 100);
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0 || dup2(ends[1], ROLE_OUT) < 0)
            return 2;
        close(ends[1]);
        int failed = one_round(jail, ends[0], &uids, &devices, &namespaces, &killed);
        close(ends[0]);
        if (failed)
            return dprintf(out, "round %d failed: %d\n", round, failed);
    }
    dprintf(out, "uids %d devices %d namespaces %d killed %d\n", uids, devices, namespaces, killed);
    return 0;
}

static int waiting(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    setsid(); // a descendant that tries to get away
    for (int i = 0; i < 2; i++)
        if (fork() < 0)
            return 1;
    dprintf(ROLE_OUT, ".");
    while (pause() < 0)
        continue;
    return 0;
}

static int role_to_be_killed(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    struct tree tree;
    if (zygote_open(&jail) || start_child(jail, 0, waiting, &tree))
        return 1;
    while (pause() < 0)
        continue;
    return 0;
}

// ---- with the network ----

static int socket_answer(int family, int type, int protocol) {
    auto_fd int fd = (int)syscall(SYS_socket, family, type, protocol);
    return fd < 0 ? errno : 0;
}

static int sockets(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    dprintf(ROLE_OUT, "tcp %d udp %d tcp6 %d unix %d netlink %d raw %d packet %d vsock %d sctp %d\n",
            socket_answer(AF_INET, SOCK_STREAM, 0), socket_answer(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 17),
            socket_answer(AF_INET6, SOCK_STREAM, 6), socket_answer(AF_UNIX, SOCK_STREAM, 0),
            socket_answer(AF_NETLINK, SOCK_RAW, 0), socket_answer(AF_INET, SOCK_RAW, 1),
            socket_answer(AF_PACKET, SOCK_DGRAM, 0), socket_answer(AF_VSOCK, SOCK_STREAM, 0),
            socket_answer(AF_INET, SOCK_STREAM, 132));
    auto_fd int resolver = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    auto_fd int passwd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    dprintf(ROLE_OUT, "resolver %d passwd %d\n", resolver >= 0 || access("/etc/resolv.conf", F_OK) < 0, passwd >= 0);
    return 0;
}

static int role_network(char **argv) {
    network_open = true;
    role_facts(argv);
    return with_child(sockets);
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
    return role_facts(argv) || with_child(allowed);
}

static int role_no_seccomp(char **argv) {
    if (take_away(SYS_seccomp, ENOSYS) < 0)
        return 1;
    return role_facts(argv) || with_child(allowed);
}

// ---- limits ----

static int limit_memory(const struct jail *jail, int work_dir) {
    (void)work_dir;
    struct jail_limits limits;
    struct err err = {0};
    jail_limits_default(&limits);
    limits.memory_bytes = 64u << 20;
    limits.file_bytes = 1u << 20;
    limits.processes = 8;
    limits.open_files = 32;
    if (jail_commit(jail, &limits, &err) < 0)
        return tell(&err);
    void *fits = mmap(NULL, 48u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *more = mmap(NULL, 48u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    auto_fd int memory = memfd_create("x", 0);
    int grown = ftruncate(memory, 2u << 20), sys = errno, files = 0;
    while (dup(0) >= 0)
        files++;
    dprintf(ROLE_OUT, "fits %d more %d file %s files %d\n", fits != MAP_FAILED, more != MAP_FAILED,
            grown < 0 ? strerrorname_np(sys) : "grown", files < 32);
    return 0;
}

static int role_limits(char **argv) {
    (void)argv;
    return with_child(limit_memory);
}

static int fork_bomb(const struct jail *jail, int work_dir) {
    (void)work_dir;
    struct jail_limits limits;
    struct err err = {0};
    int made = 0;
    jail_limits_default(&limits);
    limits.processes = 8;
    if (jail_commit(jail, &limits, &err) < 0)
        return tell(&err);
    for (; made < 1000; made++) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0)
            for (;;)
                pause();
    }
    dprintf(ROLE_OUT, "%d %s\n", made, strerrorname_np(errno));
    return 0;
}

static int role_fork_bomb(char **argv) {
    (void)argv;
    return with_child(fork_bomb);
}

static int disk(const struct jail *jail, int work_dir) {
    (void)jail;
    static char block[1u << 20];
    auto_fd int file = openat(work_dir, "big", O_RDWR | O_CREAT, 0600);
    auto_fd int shared = open("/dev/shm/big", O_RDWR | O_CREAT, 0600);
    int written = 0;
    while (written < 4096 && write(written % 2 ? file : shared, block, sizeof block) == sizeof block)
        written++;
    dprintf(ROLE_OUT, "full at %d MiB: %s\n", (written + 2) / 4 * 4, strerrorname_np(errno));
    return 0;
}

static int small_disk(const struct jail *jail, int work_dir) {
    int conversation = keep_fd;
    struct err err = {0};
    char go = 0;
    if (record_send(conversation, &go, 1, &work_dir, 1, &err) < 0 || read(conversation, &go, 1) != 1)
        return 1;
    return disk(jail, work_dir);
}

// The zygote resizes what the child has: the child sends its work directory and waits.
static int role_resize(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    struct tree tree;
    struct jail_limits limits;
    struct err err = {0};
    int ends[2], work_dir = -1, status = 0;
    size_t count = 0;
    char byte = 0;
    jail_limits_default(&limits);
    limits.work_bytes = 16u << 20;
    if (zygote_open(&jail) || record_pair(ends, &err) < 0)
        return 1;
    keep_fd = ends[1];
    if (start_child(jail, 0, small_disk, &tree) || record_receive(ends[0], &byte, 1, &work_dir, 1, &count, &err) != 1)
        return 2;
    if (jail_work_resize(work_dir, &limits, &err) < 0)
        return tell(&err);
    if (write(ends[0], "g", 1) != 1 || end_child(&tree, &status))
        return 3;
    return status;
}

static int role_bad_slot(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    struct err err = {0};
    int work_dir = -1;
    if (zygote_open(&jail))
        return 1;
    int got = jail_prepare(jail, JAIL_SLOTS, NULL, 0, &work_dir, &err);
    dprintf(ROLE_OUT, "%d %s\n", got, err.msg);
    return 0;
}

static int role_failing_step(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    struct err err = {0};
    int work_dir = -1, keep[40] = {0}, status = 0;
    if (zygote_open(&jail))
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        int got = jail_prepare(jail, 0, keep, 40, &work_dir, &err);
        dprintf(ROLE_OUT, "%d %s\n", got, err.msg);
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid ? status : 1;
}

static const struct role roles[] = {
    {"facts", role_facts},
    {"plain_facts", role_facts_of_a_plain_program},
    {"identity", role_identity},
    {"descriptors", role_descriptors},
    {"probes", role_probes},
    {"foreign", role_foreign_architecture},
    {"x32", role_x32},
    {"allowed", role_allowed},
    {"python", role_python},
    {"many", role_many},
    {"killed", role_to_be_killed},
    {"limits", role_limits},
    {"bomb", role_fork_bomb},
    {"resize", role_resize},
    {"network", role_network},
    {"no_landlock", role_no_landlock},
    {"no_seccomp", role_no_seccomp},
    {"bad_slot", role_bad_slot},
    {"failing_step", role_failing_step},
};

// ---- tests ----

static bool root(void) { return geteuid() == 0; }

static void expect_role(const char *role, const char *argument, const char *expected) {
    char text[16384];
    role_run(NULL, role, argument, true, text, sizeof text);
    assert_string_equal(text, expected);
}

static void b_facts_tell_the_level(void **state) {
    (void)state;
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s user 1 mount 1 pid 1 net 1 ipc 1 own_uid %d landlock 1 seccomp 1 cgroup 0\n", root() ? "full" : "user",
             root());
    expect_role("facts", "", expected);
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
    expect_role("identity", "", expected);
}

static void f_no_descriptor_of_the_zygote_reaches_a_child(void **state) {
    (void)state;
    expect_role("descriptors", "", "0 1 2 3 work\n");
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
    expect_role("allowed", "", "ran\n");
}

static void b_python_with_its_stack_works(void **state) {
    (void)state;
    size_t bytes = 0;
    auto_free char *script = NULL;
    auto_fd int file = open(QUERN_FIXTURES "/jail_stack.py", O_RDONLY | O_CLOEXEC);
    assert_int_equal(memory_read(file, "jail_stack.py", 65536, &script, &bytes, NULL), 0);
    expect_role("python", script, "arrays\npicture\nmodel\nworkers\ndatabase\nprocesses\nthreads\nfiles\n");
}

static void f_every_child_has_its_own_uid_tmpfs_and_namespace(void **state) {
    (void)state;
    char expected[128];
    snprintf(expected, sizeof expected, "uids %d devices %d namespaces %d killed %d\n",
             root() ? ROUNDS * ROUND : ROUNDS, ROUNDS * ROUND, ROUNDS * ROUND, ROUNDS * ROUND);
    expect_role("many", "", expected);
}

static void c_trees_die_with_the_zygote(void **state) {
    (void)state;
    int ends[2], pidfd = -1;
    char text[64];
    siginfo_t info;
    struct err err;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (role_spawn(NULL, "killed", "", true, ends[1], &pidfd, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    for (int i = 0; i < 4; i++) {
        struct pollfd readable = {.fd = ends[0], .events = POLLIN};
        assert_int_equal(poll(&readable, 1, ROLE_DEADLINE_MS), 1);
        assert_int_equal(read(ends[0], text, 1), 1);
        assert_int_equal(text[0], '.');
    }
    assert_int_equal(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
    role_read(ends[0], text, sizeof text); // end of file: all four holders of the pipe are dead
    assert_string_equal(text, "");
    role_reap(pidfd, &info);
    close(ends[0]);
    close(pidfd);
}

static void l_limits_bind(void **state) {
    (void)state;
    expect_role("limits", "", "fits 1 more 0 file EFBIG files 1\n");
}

static void l_work_directory_follows_the_limits(void **state) {
    (void)state;
    expect_role("resize", "", "full at 16 MiB: ENOSPC\n");
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
             "%s user 1 mount 1 pid 1 net 0 ipc 1 own_uid %d landlock 1 seccomp 1 cgroup 0\n"
             "tcp 0 udp 0 tcp6 0 unix %d netlink %d raw %d packet %d vsock %d sctp %d\nresolver 1 passwd 0\n",
             root() ? "full" : "user", root(), EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT,
             EAFNOSUPPORT);
    assert_string_equal(text, expected);
}

static void b_what_the_machine_lacks_is_a_fact(void **state) {
    (void)state;
    char expected[256];
    snprintf(expected, sizeof expected,
             "user user 1 mount 1 pid 1 net 1 ipc 1 own_uid %d landlock 0 seccomp 1 cgroup 0\nran\n", root());
    expect_role("no_landlock", "", expected);
    snprintf(expected, sizeof expected,
             "user user 1 mount 1 pid 1 net 1 ipc 1 own_uid %d landlock 1 seccomp 0 cgroup 0\nran\n", root());
    expect_role("no_seccomp", "", expected);
}

static void l_processes_are_counted_per_child_or_for_all(void **state) {
    (void)state;
    char text[128];
    role_run(NULL, "bomb", "", true, text, sizeof text);
    int made = (int)strtol(text, NULL, 10);
    assert_non_null(strstr(text, " EAGAIN\n"));
    assert_in_range(made, 7, root() ? 7 : 8 + 4 * JAIL_SLOTS);
}

static void b_failing_step_is_named(void **state) {
    (void)state;
    expect_role("bad_slot", "", "-1 expected a slot below 64, found 64\n");
    expect_role("failing_step", "", "-1 jail: descriptors: expected at most 32 descriptors to keep, found 40\n");
}

static void b_limits_are_checked(void **state) {
    (void)state;
    struct jail_limits limits;
    struct err err;
    jail_limits_default(&limits);
    assert_int_equal(jail_limits_check(&limits, &err), 0);
    limits.memory_bytes = 0;
    assert_int_equal(jail_limits_check(&limits, &err), -1);
    assert_string_equal(err.msg, "limits.memory_bytes: expected 1048576 to 1125899906842624, found 0");
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    jail_limits_default(&limits);
    limits.cpu_seconds = 0;
    assert_int_equal(jail_limits_check(&limits, &err), -1);
    assert_string_equal(err.msg, "limits.cpu_seconds: expected 1 to 31622400, found 0");
    jail_limits_default(&limits);
    limits.mapped_bytes = UINT64_MAX;
    assert_int_equal(jail_limits_check(&limits, &err), -1);
    assert_string_equal(jail_level_name(JAIL_FULL), "full");
    assert_string_equal(jail_level_name(JAIL_MINIMAL), "minimal");
}

int main(int argc, char **argv) {
    role_main(roles, sizeof roles / sizeof *roles, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_facts_tell_the_level),
        cmocka_unit_test(f_jail_is_never_opened_on_the_mounts_of_the_host),
        cmocka_unit_test(b_child_has_its_own_identity),
        cmocka_unit_test(f_no_descriptor_of_the_zygote_reaches_a_child),
        cmocka_unit_test(f_every_barrier_holds_and_is_what_holds),
        cmocka_unit_test(f_foreign_architectures_are_killed),
        cmocka_unit_test(b_ordinary_work_goes_on),
        cmocka_unit_test(b_python_with_its_stack_works),
        cmocka_unit_test(f_every_child_has_its_own_uid_tmpfs_and_namespace),
        cmocka_unit_test(c_trees_die_with_the_zygote),
        cmocka_unit_test(l_limits_bind),
        cmocka_unit_test(l_work_directory_follows_the_limits),
        cmocka_unit_test(f_open_network_is_ip_only),
        cmocka_unit_test(b_what_the_machine_lacks_is_a_fact),
        cmocka_unit_test(l_processes_are_counted_per_child_or_for_all),
        cmocka_unit_test(b_failing_step_is_named),
        cmocka_unit_test(b_limits_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
