// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_RUN = 127 };

static _Noreturn void become(const char *const *argv) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
        execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(CANNOT_RUN);
}

/* ---- the guard: between us and the program, the first of a group that ends as one ---- */

static void end_group(int number) {
    (void)number;
    kill(0, SIGKILL);
}

static _Noreturn void end_like(int status) {
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    _exit(CANNOT_RUN);
}

// What the program started itself is of the group too. Our open locks stay held until it has ended.
static _Noreturn void guard(const char *const *argv, pid_t parent) {
    int status = 0;
    const struct sigaction ending = {.sa_handler = end_group};
    if (setpgid(0, 0) < 0 || sigaction(SIGTERM, &ending, NULL) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
        getppid() != parent)
        _exit(CANNOT_RUN);
    pid_t pid = fork();
    if (pid == 0)
        become(argv);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            _exit(CANNOT_RUN);
    if (pid < 0)
        _exit(CANNOT_RUN);
    end_like(status);
}

static int wait_for(const char *program, pid_t pid, struct refusal *refusal) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return refuse(refusal, REASON_INFRA, "waiting for %s: %s", program, strerror(errno));
    if (WIFSIGNALED(status))
        return refuse(refusal, REASON_CONFIG, "%s: signal %d ended it", program, WTERMSIG(status));
    if (WEXITSTATUS(status) == CANNOT_RUN)
        return refuse(refusal, REASON_CONFIG, "%s: cannot be run", program);
    if (status != 0)
        return refuse(refusal, REASON_CONFIG, "%s failed with exit code %d", program, WEXITSTATUS(status));
    return 0;
}

int program_run(const char *const *argv, struct refusal *refusal) {
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return refuse(refusal, REASON_INFRA, "%s: %s", argv[0], strerror(errno));
    if (pid == 0)
        guard(argv, parent);
    return wait_for(argv[0], pid, refusal);
}
