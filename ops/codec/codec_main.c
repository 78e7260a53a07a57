// SPDX-License-Identifier: Apache-2.0
// quern-codec. This process stays clean: one thread, no foreign byte is ever looked at here, only fixed records are
// received and children forked, one per request, in which everything happens (codec_serve.c).
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "codec_children.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "quern/record.h"

enum { POLL_SUPERVISOR, POLL_SIGNALS, POLL_REQUESTS, POLL_COUNT };

// Children that end are told by a descriptor, so that one poll waits for everything.
static int open_signals(struct err *err) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return err_sys(err, REASON_INFRA, "blocking SIGCHLD");
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? err_sys(err, REASON_INFRA, "signalfd") : fd;
}

static void drain(int signals) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) > 0)
        continue;
}

// One descriptor per child stays open, and up to RECORD_MAX_FDS arrive at once.
static void raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// A record of another form has no reply socket that could be trusted: it is dropped. Returns false at end of file.
static int take_request(struct codec_children *children, bool *ret_open, struct err *err) {
    struct codec_request request;
    int fds[RECORD_MAX_FDS];
    size_t count;
    int got = record_receive(CODEC_FD_REQUESTS, &request, sizeof request, fds, RECORD_MAX_FDS, &count, err);
    *ret_open = got != 0;
    if (got < 0)
        return err->reason == REASON_BUG ? 0 : -1;
    if (got > 0 && count > 0)
        codec_children_start(children, &request, fds, count);
    return 0;
}

static int serve(int signals, struct err *err) {
    struct codec_children children = {0};
    bool open = true;
    while (open || children.count > 0) {
        bool room = open && children.count < CODEC_MAX_CHILDREN;
        struct pollfd polled[POLL_COUNT] = {
            [POLL_SUPERVISOR] = {.fd = CODEC_FD_SUPERVISOR, .events = POLLIN},
            [POLL_SIGNALS] = {.fd = signals, .events = POLLIN},
            [POLL_REQUESTS] = {.fd = room ? CODEC_FD_REQUESTS : -1, .events = POLLIN},
        };
        if (poll(polled, POLL_COUNT, -1) < 0) {
            if (errno == EINTR)
                continue;
            return err_sys(err, REASON_INFRA, "poll");
        }
        if (polled[POLL_SUPERVISOR].revents)
            return 0;
        if (polled[POLL_SIGNALS].revents) {
            drain(signals);
            codec_children_reap(&children);
        }
        if (polled[POLL_REQUESTS].revents)
            TRY(take_request(&children, &open, err));
    }
    return 0;
}

static int run(struct err *err) {
    TRY(jail_die_with_parent(err));
    raise_open_files();
    auto_fd int signals = open_signals(err);
    TRY(signals);
    return serve(signals, err);
}

int main(void) {
    struct err err;
    if (run(&err) == 0)
        return 0;
    fprintf(stderr, "quern-codec: %s\n", err.msg);
    return err_exit_code(&err);
}
