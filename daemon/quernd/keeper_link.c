// SPDX-License-Identifier: Apache-2.0
#include "keeper_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/supervisor/peers.h"
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

// ---- orders ----

static bool send_now(const struct keeper_link *link, const struct keeper_order *order, const int *fds, size_t count) {
    struct err ignored;
    return link->socket >= 0 && record_send(link->socket, order, sizeof *order, fds, count, &ignored) == 0;
}

void keeper_link_flush(struct keeper_link *link) {
    uint32_t sent = 0;
    while (sent < link->waiting && send_now(link, &link->backlog[sent], NULL, 0))
        sent++;
    link->waiting -= sent;
    if (sent)
        memmove(link->backlog, link->backlog + sent, link->waiting * sizeof *link->backlog);
}

static bool keep(struct keeper_link *link, const struct keeper_order *order) {
    if (!link->backlog)
        link->backlog = calloc(KEEPER_LINK_BACKLOG, sizeof *link->backlog);
    if (!link->backlog || link->waiting == KEEPER_LINK_BACKLOG)
        return false;
    link->backlog[link->waiting++] = *order;
    return true;
}

// The next keeper is told all that counts anew, but for this: nobody else knows it any more.
static bool outlives_the_keeper(const struct keeper_order *order) { return order->kind == KEEPER_LOST; }

void keeper_link_send(struct keeper_link *link, const struct keeper_order *order, const int *fds, size_t fd_count) {
    if (link->socket < 0 && !outlives_the_keeper(order))
        return;
    keeper_link_flush(link);
    if (link->waiting == 0 && send_now(link, order, fds, fd_count))
        return;
    if (fd_count)
        link->stale |= UINT64_C(1) << order->worker;
    else
        link->deaf = !keep(link, order) || link->deaf;
}

uint64_t keeper_link_take_stale(struct keeper_link *link) {
    keeper_link_flush(link);
    uint64_t stale = link->waiting ? 0 : link->stale;
    link->stale &= ~stale;
    return stale;
}

static void forget_orders(struct keeper_link *link) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < link->waiting; i++)
        if (outlives_the_keeper(&link->backlog[i]))
            link->backlog[kept++] = link->backlog[i];
    link->waiting = kept;
    link->stale = 0;
}

// ---- words ----

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
    keeper_link_flush(link);
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
    forget_orders(link);
    if (link->pidfd < 0)
        return;
    struct pollfd death = {.fd = link->pidfd, .events = POLLIN};
    if (ms == 0 || poll(&death, 1, ms) <= 0)
        pidfd_send_signal(link->pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)link->pidfd, &info, WEXITED) < 0 && errno == EINTR)
        ;
    close(steal_fd(&link->pidfd));
}

void keeper_link_done(struct keeper_link *link) {
    free(link->backlog);
    keeper_link_init(link);
}
