// SPDX-License-Identifier: Apache-2.0
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_memory.h"
#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "worker_link.h"

void supervisor_init(struct supervisor *supervisor, const struct environment *environment) {
    memset(supervisor, 0, sizeof *supervisor);
    segments_init(&supervisor->segments, host_memory_free("/proc", "/sys/fs/cgroup"));
    peer_init(&supervisor->codec, SUPERVISOR_PEER_CODEC, NULL);
    peer_init(&supervisor->zygote, SUPERVISOR_PEER_ZYGOTE, environment);
    supervisor->extra_fd = -1;
}

bool supervisor_has_workers(const struct supervisor *supervisor) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (supervisor->workers[i].alive)
            return true;
    return false;
}

static int free_worker(const struct supervisor *supervisor, uint32_t *ret, struct err *err) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (!supervisor->workers[i].alive) {
            *ret = i;
            return 0;
        }
    return err_set(err, REASON_INFRA, "all %u places for workers are in use", SUPERVISOR_MAX_WORKERS);
}

int supervisor_start_worker(struct supervisor *supervisor, const struct worker_start *start, uint32_t *ret_worker,
                            struct err *err) {
    char path[4096];
    int calls[2], events[2];
    uint32_t index = 0;
    TRY(free_worker(supervisor, &index, err));
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
    struct worker_link *link = &supervisor->workers[index];
    *link = (struct worker_link){.step_deadline_ns = CLOCK_NEVER,
                                 .cancel_deadline_ns = CLOCK_NEVER,
                                 .tree_deadline_ns = CLOCK_NEVER,
                                 .tree = -1,
                                 .calls = -1,
                                 .events = -1,
                                 .pidfd = -1};
    TRY(jail_spawn(&how, &link->pidfd, &link->pid, err));
    link->calls = steal_fd(&our_calls);
    link->events = steal_fd(&our_events);
    link->alive = true;
    *ret_worker = index;
    return 0;
}

void supervisor_cancel(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    if (!link->alive)
        return;
    link->cancel_deadline_ns = clock_deadline_ns(SUPERVISOR_CANCEL_GRACE_MS);
    worker_link_tell(link, SUPERVISOR_CANCEL);
}

void supervisor_kill(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    if (!link->alive)
        return;
    worker_link_kill_tree(link);
    pidfd_send_signal(link->pidfd, SIGKILL, NULL, 0);
}

// ---- deadlines ----

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_deadline(const struct supervisor *supervisor) {
    uint64_t next = supervisor->tick_ms ? supervisor->tick_ns : CLOCK_NEVER;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &supervisor->workers[i];
        if (link->alive)
            next = earlier(next,
                           earlier(link->cancel_deadline_ns, earlier(link->step_deadline_ns, link->tree_deadline_ns)));
    }
    return next;
}

static void enforce(struct supervisor *supervisor, uint32_t worker, uint64_t now) {
    struct worker_link *link = &supervisor->workers[worker];
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

static void tick(struct supervisor *supervisor, uint64_t now) {
    if (!supervisor->tick_ms || supervisor->tick_ns > now)
        return;
    supervisor->tick_ns = clock_deadline_ns(supervisor->tick_ms);
    supervisor->on_tick(supervisor->context);
}

// ---- what can become readable ----

typedef void readable_fn(struct supervisor *supervisor, uint32_t worker);

static void on_call(struct supervisor *supervisor, uint32_t worker) {
    struct err err;
    if (supervisor->workers[worker].alive && worker_link_serve(supervisor, worker, &err) < 0)
        supervisor_kill(supervisor, worker); // a worker that breaks the protocol
}

static bool take_event(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    struct event event;
    struct err ignored;
    auto_fd int fd = -1;
    size_t count = 0;
    if (link->events < 0 || record_receive(link->events, &event, sizeof event, &fd, 1, &count, &ignored) <= 0)
        return false;
    if (event.bytes <= sizeof event.text && supervisor->on_event)
        supervisor->on_event(supervisor->context, worker, &event, fd);
    return true;
}

static void on_event(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    if (!take_event(supervisor, worker) && link->events >= 0) {
        close(link->events);
        link->events = -1;
    }
}

// The events that a worker sent before it died are taken first: the last one is the manifest.
static void on_worker_death(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    siginfo_t info = {0};
    if (!link->alive || waitid(P_PIDFD, (id_t)link->pidfd, &info, WEXITED) < 0)
        return;
    while (take_event(supervisor, worker))
        ;
    link->wait_signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    link->wait_status_code = info.si_code == CLD_EXITED ? info.si_status : -1;
    worker_link_bury(supervisor, worker);
}

// Whoever was polled may have been replaced since, in the same turn, by a worker's call.
static bool has_news(const struct peer *peer) {
    struct pollfd supervisor = {.fd = peer->supervisor, .events = POLLIN};
    return poll(&supervisor, 1, 0) > 0;
}

static void on_zygote(struct supervisor *supervisor, uint32_t worker) {
    (void)worker;
    struct peer *zygote = &supervisor->zygote;
    struct err err = {0};
    if (!has_news(zygote))
        return;
    if (zygote->state == PEER_COMING && peer_ready(zygote, &err) == 0) {
        worker_link_zygote_turned(supervisor, NULL);
        return;
    }
    if (!err.reason)
        err_set(&err, REASON_INFRA, "environment %s: quern-python died", zygote->environment->name);
    peer_stop(zygote);
    worker_link_zygote_turned(supervisor, &err);
}

static void on_codec(struct supervisor *supervisor, uint32_t worker) {
    (void)worker;
    if (has_news(&supervisor->codec))
        peer_stop(&supervisor->codec);
}

static void on_extra(struct supervisor *supervisor, uint32_t worker) {
    (void)worker;
    supervisor->on_extra(supervisor->context);
}

struct watched {
    struct pollfd polls[SUPERVISOR_MAX_WORKERS * 3 + 3];
    readable_fn *readable[SUPERVISOR_MAX_WORKERS * 3 + 3];
    uint32_t worker[SUPERVISOR_MAX_WORKERS * 3 + 3];
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

static void watch_all(const struct supervisor *supervisor, struct watched *watched) {
    watched->count = 0;
    watch(watched, supervisor->extra_fd, on_extra, 0);
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &supervisor->workers[i];
        if (!link->alive)
            continue;
        watch(watched, link->events, on_event, i);
        watch(watched, link->calls, on_call, i);
        watch(watched, link->pidfd, on_worker_death, i);
    }
    watch(watched, supervisor->zygote.supervisor, on_zygote, 0);
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
    tick(supervisor, now);
    return 0;
}

void supervisor_done(struct supervisor *supervisor) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        supervisor_kill(supervisor, i);
        on_worker_death(supervisor, i);
    }
    peer_stop(&supervisor->zygote);
    peer_stop(&supervisor->codec);
    segments_done(&supervisor->segments);
}
