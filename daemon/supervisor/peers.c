// SPDX-License-Identifier: Apache-2.0
#include "peers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"

void peer_init(struct peer *peer, enum supervisor_peer kind, const struct environment *environment) {
    *peer = (struct peer){
        .kind = kind, .environment = environment, .requests = -1, .supervisor = -1, .hold = -1, .pidfd = -1};
}

void peer_like(struct peer *ret, const struct peer *peer) {
    peer_init(ret, peer->kind, peer->environment);
    ret->host = peer->host;
    ret->require = peer->require;
    ret->bound = peer->bound;
    ret->standby = peer->standby;
    ret->renew_jobs = peer->renew_jobs;
    ret->renew_ms = peer->renew_ms;
}

static const char *peer_program(const struct peer *peer) {
    return peer->kind == SUPERVISOR_PEER_CODEC ? "quern-codec" : "quern-python";
}

static const char *zygote_option(const struct peer *peer, char standby[32]) {
    snprintf(standby, 32, "--standby=%u", peer->standby);
    return peer->lint ? "--lint" : peer->once ? "--once" : standby;
}

// Work directories may be large: never XDG_RUNTIME_DIR, which is memory of the user's session.
static const char *work_base(void) {
    const char *base = getenv("TMPDIR");
    return base && base[0] == '/' ? base : "/tmp";
}

// Where the machine gives no namespaces the program stands apart without: what it then makes of itself is a level of the jail
// (minimal), told and required like any other.
static int spawn_somehow(struct peer *peer, struct jail_spawn *how, const char **room, const char *base,
                         struct err *err) {
    struct err why;
    if (jail_spawn(how, &peer->pidfd, &peer->pid, &why) == 0)
        return 0;
    if (!jail_refused_namespaces(&why)) {
        *err = why;
        return -1;
    }
    how->isolate = false;
    how->apart = peer->apart = true;
    if (peer->environment)
        *room = base;
    return jail_spawn(how, &peer->pidfd, &peer->pid, err);
}

static int spawn(struct peer *peer, const int *fds, uint32_t fd_count, struct err *err) {
    char path[4096], standby[32], base[4096];
    TRY(program_path(peer_program(peer), path, sizeof path, err));
    const char *name = peer->environment ? peer->environment->name : NULL;
    if (snprintf(base, sizeof base, "--work-base=%s", work_base()) >= (int)sizeof base)
        return err_set(err, REASON_CONFIG, "TMPDIR: the name is too long");
    const char *argv[] = {peer_program(peer), name, zygote_option(peer, standby), NULL, NULL, NULL};
    const char **rest = &argv[3];
    if (peer->bound == JAIL_BOUND_CGROUP)
        *rest++ = "--grouped";
    const char *none[] = {NULL};
    struct jail_spawn how = {.program = path,
                             .argv = argv,
                             .environ = none,
                             .fds = fds,
                             .fd_count = fd_count,
                             .isolate = true,
                             .network_open = peer->environment && peer->environment->network_open};
    return spawn_somehow(peer, &how, rest, base, err);
}

// The ends that the program gets are closed here in any case; ours are kept only when it runs.
int peer_start(struct peer *peer, struct err *err) {
    int requests[2], supervisor[2];
    TRY(record_pair(requests, err));
    auto_fd int our_requests = requests[0], its_requests = requests[1];
    TRY(record_pair(supervisor, err));
    auto_fd int our_supervisor = supervisor[0], its_supervisor = supervisor[1];
    auto_fd int descriptor = -1, hold = -1;
    if (peer->environment) {
        TRY(environment_hold(peer->environment, &hold, err));
        TRY(environment_write(peer->environment, &descriptor, err));
    }
    const int fds[] = {its_requests, its_supervisor, descriptor};
    TRY(spawn(peer, fds, peer->environment ? 3 : 2, err));
    peer->requests = steal_fd(&our_requests);
    peer->supervisor = steal_fd(&our_supervisor);
    peer->hold = steal_fd(&hold);
    peer->born_ns = clock_now_ns();
    peer->jobs = 0;
    peer->state = peer->kind == SUPERVISOR_PEER_CODEC ? PEER_UP : PEER_COMING;
    return 0;
}

int peer_meets(const struct peer *peer, struct err *err) {
    struct err why;
    if (peer->ready.version == 0 || jail_meets(&peer->ready.facts, &peer->require, &why) == 0)
        return 0;
    return err_set(err, (enum reason)why.reason, "environment %s: %s", peer->environment->name, why.msg);
}

int peer_ready(struct peer *peer, struct err *err) {
    struct host_ready ready;
    int got = record_receive(peer->supervisor, &ready, sizeof ready, NULL, 0, NULL, err);
    TRY(got);
    const char *name = peer->environment ? peer->environment->name : "?";
    if (got == 0)
        return err_set(err, REASON_INFRA, "environment %s: quern-python died while it started", name);
    err_distrust(&ready.err);
    if (ready.err.reason) {
        *err = ready.err;
        return -1;
    }
    if (ready.version != HOST_VERSION)
        return err_set(err, REASON_CONFIG, "environment %s: expected quern-python of version %u, found %u", name,
                       HOST_VERSION, ready.version);
    ready.python[sizeof ready.python - 1] = '\0';
    ready.pandas[sizeof ready.pandas - 1] = '\0';
    if (ready.facts.bound < peer->bound)
        ready.facts.bound = peer->bound;
    peer->ready = ready;
    TRY(peer_meets(peer, err));
    peer->state = PEER_UP;
    return 0;
}

void peer_expect(const struct peer *peer) {
    const struct host_spawn perhaps = {.version = HOST_VERSION, .when = HOST_PERHAPS};
    struct err ignored;
    if (peer->state == PEER_UP && peer->standby > 0)
        (void)!record_post(peer->requests, &perhaps, sizeof perhaps, NULL, 0, &ignored);
}

bool peer_listens(const struct peer *peer) {
    struct pollfd requests = {.fd = peer->requests};
    return peer->state != PEER_DOWN && poll(&requests, 1, 0) == 0;
}

void peer_stop(struct peer *peer) {
    if (peer->state == PEER_DOWN)
        return;
    pidfd_send_signal(peer->pidfd, SIGKILL, NULL, 0);
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)peer->pidfd, &info, WEXITED) < 0 && errno == EINTR)
        ;
    own_close(&peer->requests);
    own_close(&peer->supervisor);
    own_close(&peer->hold);
    own_close(&peer->pidfd);
    if (peer->apart && peer->environment)
        jail_sweep(work_base());
    peer->state = PEER_DOWN;
}
