// SPDX-License-Identifier: Apache-2.0
// The jail without namespaces. Each role is a zygote that was spawned apart; as root its children get uids of their own, as a
// container's root gives them.
#include "tests/unit/jail_zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/jail/remove.h"
#include "quern/own.h"

static struct jail *open_minimal(const char *base) {
    struct jail_options options = {.work_base = base};
    struct jail *jail = NULL;
    struct err err = {0};
    if (jail_open(&options, &jail, &err) < 0)
        zygote_tell(&err);
    return jail;
}

static int role_facts(char **argv) {
    const struct jail *jail = open_minimal(argv[2]);
    if (!jail)
        return 1;
    const struct jail_facts *facts = jail_facts(jail);
    dprintf(ROLE_OUT, "%s user %u mount %u pid %u net %u own_uid %u seccomp %u bound %s\n",
            jail_level_name((enum jail_level)facts->level), facts->user_ns, facts->mount_ns, facts->pid_ns,
            facts->net_ns, facts->own_uid, facts->seccomp, jail_bound_name((enum jail_bound)facts->bound));
    return 0;
}

// ---- one child ----

static pid_t start(struct jail *jail, zygote_child_fn *run, struct err *err) {
    const int keep[] = {ROLE_OUT};
    struct jail_limits limits;
    int work_dir = -1;
    jail_limits_default(&limits);
    if (jail_group_begin(jail, 0, err) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        if (jail_prepare(jail, 0, &limits, keep, 1, &work_dir, err) < 0)
            _exit(zygote_tell(err));
        _exit(run(jail, work_dir));
    }
    return pid;
}

// As the zygote of quern-python does: what the child left dies with it, then its directory goes.
static int end(struct jail *jail, pid_t pid) {
    siginfo_t info = {0};
    int status = 0;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    jail_group_kill(pid);
    if (waitpid(pid, &status, 0) != pid || !jail_group_ended(pid, true))
        return 2;
    while (!jail_group_remove(jail, 0))
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static int with_child(const char *base, zygote_child_fn *run) {
    struct err err = {0};
    struct jail *jail = open_minimal(base);
    pid_t pid = jail ? start(jail, run, &err) : -1;
    if (pid < 0)
        return jail ? zygote_tell(&err) : 1;
    int found = end(jail, pid);
    jail_leave(jail);
    return found;
}

// ---- what it may and may not ----

static const char *answer(long result) { return result < 0 ? strerrorname_np(errno) : "ok"; }

static int look(const struct jail *jail, int work_dir) {
    struct rlimit none = {0, 0};
    struct stat before, after;
    char directory[4096] = "";
    (void)jail;
    if (!getcwd(directory, sizeof directory) || stat("/usr/bin/env", &before) < 0)
        return 1;
    dprintf(ROLE_OUT, "own directory %d, uid 0 %d\n", strcmp(directory + strlen(directory) - 7, "/1/work") == 0,
            getuid() == 0);
    dprintf(ROLE_OUT, "read /etc/passwd %s, write /tmp %s, write here %s\n", answer(open("/etc/passwd", O_RDONLY)),
            answer(open("/tmp/quern-test", O_WRONLY | O_CREAT, 0600)),
            answer(openat(work_dir, "x", O_WRONLY | O_CREAT, 0600)));
    dprintf(ROLE_OUT, "session %s, group %s, own mark %s, ", answer(setsid()), answer(setpgid(0, 0)),
            answer(setrlimit(RLIMIT_RTTIME, &none)));
    dprintf(ROLE_OUT, "by another call %s\n", answer(prlimit(0, RLIMIT_RTTIME, &none, NULL)));
    dprintf(ROLE_OUT, "signal the parent %s, its priority %s\n", answer(kill(getppid(), 0)),
            answer(setpriority(PRIO_PROCESS, (id_t)getppid(), 1)));
    dprintf(ROLE_OUT, "chmod %s", answer(chmod("/usr/bin/env", 0700)));
    dprintf(ROLE_OUT, ", and changes it %d\n", stat("/usr/bin/env", &after) < 0 || before.st_mode != after.st_mode);
    dprintf(ROLE_OUT, "socket %s, new namespaces %s\n", answer(socket(AF_UNIX, SOCK_STREAM, 0)),
            answer(syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */)));
    return 0;
}

static int role_look(char **argv) { return with_child(argv[2], look); }

// ---- a daemon dies with the job ----

static int leave_daemon(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    int ends[2];
    char byte;
    if (pipe(ends) < 0)
        return 1;
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            setsid();
            if (fork() > 0)
                _exit(0);
            for (int number = 1; number < 32; number++)
                signal(number, SIG_IGN);
            if (write(ends[1], "u", 1) == 1) // holds ROLE_OUT: the test reads to its end
                for (;;)
                    pause();
        }
    for (int i = 0; i < 2; i++)
        if (read(ends[0], &byte, 1) != 1)
            return 2;
    dprintf(ROLE_OUT, "two are up\n");
    return 0;
}

static int role_daemon(char **argv) { return with_child(argv[2], leave_daemon); }

// ---- what a dead zygote left ----

static int wait_for_ever(const struct jail *jail, int work_dir) {
    (void)jail;
    (void)work_dir;
    if (fork() == 0)
        for (;;)
            pause();
    dprintf(ROLE_OUT, "left\n");
    return 0;
}

static int role_leave(char **argv) {
    struct err err = {0};
    struct jail *jail = open_minimal(argv[2]);
    siginfo_t info;
    pid_t pid = jail ? start(jail, wait_for_ever, &err) : -1;
    return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED) == 0 ? 0 : 1;
}

static const struct role roles[] = {
    {"facts", role_facts}, {"look", role_look}, {"daemon", role_daemon}, {"leave", role_leave}};

// ---- tests ----

struct base {
    char path[64], below[128];
};

static void base_open(struct base *base) {
    snprintf(base->path, sizeof base->path, "/var/tmp/quern-test-XXXXXX");
    assert_non_null(mkdtemp(base->path));
    assert_int_equal(chmod(base->path, 0711), 0);
    snprintf(base->below, sizeof base->below, "%s/quern-%u", base->path, (unsigned)geteuid());
}

// Nothing of a zygote is left in it.
static void base_close(const struct base *base) {
    assert_int_equal(rmdir(base->below), 0);
    assert_int_equal(rmdir(base->path), 0);
}

static void expect(const char *role, const char *expected) {
    struct base base;
    char text[4096];
    base_open(&base);
    role_run(NULL, role, base.path, false, text, sizeof text);
    assert_string_equal(text, expected);
    jail_sweep(base.path);
    base_close(&base);
}

static void b_facts_tell_the_level(void **state) {
    (void)state;
    char expected[128];
    snprintf(expected, sizeof expected, "minimal user 0 mount 0 pid 0 net 0 own_uid %d seccomp 1 bound polled\n",
             geteuid() == 0);
    expect("facts", expected);
}

static void f_what_a_child_may_and_may_not(void **state) {
    (void)state;
    expect("look", "own directory 1, uid 0 0\n"
                   "read /etc/passwd EACCES, write /tmp EACCES, write here ok\n"
                   "session EPERM, group EPERM, own mark EPERM, by another call EPERM\n"
                   "signal the parent EPERM, its priority EPERM\n"
                   "chmod ok, and changes it 0\n"
                   "socket EAFNOSUPPORT, new namespaces EPERM\n");
}

static void f_daemons_die_with_the_job(void **state) {
    (void)state;
    expect("daemon", "two are up\n");
}

// The pipe's end is the death of all that held it.
static void c_what_a_dead_zygote_left_is_swept(void **state) {
    (void)state;
    struct base base;
    struct err err = {0};
    siginfo_t info;
    int ends[2], pidfd = -1;
    char text[64];
    base_open(&base);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (role_spawn(NULL, "leave", base.path, false, ends[1], &pidfd, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    role_reap(pidfd, &info);
    assert_int_equal(info.si_status, 0);
    struct pollfd open_still = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(read(ends[0], text, 5), 5);
    assert_int_equal(poll(&open_still, 1, 0), 0);
    jail_sweep(base.path);
    role_read(ends[0], text, sizeof text);
    assert_string_equal(text, "");
    close(ends[0]);
    close(pidfd);
    base_close(&base);
}

static void make_deep(int dir, int depth) {
    auto_fd int at = dup(dir);
    for (int i = 0; i < depth; i++) {
        assert_int_equal(mkdirat(at, "d", 0700), 0);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        auto_fd int file = openat(at, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0);
        assert_true(file >= 0);
        close(at);
        at = next;
    }
}

static void l_removing_knows_no_depth(void **state) {
    (void)state;
    char path[] = "/var/tmp/quern-test-XXXXXX";
    assert_non_null(mkdtemp(path));
    auto_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_deep(dir, 1000);
    assert_int_equal(mkdirat(dir, "closed", 0), 0);
    assert_int_equal(symlinkat("/", dir, "up"), 0);
    assert_int_equal(remove_below(dir, 100), 0); // a piece
    int done;
    while ((done = remove_below(dir, 100)) == 0)
        continue;
    assert_int_equal(done, 1);
    assert_int_equal(rmdir(path), 0);
}

static void f_a_place_of_another_user_is_refused(void **state) {
    (void)state;
    struct base base;
    char text[1024], expected[256];
    if (geteuid() != 0)
        return; // nobody else's directory can be made
    base_open(&base);
    assert_int_equal(mkdir(base.below, 0777), 0);
    assert_int_equal(chown(base.below, 61003, 61003), 0);
    int ends[2], pidfd = -1;
    siginfo_t info;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(role_spawn(NULL, "facts", base.path, false, ends[1], &pidfd, NULL), 0);
    close(ends[1]);
    role_read(ends[0], text, sizeof text);
    role_reap(pidfd, &info);
    close(ends[0]);
    close(pidfd);
    snprintf(expected, sizeof expected, "failed: %s: expected a directory of uid 0, found one of uid 61003\n",
             base.below);
    assert_string_equal(text, expected);
    base_close(&base);
}

int main(int argc, char **argv) {
    role_main(roles, sizeof roles / sizeof *roles, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_facts_tell_the_level),     cmocka_unit_test(f_what_a_child_may_and_may_not),
        cmocka_unit_test(f_daemons_die_with_the_job), cmocka_unit_test(c_what_a_dead_zygote_left_is_swept),
        cmocka_unit_test(l_removing_knows_no_depth),  cmocka_unit_test(f_a_place_of_another_user_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
