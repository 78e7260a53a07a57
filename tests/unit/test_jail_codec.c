// SPDX-License-Identifier: Apache-2.0
// The jail of quern-codec: what it keeps must work, everything else must be refused.
#include "tests/unit/jail_roles.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/record.h"

static int tell(const struct err *err) {
    dprintf(ROLE_OUT, "failed: %s\n", err->msg);
    return 1;
}

// As quern-codec does: a clean parent forks a child, which alone is jailed.
static int in_child(int (*run)(void)) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(run());
    if (waitpid(pid, &status, 0) != pid)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- what it keeps ----

enum { THREADS = 4, BYTES = 4 << 20 };

static void *fill(void *memory) {
    char *own = malloc(BYTES);
    for (size_t i = 0; own && i < BYTES; i++)
        own[i] = (char)(i % 251);
    if (own)
        memcpy(memory, own, BYTES);
    free(own);
    return own ? memory : NULL;
}

static int use_threads(char *shared) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, fill, shared + (size_t)i * BYTES) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++) {
        void *got = NULL;
        if (pthread_join(threads[i], &got) != 0 || !got)
            return 2;
    }
    return 0;
}

static int use_zstd(const char *data) {
    size_t bound = ZSTD_compressBound(BYTES);
    auto_free char *packed = malloc(bound), *back = malloc(BYTES);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, 2);
    size_t bytes = ZSTD_compress2(context, packed, bound, data, BYTES);
    ZSTD_freeCCtx(context);
    return !ZSTD_isError(bytes) && ZSTD_decompress(back, BYTES, packed, bytes) == BYTES &&
                   memcmp(back, data, BYTES) == 0
               ? 0
               : 3;
}

static int work(void) {
    struct jail_facts facts = {0};
    struct err err = {0};
    int ends[2], fds[1];
    size_t fd_count = 0;
    uint64_t sent = 7, got = 0;
    auto_fd int memory = memory_new("granted", (uint64_t)THREADS * BYTES, &err);
    if (memory < 0 || record_pair(ends, &err) < 0 || jail_codec(&facts, &err) < 0)
        return tell(&err);
    char *shared = mmap(NULL, (size_t)THREADS * BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (shared == MAP_FAILED || use_threads(shared) || use_zstd(shared))
        return 2;
    munmap(shared, (size_t)THREADS * BYTES);
    if (ftruncate(memory, BYTES) < 0 || memory_seal(memory, &err) < 0)
        return tell(&err);
    if (record_send(ends[0], &sent, sizeof sent, &memory, 1, &err) < 0 ||
        record_receive(ends[1], &got, sizeof got, fds, 1, &fd_count, &err) != 1 || fd_count != 1)
        return tell(&err);
    dprintf(ROLE_OUT, "worked at level %s, landlock %d, seccomp %u\n", jail_level_name(facts.level),
            facts.landlock_abi > 0, facts.seccomp);
    return 0;
}

static int role_work(char **argv) {
    (void)argv;
    return in_child(work);
}

static int aborting(void) {
    struct err err = {0};
    if (jail_codec(NULL, &err) < 0)
        return tell(&err);
    abort();
}

// Not as pid 1, for which the signal would be ignored.
static int role_abort(char **argv) {
    (void)argv;
    dprintf(ROLE_OUT, "%d\n", in_child(aborting));
    return 0;
}

// ---- what it does not ----

#define BAD UINTPTR_MAX

static const struct {
    const char *name;
    long number;
    uintptr_t arguments[4];
} calls[] = {
    {"open", SYS_open, {BAD, 0, 0, 0}},
    {"openat", SYS_openat, {BAD, BAD, 0, 0}},
    {"openat2", SYS_openat2, {BAD, BAD, BAD, 0}},
    {"stat", SYS_stat, {BAD, BAD, 0, 0}},
    {"access", SYS_access, {BAD, 0, 0, 0}},
    {"chmod", SYS_chmod, {BAD, 0, 0, 0}},
    {"unlink", SYS_unlink, {BAD, 0, 0, 0}},
    {"chdir", SYS_chdir, {BAD, 0, 0, 0}},
    {"execve", SYS_execve, {BAD, BAD, BAD, 0}},
    {"execveat", SYS_execveat, {BAD, BAD, BAD, BAD}},
    {"fork as clone", SYS_clone, {CLONE_SIGHAND, 0, 0, 0}},
    {"memfd_create", SYS_memfd_create, {BAD, 0, 0, 0}},
    {"socket", SYS_socket, {AF_UNIX, 0xf, 0, 0}},
    {"socketpair", SYS_socketpair, {AF_UNIX, 0xf, 0, BAD}},
    {"connect", SYS_connect, {BAD, BAD, 0, 0}},
    {"bind", SYS_bind, {BAD, BAD, 0, 0}},
    {"accept", SYS_accept, {BAD, BAD, BAD, 0}},
    {"kill", SYS_kill, {0x7fffffff, 0, 0, 0}},
    {"tgkill of another", SYS_tgkill, {0x7fffffff, 0x7fffffff, 0, 0}},
    {"pidfd_open", SYS_pidfd_open, {0x7fffffff, 0, 0, 0}},
    {"ptrace", SYS_ptrace, {16, 0x7fffffff, 0, 0}},
    {"mount", SYS_mount, {BAD, BAD, BAD, 0}},
    {"unshare", SYS_unshare, {1, 0, 0, 0}},
    {"ioctl", SYS_ioctl, {BAD, 0, 0, 0}},
    {"shmget", SYS_shmget, {1, 0, 0, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {0, BAD, 0, 0}},
    {"bpf", SYS_bpf, {0xff, BAD, 0, 0}},
    {"setns", SYS_setns, {BAD, 0, 0, 0}},
    {"dup3", SYS_dup3, {BAD, BAD, 0, 0}},
};

static int call(size_t i) {
    const uintptr_t *a = calls[i].arguments;
    return syscall(calls[i].number, a[0], a[1], a[2], a[3]) < 0 ? errno : 0;
}

// "through" is the control: without the jail the kernel gives another answer than EPERM.
static int refusals(void) {
    enum { COUNT = sizeof calls / sizeof *calls };
    int free_answer[COUNT];
    struct err err = {0};
    for (size_t i = 0; i < COUNT; i++)
        free_answer[i] = call(i);
    if (jail_codec(NULL, &err) < 0)
        return tell(&err);
    int refused = 0, through = 0;
    for (size_t i = 0; i < COUNT; i++) {
        int answer = call(i);
        refused += answer == EPERM;
        through += free_answer[i] != EPERM;
        if (answer != EPERM || free_answer[i] == EPERM)
            dprintf(ROLE_OUT, "%s: %d in the jail, %d outside\n", calls[i].name, answer, free_answer[i]);
    }
    dprintf(ROLE_OUT, "all refused %d, all through %d\n", refused == COUNT, through == COUNT);
    return 0;
}

static int role_refusals(char **argv) {
    (void)argv;
    return in_child(refusals);
}

static int role_state(char **argv) {
    (void)argv;
    struct err err = {0};
    int before = open("/usr/bin/env", O_RDONLY | O_CLOEXEC);
    char byte;
    if (before < 0 || jail_codec(NULL, &err) < 0)
        return tell(&err);
    // What it held before goes on working.
    return read(before, &byte, 1) == 1 ? 0 : 2;
}

static int role_foreign(char **argv) {
    (void)argv;
    struct err err = {0};
    if (jail_codec(NULL, &err) < 0)
        return tell(&err);
    syscall(0x40000000 | SYS_getpid);
    return 0;
}

static int clone3_number(void) {
    struct err err = {0};
    if (jail_codec(NULL, &err) < 0)
        return tell(&err);
    dprintf(ROLE_OUT, "%s\n", syscall(SYS_clone3, BAD, 64) < 0 ? strerrorname_np(errno) : "done");
    return 0;
}

static int role_clone3(char **argv) {
    (void)argv;
    return in_child(clone3_number);
}

static const struct role roles[] = {
    {"work", role_work},   {"abort", role_abort},     {"refusals", role_refusals},
    {"state", role_state}, {"foreign", role_foreign}, {"clone3", role_clone3},
};

static void b_threads_memory_and_held_descriptors_work(void **state) {
    (void)state;
    char text[1024], expected[128];
    snprintf(expected, sizeof expected, "worked at level %s, landlock 1, seccomp 1\n",
             geteuid() == 0 ? "full" : "user");
    role_run(NULL, "work", "", true, text, sizeof text);
    assert_string_equal(text, expected);
    role_run(NULL, "state", "", true, text, sizeof text);
    assert_string_equal(text, "");
}

static void f_everything_else_is_refused(void **state) {
    (void)state;
    char text[4096];
    role_run(NULL, "refusals", "", true, text, sizeof text);
    assert_string_equal(text, "all refused 1, all through 1\n");
    role_run(NULL, "clone3", "", true, text, sizeof text);
    assert_string_equal(text, "ENOSYS\n");
}

static void ends_with(const char *role, int number) {
    int ends[2], pidfd = -1;
    siginfo_t info;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(role_spawn(NULL, role, "", true, ends[1], &pidfd, NULL), 0);
    role_reap(pidfd, &info);
    assert_int_not_equal(info.si_code, CLD_EXITED);
    assert_int_equal(info.si_status, number);
    close(ends[0]);
    close(ends[1]);
    close(pidfd);
}

static void c_abort_is_seen_as_such(void **state) {
    (void)state;
    char text[64], expected[64];
    snprintf(expected, sizeof expected, "%d\n", 128 + SIGABRT);
    role_run(NULL, "abort", "", true, text, sizeof text);
    assert_string_equal(text, expected);
}

static void f_x32_is_killed(void **state) {
    (void)state;
    ends_with("foreign", SIGSYS);
}

int main(int argc, char **argv) {
    role_main(roles, sizeof roles / sizeof *roles, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_threads_memory_and_held_descriptors_work),
        cmocka_unit_test(f_everything_else_is_refused),
        cmocka_unit_test(c_abort_is_seen_as_such),
        cmocka_unit_test(f_x32_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
