// SPDX-License-Identifier: Apache-2.0
#include "ops/python/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/own.h"

#define QUESTION "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.prefix)"

static int start(const char *python, int output, pid_t *ret_pid, struct err *err) {
    const char *const argv[] = {python, "-I", "-X", "utf8", "-c", QUESTION, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int failed = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!failed)
        failed = posix_spawn(ret_pid, python, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed ? err_sys(err, REASON_CONFIG, "the interpreter %s", python) : 0;
}

static int wait_for(const char *python, pid_t pid, struct err *err) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_sys(err, REASON_INFRA, "waiting for %s", python);
    if (WIFSIGNALED(status))
        return err_set(err, REASON_INFRA, "the interpreter %s: signal %d ended it when it was asked for its version",
                       python, WTERMSIG(status));
    if (status != 0)
        return err_set(err, REASON_CONFIG, "the interpreter %s: expected that it tells its version, it failed", python);
    return 0;
}

static bool take_line(FILE *answer, char *home, size_t bytes) {
    if (!fgets(home, (int)bytes, answer))
        return false;
    char *end = strchr(home, '\n');
    if (end)
        *end = '\0';
    return end && *home;
}

// More than two short lines are an answer of something else; the pipe is closed on it.
static int read_answer(const char *python, int fd, struct probe *probe, struct err *err) {
    auto_file FILE *answer = fdopen(fd, "r");
    if (!answer) {
        close(fd);
        return err_sys(err, REASON_INFRA, "the answer of %s", python);
    }
    if (take_line(answer, probe->version, sizeof probe->version) &&
        take_line(answer, probe->prefix, sizeof probe->prefix))
        return 0;
    return err_set(err, REASON_CONFIG, "the interpreter %s: expected its version and prefix, found something else",
                   python);
}

int probe_run(const char *python, struct probe *ret, struct err *err) {
    int ends[2];
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "a pipe for %s", python);
    int started = start(python, ends[1], &pid, err);
    close(ends[1]);
    if (started < 0) {
        close(ends[0]);
        return -1;
    }
    struct probe probe;
    struct err answer_err, wait_err;
    int answered = read_answer(python, ends[0], &probe, &answer_err);
    int ended = wait_for(python, pid, &wait_err);
    if (ended < 0 || answered < 0) {
        if (err)
            *err = ended < 0 ? wait_err : answer_err;
        return -1;
    }
    *ret = probe;
    return 0;
}
