// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupts.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int interrupts_open(struct interrupts *ret, struct refusal *refusal) {
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGTERM);
    ret->fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    if (ret->fd < 0)
        return refuse(refusal, REASON_INFRA, "signalfd: %s", strerror(errno));
    sigprocmask(SIG_BLOCK, &taken, &ret->before);
    return 0;
}

unsigned interrupts_taken(const struct interrupts *interrupts) {
    struct signalfd_siginfo signal;
    unsigned count = 0;
    while (read(interrupts->fd, &signal, sizeof signal) == (ssize_t)sizeof signal)
        count++;
    return count;
}

unsigned interrupts_wait(const struct interrupts *interrupts, int ms) {
    struct pollfd wanted = {.fd = interrupts->fd, .events = POLLIN};
    while (poll(&wanted, 1, ms) < 0 && errno == EINTR) {
    }
    return interrupts_taken(interrupts);
}

void interrupts_close(struct interrupts *interrupts) {
    if (interrupts->fd < 0)
        return;
    close(interrupts->fd);
    interrupts->fd = -1;
    sigprocmask(SIG_SETMASK, &interrupts->before, NULL);
}
