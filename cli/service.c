// SPDX-License-Identifier: Apache-2.0
#include "cli/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/own.h"

// The child's part: only calls that are safe behind fork().
static _Noreturn void become(const char *const *argv, int log, int failed, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
        dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0 && setpgid(0, 0) == 0)
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    int why = errno;
    (void)!write(failed, &why, sizeof why);
    _exit(127);
}

int service_start(const char *name, const char *const *argv, const char *log, struct service *ret,
                  struct refusal *refusal) {
    int ends[2], why = 0;
    auto_fd int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", log, strerror(errno));
    if (pipe2(ends, O_CLOEXEC) < 0)
        return refuse(refusal, REASON_INFRA, "pipe: %s", strerror(errno));
    auto_fd int reader = ends[0];
    auto_fd int writer = ends[1];
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return refuse(refusal, REASON_INFRA, "fork: %s", strerror(errno));
    if (pid == 0)
        become(argv, file, writer, parent);
    struct service service = {.name = name, .pid = pid, .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
    close(steal_fd(&writer));
    bool failed = read(reader, &why, sizeof why) == (ssize_t)sizeof why;
    if (!failed && service.pidfd >= 0) {
        *ret = service;
        return 0;
    }
    service_reap(&service, 0);
    return refuse(refusal, REASON_CONFIG, "%s cannot be started: %s", argv[0], strerror(failed ? why : errno));
}

bool service_has_ended(const struct service *service) {
    struct pollfd end = {.fd = service->pidfd, .events = POLLIN};
    return service->pid == 0 || poll(&end, 1, 0) > 0;
}

void service_signal(const struct service *service, int signal) {
    if (service->pid > 0)
        syscall(SYS_pidfd_send_signal, service->pidfd, signal, NULL, 0);
}

void service_reap(struct service *service, int ms) {
    struct pollfd end = {.fd = service->pidfd, .events = POLLIN};
    if (service->pid == 0)
        return;
    if (service->pidfd < 0 || poll(&end, 1, ms) <= 0)
        kill(service->pid, SIGKILL);
    while (waitpid(service->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    own_close(&service->pidfd);
    *service = (struct service){.name = service->name, .pidfd = -1};
}
