// SPDX-License-Identifier: Apache-2.0
// Many children of one zygote, how they die, and the limits that bind each of them.
#include "tests/unit/jail_zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/record.h"

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
    struct zygote_tree trees[ROUND];
    struct one ones[ROUND];
    struct err err = {0};
    int status = 0;
    for (uint32_t slot = 0; slot < ROUND; slot++)
        if (zygote_start_child(jail, slot, one_of_many, -1, &trees[slot]))
            return 1;
    if (dup2(reports, ROLE_OUT) < 0) // our end for writing; the number stays taken
        return 5;
    for (int i = 0; i < ROUND; i++)
        if (read(reports, &ones[i], sizeof ones[i]) != sizeof ones[i])
            return 2;
    count_distinct(ones, uids, devices, namespaces);
    for (int i = 0; i < ROUND; i++) {
        if (jail_tree_kill(trees[i].init, &err) < 0 || zygote_end_child(&trees[i], &status))
            return 3;
        *killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    return read(reports, &ones[0], 1) == 0 ? 0 : 4;
}

static int role_many(char **argv) {
    (void)argv;
    struct jail *jail = NULL;
    int uids = 0, devices = 0, namespaces = 0, killed = 0;
    if (zygote_open(false, &jail))
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
    struct zygote_tree tree;
    if (zygote_open(false, &jail) || zygote_start_child(jail, 0, waiting, -1, &tree))
        return 1;
    while (pause() < 0)
        continue;
    return 0;
}

// ---- limits ----

static int limit_memory(const struct jail *jail, int work_dir) {
    struct jail_limits limits;
    struct err err = {0};
    uint64_t space = 0;
    jail_limits_default(&limits);
    limits.memory_bytes = 64u << 20;
    limits.file_bytes = 1u << 20;
    limits.processes = 8;
    limits.open_files = 32;
    if (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0)
        return zygote_tell(&err);
    void *fits = mmap(NULL, 48u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *more = mmap(NULL, 48u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    auto_fd int file = openat(work_dir, "x", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int grown = ftruncate(file, 2u << 20), sys = errno, files = 0;
    while (dup(0) >= 0)
        files++;
    dprintf(ROLE_OUT, "fits %d more %d file %s files %d\n", fits != MAP_FAILED, more != MAP_FAILED,
            grown < 0 ? strerrorname_np(sys) : "grown", files < 32);
    return 0;
}

static int role_limits(char **argv) {
    (void)argv;
    return zygote_with_child(limit_memory, false);
}

// More than a second, of which a second has to come on top.
static int limit_cpu(const struct jail *jail, int work_dir) {
    (void)work_dir;
    struct jail_limits limits;
    struct rlimit found;
    struct err err = {0};
    uint64_t space = 0;
    jail_limits_default(&limits);
    limits.cpu_seconds = 5;
    for (struct timespec used = {0}; used.tv_sec < 1;)
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    if (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0 ||
        getrlimit(RLIMIT_CPU, &found) < 0)
        return zygote_tell(&err);
    dprintf(ROLE_OUT, "%llu %llu\n", (unsigned long long)found.rlim_cur, (unsigned long long)found.rlim_max);
    return 0;
}

static int role_cpu(char **argv) {
    (void)argv;
    return zygote_with_child(limit_cpu, false);
}

static int fork_bomb(const struct jail *jail, int work_dir) {
    (void)work_dir;
    struct jail_limits limits;
    struct err err = {0};
    uint64_t space = 0;
    int made = 0;
    jail_limits_default(&limits);
    limits.processes = 8;
    if (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0)
        return zygote_tell(&err);
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
    return zygote_with_child(fork_bomb, false);
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

static int conversation = -1; // of the child with the zygote

static int small_disk(const struct jail *jail, int work_dir) {
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
    struct zygote_tree tree;
    struct jail_limits limits;
    struct err err = {0};
    int ends[2], work_dir = -1, status = 0;
    size_t count = 0;
    char byte = 0;
    jail_limits_default(&limits);
    limits.work_bytes = 16u << 20;
    if (zygote_open(false, &jail) || record_pair(ends, &err) < 0)
        return 1;
    conversation = ends[1];
    if (zygote_start_child(jail, 0, small_disk, conversation, &tree) ||
        record_receive(ends[0], &byte, 1, &work_dir, 1, &count, &err) != 1)
        return 2;
    if (jail_work_resize(jail, work_dir, &limits, &err) < 0)
        return zygote_tell(&err);
    if (write(ends[0], "g", 1) != 1 || zygote_end_child(&tree, &status))
        return 3;
    return status;
}

static const struct role roles[] = {
    {"many", role_many},      {"killed", role_to_be_killed}, {"limits", role_limits},
    {"bomb", role_fork_bomb}, {"resize", role_resize},       {"cpu", role_cpu},
};

// ---- tests ----

static bool root(void) { return geteuid() == 0; }

static void f_every_child_has_its_own_uid_tmpfs_and_namespace(void **state) {
    (void)state;
    char expected[128];
    snprintf(expected, sizeof expected, "uids %d devices %d namespaces %d killed %d\n",
             root() ? ROUNDS * ROUND : ROUNDS, ROUNDS * ROUND, ROUNDS * ROUND, ROUNDS * ROUND);
    role_expect("many", "", expected);
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
    role_expect("limits", "", "fits 1 more 0 file EFBIG files 1\n");
}

static void l_cpu_time_before_the_job_comes_on_top(void **state) {
    (void)state;
    role_expect("cpu", "", "7 8\n");
}

static void l_work_directory_follows_the_limits(void **state) {
    (void)state;
    role_expect("resize", "", "full at 16 MiB: ENOSPC\n");
}

static void l_processes_are_counted_per_child_or_for_all(void **state) {
    (void)state;
    char text[128];
    role_run(NULL, "bomb", "", true, text, sizeof text);
    int made = (int)strtol(text, NULL, 10);
    assert_non_null(strstr(text, " EAGAIN\n"));
    assert_in_range(made, 7, root() ? 7 : 8 + 4 * JAIL_SLOTS);
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
        cmocka_unit_test(f_every_child_has_its_own_uid_tmpfs_and_namespace),
        cmocka_unit_test(c_trees_die_with_the_zygote),
        cmocka_unit_test(l_limits_bind),
        cmocka_unit_test(l_cpu_time_before_the_job_comes_on_top),
        cmocka_unit_test(l_work_directory_follows_the_limits),
        cmocka_unit_test(l_processes_are_counted_per_child_or_for_all),
        cmocka_unit_test(b_limits_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
