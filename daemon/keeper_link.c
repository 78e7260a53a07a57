// SPDX-License-Identifier: Apache-2.0
#include "keeper_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers.h"
#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"

void keeper_link_init(struct keeper_link *link) { *link = (struct keeper_link){.socket = -1, .pidfd = -1}; }

static void hear(struct keeper_link *link) {
    link->heard_ns = clock_now_ns();
    link->look_ns = link->heard_ns + (uint64_t)KEEPER_LATE_MS * 1000000;
}

int keeper_link_start(struct keeper_link *link, int settings, const char *const *variables, struct err *err) {
    char path[4096];
    int ends[2];
    TRY(program_path("quern-keeper", path, sizeof path, err));
    TRY(record_pair(ends, err));
    auto_fd int ours = ends[0], its = ends[1];
    if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0 || fcntl(its, F_SETFL, O_NONBLOCK) < 0)
        return err_sys(err, REASON_INFRA, "the keeper's socket");
    const int fds[] = {its, settings};
    const char *const argv[] = {"quern-keeper", NULL};
    struct jail_spawn how = {.program = path, .argv = argv, .environ = variables, .fds = fds, .fd_count = 2};
    TRY(jail_spawn(&how, &link->pidfd, &link->pid, err));
    link->socket = steal_fd(&ours);
    hear(link);
    link->deaf = false;
    return 0;
}

void keeper_link_send(struct keeper_link *link, const struct keeper_order *order, const int *fds, size_t fd_count) {
    struct err ignored;
    if (link->socket >= 0 && record_send(link->socket, order, sizeof *order, fds, fd_count, &ignored) < 0)
        link->deaf = true;
}

static void make_safe(struct keeper_word *word) {
    word->id[sizeof word->id - 1] = '\0';
    word->token[sizeof word->token - 1] = '\0';
    word->text[sizeof word->text - 1] = '\0';
}

bool keeper_link_receive(struct keeper_link *link, struct keeper_word *ret, bool *ret_dead) {
    struct pollfd socket = {.fd = link->socket, .events = POLLIN};
    struct err ignored;
    *ret_dead = false;
    if (link->socket < 0 || poll(&socket, 1, 0) <= 0)
        return false;
    if (record_receive(link->socket, ret, sizeof *ret, NULL, 0, NULL, &ignored) <= 0) {
        *ret_dead = true;
        return false;
    }
    make_safe(ret);
    hear(link);
    return true;
}

bool keeper_link_is_stopped(const struct keeper_link *link) {
    siginfo_t info = {0};
    return link->pidfd >= 0 && waitid(P_PIDFD, (id_t)link->pidfd, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
}

void keeper_link_stop(struct keeper_link *link, int ms) {
    siginfo_t info;
    if (link->socket >= 0)
        close(steal_fd(&link->socket));
    if (link->pidfd < 0)
        return;
    struct pollfd death = {.fd = link->pidfd, .events = POLLIN};
    if (ms == 0 || poll(&death, 1, ms) <= 0)
        pidfd_send_signal(link->pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)link->pidfd, &info, WEXITED) < 0 && errno == EINTR)
        ;
    close(steal_fd(&link->pidfd));
}
