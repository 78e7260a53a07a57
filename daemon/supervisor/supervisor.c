// SPDX-License-Identifier: Apache-2.0
#include "supervisor.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grants.h"
#include "host_memory.h"
#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "renewal.h"
#include "worker_link.h"

void supervisor_init(struct supervisor *supervisor, const struct supervisor_hooks *hooks, void *context,
                     uint64_t budget_bytes) {
    memset(supervisor, 0, sizeof *supervisor);
    segments_init(&supervisor->segments, budget_bytes ? budget_bytes : host_memory_free("/proc", "/sys/fs/cgroup"));
    cgroups_open(&supervisor->cgroups, CGROUPS_ROOT);
    peer_init(&supervisor->codec, SUPERVISOR_PEER_CODEC, NULL);
    supervisor->cancel_grace_ms = SUPERVISOR_CANCEL_GRACE_MS;
    supervisor->hooks = hooks;
    supervisor->context = context;
    supervisor->alarm_ns = CLOCK_NEVER;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WATCHES; i++)
        supervisor->watches[i].fd = -1;
}

struct peer *supervisor_offer(struct supervisor *supervisor, const struct environment *environment) {
    if (supervisor->zygote_count == SUPERVISOR_MAX_ENVIRONMENTS)
        return NULL;
    struct renewal *renewal = &supervisor->renewals[supervisor->zygote_count];
    struct peer *zygote = &supervisor->zygotes[supervisor->zygote_count++];
    peer_init(zygote, SUPERVISOR_PEER_ZYGOTE, environment);
    if (cgroups_are_there(&supervisor->cgroups))
        zygote->bound = JAIL_BOUND_CGROUP;
    peer_like(&renewal->successor, zygote);
    peer_like(&renewal->retired, zygote);
    return zygote;
}

void supervisor_watch(struct supervisor *supervisor, int fd, void (*readable)(void *context)) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WATCHES; i++)
        if (supervisor->watches[i].fd < 0) {
            supervisor->watches[i] = (struct supervisor_watch){.fd = fd, .readable = readable};
            return;
        }
    assert(false && "there is a place for everything that is watched");
}

void supervisor_unwatch(struct supervisor *supervisor, int fd) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WATCHES; i++)
        if (supervisor->watches[i].fd == fd)
            supervisor->watches[i].fd = -1;
}

bool supervisor_has_workers(const struct supervisor *supervisor) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (supervisor->workers[i].alive)
            return true;
    return false;
}

int supervisor_place(const struct supervisor *supervisor, uint32_t *ret, struct err *err) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (!supervisor->workers[i].alive) {
            *ret = i;
            return 0;
        }
    return err_set(err, REASON_INFRA, "all %u places for workers are in use", SUPERVISOR_MAX_WORKERS);
}

int supervisor_start_worker(struct supervisor *supervisor, const struct worker_start *start, uint32_t worker,
                            struct err *err) {
    char path[4096];
    int calls[2], events[2];
    TRY(program_path("quern-worker", path, sizeof path, err));
    TRY(record_pair(calls, err));
    auto_fd int our_calls = calls[0], its_calls = calls[1];
    TRY(record_pair(events, err));
    auto_fd int our_events = events[0], its_events = events[1];
    int fds[6] = {its_calls, its_events, start->job};
    if (start->stdio)
        memcpy(fds + 3, start->stdio, 3 * sizeof *fds);
    struct jail_spawn how = {
        .program = path, .argv = start->argv, .environ = start->environ, .fds = fds, .fd_count = start->stdio ? 6 : 3};
    struct worker_link *link = &supervisor->workers[worker];
    *link = (struct worker_link){.step_deadline_ns = CLOCK_NEVER,
                                 .cancel_deadline_ns = CLOCK_NEVER,
                                 .tree_deadline_ns = CLOCK_NEVER,
                                 .wait_ends_ns = CLOCK_NEVER,
                                 .tree = -1,
                                 .group = -1,
                                 .calls = -1,
                                 .events = -1,
                                 .pidfd = -1};
    TRY(jail_spawn(&how, &link->pidfd, &link->pid, err));
    link->calls = steal_fd(&our_calls);
    link->events = steal_fd(&our_events);
    link->alive = true;
    return 0;
}

void supervisor_let_claim(struct supervisor *supervisor, uint32_t worker, uint32_t queue) {
    worker_link_let_claim(&supervisor->workers[worker], queue);
    if (supervisor->latest) // the next job is most likely one of the same environment
        peer_expect(supervisor->latest);
}

void supervisor_dismiss(struct supervisor *supervisor, uint32_t worker) {
    worker_link_dismiss(&supervisor->workers[worker]);
}

void supervisor_end_job(struct supervisor *supervisor, uint32_t worker, enum supervisor_reply_kind how) {
    struct worker_link *link = &supervisor->workers[worker];
    if (!link->alive || link->dead || link->told)
        return;
    link->told = true;
    link->cancel_deadline_ns = clock_deadline_ns(supervisor->cancel_grace_ms);
    worker_link_tell(link, how);
    grants_end(supervisor, worker);
}

void supervisor_kill(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    if (!link->alive || link->dead)
        return;
    worker_link_kill_tree(link);
    pidfd_send_signal(link->pidfd, SIGKILL, NULL, 0);
}

// ---- deadlines ----

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_deadline(const struct supervisor *supervisor) {
    uint64_t next = supervisor->alarm_ns;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &supervisor->workers[i];
        if (!link->alive)
            continue;
        next = earlier(next, earlier(link->cancel_deadline_ns, link->step_deadline_ns));
        next = earlier(next, earlier(link->tree_deadline_ns, link->dead ? CLOCK_NEVER : grants_next_ns(link)));
    }
    return next;
}

static void bury(struct supervisor *supervisor, uint32_t worker) {
    worker_link_bury(supervisor, worker);
    if (supervisor->hooks->on_death)
        supervisor->hooks->on_death(supervisor->context, worker);
}

static void enforce(struct supervisor *supervisor, uint32_t worker, uint64_t now) {
    struct worker_link *link = &supervisor->workers[worker];
    if (link->dead) {
        if (link->tree_deadline_ns <= now)
            bury(supervisor, worker);
        return;
    }
    if (link->tree_deadline_ns <= now) {
        link->tree_deadline_ns = CLOCK_NEVER;
        worker_link_kill_tree(link);
        worker_link_tell(link, SUPERVISOR_TREE_EXPIRED);
    }
    if (link->step_deadline_ns <= now || link->cancel_deadline_ns <= now) {
        link->overstayed = link->step_deadline_ns <= now;
        link->step_deadline_ns = link->cancel_deadline_ns = CLOCK_NEVER;
        supervisor_kill(supervisor, worker);
    }
}

// ---- what can become readable ----

typedef void readable_fn(struct supervisor *supervisor, uint32_t worker);

static bool take_event(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    struct event event;
    struct err ignored;
    auto_fd int fd = -1;
    size_t count = 0;
    if (link->events < 0 || record_receive(link->events, &event, sizeof event, &fd, 1, &count, &ignored) <= 0)
        return false;
    if (event.bytes <= sizeof event.text)
        supervisor->hooks->on_event(supervisor->context, worker, &event, fd);
    return true;
}

static void on_event(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    if (!take_event(supervisor, worker) && link->events >= 0) {
        close(link->events);
        link->events = -1;
    }
}

// What a worker told before it asks is heard before it is answered.
static void on_call(struct supervisor *supervisor, uint32_t worker) {
    const struct worker_link *link = &supervisor->workers[worker];
    struct err err;
    if (!link->alive || link->dead || link->calls < 0)
        return;
    struct pollfd events = {.fd = link->events, .events = POLLIN};
    while (link->events >= 0 && poll(&events, 1, 0) > 0)
        on_event(supervisor, worker);
    if (worker_link_serve(supervisor, worker, &err) < 0)
        supervisor_kill(supervisor, worker); // a worker that breaks the protocol
}

// Its events first: the last one is the manifest. Then its calls, whose answers nobody hears: they may tell of a tree, which is
// ours to kill, or that its job is done.
static void hear_out(struct supervisor *supervisor, uint32_t worker) {
    const struct worker_link *link = &supervisor->workers[worker];
    struct err ignored;
    while (take_event(supervisor, worker))
        ;
    struct pollfd calls = {.fd = link->calls, .events = POLLIN};
    while (link->calls >= 0 && poll(&calls, 1, 0) > 0)
        if (worker_link_serve(supervisor, worker, &ignored) < 0)
            return;
}

static void on_worker_death(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    siginfo_t info = {0};
    if (!link->alive || link->dead || waitid(P_PIDFD, (id_t)link->pidfd, &info, WEXITED) < 0)
        return;
    hear_out(supervisor, worker);
    link->wait_signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    link->wait_status_code = info.si_code == CLD_EXITED ? info.si_status : -1;
    link->dead = true;
    link->step_deadline_ns = link->cancel_deadline_ns = CLOCK_NEVER;
    link->tree_deadline_ns = clock_deadline_ns(SUPERVISOR_TREE_DEATH_MS);
    worker_link_kill_tree(link);
    if (link->tree < 0)
        bury(supervisor, worker);
}

static void on_tree_death(struct supervisor *supervisor, uint32_t worker) {
    const struct worker_link *link = &supervisor->workers[worker];
    if (link->alive && link->dead)
        bury(supervisor, worker);
}

// Whoever was polled may have been replaced since, in the same turn, by a worker's call.
static bool has_news(const struct peer *peer) {
    struct pollfd supervisor = {.fd = peer->supervisor, .events = POLLIN};
    return poll(&supervisor, 1, 0) > 0;
}

static void tell_turned(struct supervisor *supervisor, struct peer *zygote, const struct err *failure) {
    worker_link_zygote_turned(supervisor, zygote, failure);
    if (supervisor->hooks->on_zygote)
        supervisor->hooks->on_zygote(supervisor->context, zygote, failure);
}

// Groups of standby children that nobody got.
static void sweep(const struct supervisor *supervisor) {
    pid_t kept[SUPERVISOR_MAX_WORKERS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (supervisor->workers[i].alive && supervisor->workers[i].group_pid)
            kept[count++] = supervisor->workers[i].group_pid;
    cgroups_sweep(&supervisor->cgroups, kept, count);
}

// Ahead of its job, for that takes time. What does not work now is tried again, and told, when it has one. 0: the zygote
// said nothing: it is dead.
static int admit_standby(const struct supervisor *supervisor, const struct peer *zygote) {
    struct host_born born;
    struct err ignored;
    auto_fd int child = -1;
    size_t count = 0;
    int got = record_receive(zygote->supervisor, &born, sizeof born, &child, 1, &count, &ignored);
    if (got <= 0 || child < 0 || !cgroups_are_there(&supervisor->cgroups))
        return got;
    sweep(supervisor);
    (void)!cgroups_admit(&supervisor->cgroups, child, &ignored);
    return got;
}

static void on_zygote(struct supervisor *supervisor, uint32_t index) {
    struct peer *zygote = &supervisor->zygotes[index];
    struct err err = {0};
    if (!has_news(zygote))
        return;
    if (zygote->state == PEER_COMING && peer_ready(zygote, &err) == 0) {
        tell_turned(supervisor, zygote, NULL);
        return;
    }
    if (zygote->state == PEER_UP && admit_standby(supervisor, zygote) > 0)
        return;
    if (!err.reason)
        err_set(&err, REASON_INFRA, "environment %s: quern-python died", zygote->environment->name);
    peer_stop(zygote);
    sweep(supervisor);
    tell_turned(supervisor, zygote, &err);
}

static void on_successor(struct supervisor *supervisor, uint32_t environment) {
    struct err err;
    if (!has_news(&supervisor->renewals[environment].successor))
        return;
    int renewed = renewal_turn(supervisor, environment, &err);
    if (renewed == 0)
        tell_turned(supervisor, &supervisor->zygotes[environment], NULL);
    if (supervisor->hooks->on_renewal)
        supervisor->hooks->on_renewal(supervisor->context, environment, renewed < 0 ? &err : NULL);
}

static void on_retired(struct supervisor *supervisor, uint32_t environment) {
    if (has_news(&supervisor->renewals[environment].retired))
        renewal_bury(supervisor, environment);
}

static void on_codec(struct supervisor *supervisor, uint32_t worker) {
    (void)worker;
    if (has_news(&supervisor->codec))
        peer_stop(&supervisor->codec);
}

static void on_watched(struct supervisor *supervisor, uint32_t index) {
    if (supervisor->watches[index].fd >= 0)
        supervisor->watches[index].readable(supervisor->context);
}

enum { WATCHED = SUPERVISOR_MAX_WORKERS * 3 + SUPERVISOR_MAX_ENVIRONMENTS * 3 + SUPERVISOR_MAX_WATCHES + 1 };

struct watched {
    struct pollfd polls[WATCHED];
    readable_fn *readable[WATCHED];
    uint32_t worker[WATCHED];
    nfds_t count;
};

static void watch(struct watched *watched, int fd, readable_fn *readable, uint32_t worker) {
    if (fd < 0)
        return;
    watched->polls[watched->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    watched->readable[watched->count] = readable;
    watched->worker[watched->count] = worker;
    watched->count++;
}

static void watch_worker(const struct worker_link *link, struct watched *watched, uint32_t index) {
    if (!link->alive)
        return;
    if (link->dead) {
        watch(watched, link->tree, on_tree_death, index);
        return;
    }
    watch(watched, link->events, on_event, index);
    watch(watched, link->calls, on_call, index);
    watch(watched, link->pidfd, on_worker_death, index);
}

static void watch_all(const struct supervisor *supervisor, struct watched *watched) {
    watched->count = 0;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WATCHES; i++)
        watch(watched, supervisor->watches[i].fd, on_watched, i);
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        watch_worker(&supervisor->workers[i], watched, i);
    for (uint32_t i = 0; i < supervisor->zygote_count; i++) {
        watch(watched, supervisor->zygotes[i].supervisor, on_zygote, i);
        watch(watched, supervisor->renewals[i].successor.supervisor, on_successor, i);
        watch(watched, supervisor->renewals[i].retired.supervisor, on_retired, i);
    }
    watch(watched, supervisor->codec.supervisor, on_codec, 0);
}

int supervisor_turn(struct supervisor *supervisor, struct err *err) {
    struct watched watched;
    watch_all(supervisor, &watched);
    int ready = poll(watched.polls, watched.count, clock_poll_ms(next_deadline(supervisor)));
    if (ready < 0 && errno != EINTR)
        return err_sys(err, REASON_BUG, "the supervisor's poll");
    for (nfds_t i = 0; ready > 0 && i < watched.count; i++)
        if (watched.polls[i].revents)
            watched.readable[i](supervisor, watched.worker[i]);
    uint64_t now = clock_now_ns();
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (supervisor->workers[i].alive)
            enforce(supervisor, i, now);
    grants_retry(supervisor);
    return 0;
}

void supervisor_done(struct supervisor *supervisor) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        supervisor_kill(supervisor, i);
        on_worker_death(supervisor, i);
        if (supervisor->workers[i].alive)
            worker_link_bury(supervisor, i);
    }
    for (uint32_t i = 0; i < supervisor->zygote_count; i++) {
        peer_stop(&supervisor->zygotes[i]);
        renewal_done(supervisor, i);
    }
    peer_stop(&supervisor->codec);
    cgroups_close(&supervisor->cgroups);
    segments_done(&supervisor->segments);
}
