// SPDX-License-Identifier: Apache-2.0
#include "jail_roles.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"

void role_main(const struct role *roles, size_t count, int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < count; i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            _exit(roles[i].run(argv)); // no exit handlers: leaks are looked for in the test, not in its roles
}

static int start(const struct jail_spawn *how, const char *role, const char *argument, int out, int *ret_pidfd,
                 struct err *err) {
    static const char *const variables[] = {"QUERN_TEST=1", NULL};
    const char *const argv[] = {"test", role, argument, NULL};
    struct jail_spawn whole = *how;
    pid_t pid;
    whole.argv = argv;
    whole.environ = variables;
    whole.fds = &out;
    whole.fd_count = 1;
    return jail_spawn(&whole, ret_pidfd, &pid, err);
}

int role_spawn(const char *program, const char *role, const char *argument, bool isolate, int out, int *ret_pidfd,
               struct err *err) {
    struct jail_spawn how = {.program = program ? program : "/proc/self/exe", .isolate = isolate};
    return start(&how, role, argument, out, ret_pidfd, err);
}

int role_spawn_with_network(const char *role, int out, int *ret_pidfd, struct err *err) {
    struct jail_spawn how = {.program = "/proc/self/exe", .isolate = true, .network_open = true};
    return start(&how, role, "", out, ret_pidfd, err);
}

void role_reap(int pidfd, siginfo_t *ret) {
    struct pollfd dead = {.fd = pidfd, .events = POLLIN};
    assert_int_equal(poll(&dead, 1, ROLE_DEADLINE_MS), 1);
    assert_int_equal(waitid((idtype_t)P_PIDFD, (id_t)pidfd, ret, WEXITED), 0);
}

void role_read(int fd, char *text, size_t size) {
    uint64_t deadline = clock_deadline_ns(ROLE_DEADLINE_MS);
    size_t used = 0;
    for (;;) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&readable, 1, clock_poll_ms(deadline)), 1);
        ssize_t got = read(fd, text + used, size - 1 - used);
        assert_true(got >= 0);
        if (got == 0)
            break;
        used += (size_t)got;
    }
    text[used] = '\0';
}

void role_run(const char *program, const char *role, const char *argument, bool isolate, char *text, size_t size) {
    int ends[2], pidfd = -1;
    struct err err = {0};
    siginfo_t info;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (role_spawn(program, role, argument, isolate, ends[1], &pidfd, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    role_read(ends[0], text, size);
    close(ends[0]);
    role_reap(pidfd, &info);
    close(pidfd);
    if (info.si_code != CLD_EXITED || info.si_status != 0)
        fail_msg("role %s: code %d, status %d, after:\n%s", role, info.si_code, info.si_status, text);
}

void role_expect(const char *role, const char *argument, const char *expected) {
    char text[16384];
    role_run(NULL, role, argument, true, text, sizeof text);
    assert_string_equal(text, expected);
}

void role_assert_has(const char *text, const char *line) {
    if (!strstr(text, line))
        fail_msg("expected \"%s\" in:\n%s", line, text);
}
