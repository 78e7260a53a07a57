// SPDX-License-Identifier: Apache-2.0
// What a program gets from jail_spawn(). The program is this one, started again with the name of a role.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/jail/capability.h"
#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "tests/unit/jail_roles.h"

static const char *const no_environ[] = {"QUERN_TEST=1", NULL};

// ---- roles ----

static void report_fds(FILE *out) {
    DIR *directory = opendir("/proc/self/fd");
    fprintf(out, "fds");
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != dirfd(directory))
            fprintf(out, " %s", entry->d_name);
    fprintf(out, "\n");
    closedir(directory);
}

static int role_report(char **argv) {
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
    FILE *out = fdopen(ROLE_OUT, "w");
    fprintf(out, "argv %s %s\nenviron", argv[0], argv[2] ? argv[2] : "-");
    for (char **variable = environ; *variable; variable++)
        fprintf(out, " %s", *variable);
    fprintf(out, "\nids %u %u %u %u\n", getuid(), geteuid(), getgid(), getegid());
    fprintf(out, "pid1 %d leader %d death %d\n", getpid() == 1, getsid(0) == getpid(), death);
    fprintf(out, "caps %d%d%d\n", capability_held(CAP_SYS_ADMIN), capability_held(CAP_SETUID),
            capability_held(CAP_NET_ADMIN));
    report_fds(out);
    fclose(out);
    return 0;
}

// Takes what only a spawned process inside its own namespaces may.
static int role_unshare(char **argv) {
    (void)argv;
    dprintf(ROLE_OUT, "unshare %d sethostname %d\n", unshare(CLONE_NEWNS), sethostname("inner", 5));
    return 0;
}

static int role_wait(char **argv) {
    (void)argv;
    if (jail_die_with_parent(NULL) < 0)
        return 1;
    dprintf(ROLE_OUT, "ready\n");
    while (pause() < 0)
        continue;
    return 0;
}

// A supervisor of its own, to be killed: starts a waiting program and waits.
static int role_parent(char **argv) {
    int pidfd = -1;
    struct err err;
    if (role_spawn(NULL, "wait", "x", argv[2][0] == 'i', ROLE_OUT, &pidfd, &err) < 0) {
        dprintf(ROLE_OUT, "%s\n", err.msg);
        return 1;
    }
    while (pause() < 0)
        continue;
    return 0;
}

static const struct role roles[] = {
    {"report", role_report}, {"unshare", role_unshare}, {"wait", role_wait}, {"parent", role_parent}};

// ---- tests ----

static void b_isolated_program_has_its_own_namespaces(void **state) {
    (void)state;
    char text[4096], ids[64];
    unsigned uid = geteuid() == 0 ? 0 : geteuid(), gid = geteuid() == 0 ? 0 : getegid();
    snprintf(ids, sizeof ids, "ids %u %u %u %u\n", uid, uid, gid, gid);
    role_run(NULL, "report", "x", true, text, sizeof text);
    role_assert_has(text, "argv test x\nenviron QUERN_TEST=1\n");
    role_assert_has(text, ids);
    role_assert_has(text, "pid1 1 leader 1 death 9\n");
    role_assert_has(text, "caps 110\n");
    role_run(NULL, "unshare", "x", true, text, sizeof text);
    assert_string_equal(text, "unshare 0 sethostname 0\n");
}

static void b_plain_program_is_a_plain_child(void **state) {
    (void)state;
    char text[4096];
    role_run(NULL, "report", "x", false, text, sizeof text);
    role_assert_has(text, "argv test x\nenviron QUERN_TEST=1\n");
    role_assert_has(text, "pid1 0 leader 0 death 9\n");
    role_assert_has(text, "fds 0 1 2 3\n");
}

static void f_no_other_descriptor_reaches_the_program(void **state) {
    (void)state;
    char text[4096];
    int leaks[8];
    for (int i = 0; i < 8; i++)
        leaks[i] = open("/dev/null", O_RDONLY); // without close-on-exec
    role_run(NULL, "report", "x", true, text, sizeof text);
    role_assert_has(text, "fds 0 1 2 3\n");
    for (int i = 0; i < 8; i++)
        close(leaks[i]);
}

static void b_descriptors_keep_their_order_whatever_their_numbers(void **state) {
    (void)state;
    int pipes[3][2], pidfd = -1;
    pid_t pid;
    struct err err;
    siginfo_t info;
    char text[64];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
    // The source of one is the destination of another: 3 is among them because it is the lowest free number.
    int fds[] = {pipes[2][1], pipes[0][1], pipes[1][1], pipes[0][0]};
    const char *const argv[] = {"sh", "-c", "echo third >&3; echo first >&4; echo second >&5", NULL};
    struct jail_spawn how = {
        .program = "/bin/sh", .argv = argv, .environ = no_environ, .fds = fds, .fd_count = 4, .isolate = true};
    if (jail_spawn(&how, &pidfd, &pid, &err) < 0)
        fail_msg("%s", err.msg);
    const char *expected[] = {"first\n", "second\n", "third\n"};
    for (int i = 0; i < 3; i++) {
        close(pipes[i][1]);
        role_read(pipes[i][0], text, sizeof text);
        assert_string_equal(text, expected[i]);
        close(pipes[i][0]);
    }
    role_reap(pidfd, &info);
    close(pidfd);
}

static void b_program_below_a_closed_directory_starts(void **state) {
    (void)state;
    char directory[] = "/var/tmp/quern-test-XXXXXX", program[64], command[256], text[4096];
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chmod(directory, 0700), 0);
    snprintf(program, sizeof program, "%s/program", directory);
    snprintf(command, sizeof command, "cp /proc/%d/exe %s && chmod 755 %s", (int)getpid(), program, program);
    assert_int_equal(system(command), 0);
    role_run(program, "report", "x", true, text, sizeof text);
    role_assert_has(text, "pid1 1 leader 1 death 9\n");
    unlink(program);
    rmdir(directory);
}

static void b_missing_program_is_named(void **state) {
    (void)state;
    struct err err;
    int pidfd = -1;
    assert_int_equal(role_spawn("/nowhere/program", "x", "x", true, 1, &pidfd, &err), -1);
    assert_string_equal(err.msg, "/nowhere/program: No such file or directory");
    assert_int_equal(role_spawn("/etc/passwd", "x", "x", true, 1, &pidfd, &err), -1);
    assert_string_equal(err.msg, "executing /etc/passwd: Permission denied");
    assert_int_equal(err.reason, REASON_INFRA);
    assert_int_equal(pidfd, -1);
}

static void b_refused_namespaces_come_with_the_remedy(void **state) {
    (void)state;
    char expected[256];
    int ends[2], status = 0;
    struct err err = {0};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        // In a user namespace whose limit of further ones is zero.
        int pidfd = -1, fd = -1;
        if (unshare(CLONE_NEWUSER) == 0)
            fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1)
            _exit(1);
        int got = role_spawn(NULL, "report", "x", true, 1, &pidfd, &err);
        _exit(got == -1 && write(ends[1], &err, sizeof err) == sizeof err ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &err, sizeof err), sizeof err);
    snprintf(expected, sizeof expected,
             "this machine gives no user namespaces to uid 65534: No space left on device (see sysctl "
             "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 and "
             "user.max_user_namespaces; inside a chroot there are none)");
    assert_string_equal(err.msg, expected);
    assert_int_equal(err.sys, ENOSPC);
    close(ends[0]);
    close(ends[1]);
}

static int write_text(const char *path, const char *text) {
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

// As in a rootless container: root of a user namespace that maps one id, so that no range can be given.
static int become_root_of_one_id(void) {
    char uids[32], gids[32];
    snprintf(uids, sizeof uids, "0 %u 1\n", (unsigned)geteuid());
    snprintf(gids, sizeof gids, "0 %u 1\n", (unsigned)getegid());
    return unshare(CLONE_NEWUSER) < 0 || write_text("/proc/self/setgroups", "deny") < 0 ||
           write_text("/proc/self/uid_map", uids) < 0 || write_text("/proc/self/gid_map", gids) < 0;
}

static void b_root_without_a_range_gets_one_id(void **state) {
    (void)state;
    char text[4096];
    int ends[2], status = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int pidfd = -1;
        siginfo_t info;
        if (become_root_of_one_id() || role_spawn(NULL, "report", "x", true, ends[1], &pidfd, NULL) < 0)
            _exit(1);
        _exit(waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED) == 0 && info.si_status == 0 ? 0 : 2);
    }
    close(ends[1]);
    role_read(ends[0], text, sizeof text);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    role_assert_has(text, "ids 0 0 0 0\npid1 1 leader 1 death 9\ncaps 110\n");
}

static void dies_with_its_parent(const char *how) {
    int ends[2], pidfd = -1;
    pid_t pid;
    struct err err;
    siginfo_t info;
    char text[64];
    const char *const argv[] = {"test", "parent", how, NULL};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct jail_spawn parent = {
        .program = "/proc/self/exe", .argv = argv, .environ = no_environ, .fds = &ends[1], .fd_count = 1};
    if (jail_spawn(&parent, &pidfd, &pid, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    struct pollfd readable = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&readable, 1, ROLE_DEADLINE_MS), 1);
    assert_int_equal(read(ends[0], text, 6), 6);
    assert_memory_equal(text, "ready\n", 6);
    assert_int_equal(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
    role_reap(pidfd, &info);
    // End of file: the waiting program, the last holder of the pipe, is dead too.
    role_read(ends[0], text, sizeof text);
    assert_string_equal(text, "");
    close(ends[0]);
    close(pidfd);
}

static void c_isolated_program_dies_with_its_parent(void **state) {
    (void)state;
    dies_with_its_parent("isolated");
}

static void c_plain_program_dies_with_its_parent(void **state) {
    (void)state;
    dies_with_its_parent("plain");
}

int main(int argc, char **argv) {
    role_main(roles, sizeof roles / sizeof *roles, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_isolated_program_has_its_own_namespaces),
        cmocka_unit_test(b_plain_program_is_a_plain_child),
        cmocka_unit_test(f_no_other_descriptor_reaches_the_program),
        cmocka_unit_test(b_descriptors_keep_their_order_whatever_their_numbers),
        cmocka_unit_test(b_program_below_a_closed_directory_starts),
        cmocka_unit_test(b_missing_program_is_named),
        cmocka_unit_test(b_refused_namespaces_come_with_the_remedy),
        cmocka_unit_test(b_root_without_a_range_gets_one_id),
        cmocka_unit_test(c_isolated_program_dies_with_its_parent),
        cmocka_unit_test(c_plain_program_dies_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
