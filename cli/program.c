// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_RUN = 127 };

static _Noreturn void become(const char *const *argv, pid_t parent) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool ready = prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && nothing >= 0 &&
                 dup2(nothing, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
    if (ready)
        execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(CANNOT_RUN);
}

int program_run(const char *const *argv, struct refusal *refusal) {
    int status = 0;
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return refuse(refusal, REASON_INFRA, "%s: %s", argv[0], strerror(errno));
    if (pid == 0)
        become(argv, parent);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return refuse(refusal, REASON_INFRA, "waiting for %s: %s", argv[0], strerror(errno));
    if (WIFSIGNALED(status))
        return refuse(refusal, REASON_CONFIG, "%s: signal %d ended it", argv[0], WTERMSIG(status));
    if (WEXITSTATUS(status) == CANNOT_RUN)
        return refuse(refusal, REASON_CONFIG, "%s: cannot be run", argv[0]);
    if (status != 0)
        return refuse(refusal, REASON_CONFIG, "%s failed with exit code %d", argv[0], WEXITSTATUS(status));
    return 0;
}
