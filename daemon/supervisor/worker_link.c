// SPDX-License-Identifier: Apache-2.0
#include "worker_exchange.h"

#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "grants.h"
#include "host_memory.h"
#include "quern/clock.h"
#include "quern/own.h"

static void add_fd(struct exchange *exchange, int fd) { exchange->reply_fds[exchange->reply_fd_count++] = fd; }

void worker_link_kill_tree(struct worker_link *link) {
    if (link->tree >= 0)
        pidfd_send_signal(link->tree, SIGKILL, NULL, 0);
    if (link->group >= 0)
        cgroup_kill(link->group);
}

// A worker that is gone gets no answer; its pidfd tells.
void worker_link_reply(struct worker_link *link, const struct supervisor_reply *reply, const int *fds, size_t count) {
    struct err ignored;
    if (record_send(link->calls, reply, sizeof *reply, fds, count, &ignored) < 0)
        worker_link_kill_tree(link);
}

void worker_link_tell(struct worker_link *link, enum supervisor_reply_kind kind) {
    struct supervisor_reply reply = {.kind = kind};
    worker_link_reply(link, &reply, NULL, 0);
}

static int serve_step(struct exchange *exchange, struct err *err) {
    if (exchange->call->step >= STEP_COUNT)
        return err_set(err, REASON_BUG, "step %u does not exist", exchange->call->step);
    exchange->link->step = (enum step)exchange->call->step;
    exchange->link->step_deadline_ns = clock_deadline_ns(exchange->call->deadline_ms);
    exchange->link->wait_ends_ns = clock_deadline_ns(exchange->call->deadline_ms / 2);
    if (exchange->link->turn == WORKER_HOLDS)
        exchange->supervisor->hooks->on_hold(exchange->supervisor->context, exchange->worker, false);
    return 0;
}

static void reply_with_zygote(struct supervisor_reply *reply, const struct peer *zygote) {
    reply->profile = zygote->ready.profile;
    reply->facts = zygote->ready.facts;
    reply->limits = (struct limits_layers){zygote->environment->limits, zygote->host};
    memcpy(reply->python, zygote->ready.python, sizeof reply->python);
    memcpy(reply->pandas, zygote->ready.pandas, sizeof reply->pandas);
}

static struct peer *find_peer(struct exchange *exchange) {
    struct supervisor *supervisor = exchange->supervisor;
    if (exchange->call->peer == SUPERVISOR_PEER_CODEC)
        return &supervisor->codec;
    for (uint32_t i = 0; i < supervisor->zygote_count; i++)
        if (strncmp(exchange->call->environment, supervisor->zygotes[i].environment->name, ENVIRONMENT_NAME_BYTES) == 0)
            return &supervisor->zygotes[i];
    return NULL;
}

static int serve_connect(struct exchange *exchange, struct err *err) {
    struct peer *peer = find_peer(exchange);
    if (!peer)
        return err_set(err, REASON_CONFIG, "environment %.64s: not known on this host", exchange->call->environment);
    if (!peer_listens(peer)) {
        peer_stop(peer);
        TRY(peer_start(peer, err));
    }
    peer->jobs++;
    if (peer->environment)
        exchange->supervisor->latest = peer;
    if (peer->environment && peer->environment->network_open)
        exchange->link->open_network = true;
    if (peer->state == PEER_COMING) {
        exchange->link->awaits = peer;
        exchange->deferred = true;
        return 0;
    }
    if (peer->environment)
        reply_with_zygote(&exchange->reply, peer);
    add_fd(exchange, peer->requests);
    return 0;
}

static int reserve(struct exchange *exchange, struct err *err) {
    struct segments *segments = &exchange->supervisor->segments;
    const struct worker_link *link = exchange->link;
    segments->free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    exchange->reply.count = link->reserved_count;
    for (uint32_t i = 0; i < link->reserved_count; i++) {
        enum supervisor_segment_state state = SUPERVISOR_LOAD;
        int fd = -1;
        TRY(segments_reserve(segments, exchange->worker, &link->reserved[i], &state, &fd, err));
        exchange->reply.states[i] = state;
        if (state == SUPERVISOR_HIT)
            add_fd(exchange, fd);
    }
    exchange->reply.available = segments_most(segments, exchange->worker);
    return 0;
}

static int serve_reserve(struct exchange *exchange, struct err *err) {
    const struct supervisor_call *call = exchange->call;
    if (call->count > SUPERVISOR_MAX_KEYS)
        return err_set(err, REASON_BUG, "%u keys are more than %u", call->count, SUPERVISOR_MAX_KEYS);
    for (uint32_t i = 0; i < call->count; i++)
        if (!memchr(call->keys[i].text, 0, sizeof call->keys[i].text))
            return err_set(err, REASON_BUG, "key %u is not terminated", i);
    exchange->link->reserved_count = call->count;
    memcpy(exchange->link->reserved, call->keys, sizeof call->keys);
    exchange->deferred = grants_hold_back(exchange->supervisor, exchange->worker);
    return exchange->deferred ? 0 : reserve(exchange, err);
}

void worker_link_reserve(struct supervisor *supervisor, uint32_t worker) {
    struct exchange exchange = {.supervisor = supervisor,
                                .worker = worker,
                                .link = &supervisor->workers[worker],
                                .reply = {.kind = SUPERVISOR_REPLY}};
    if (reserve(&exchange, &exchange.reply.err) < 0)
        exchange.reply_fd_count = 0;
    worker_link_reply(exchange.link, &exchange.reply, exchange.reply_fds, exchange.reply_fd_count);
}

static int serve_grant(struct exchange *exchange, struct err *err) {
    int fd = -1;
    TRY(grants_ask(exchange->supervisor, exchange->worker, &exchange->call->keys[0], exchange->call->bytes, &fd, err));
    if (fd >= 0)
        add_fd(exchange, fd);
    else
        exchange->deferred = true;
    return 0;
}

// Tells each worker in `waiters` what became of the key it waits for.
static void tell_waiters(struct supervisor *supervisor, uint64_t waiters, const struct supervisor_key *key,
                         enum supervisor_segment_state state, int fd) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        struct worker_link *link = &supervisor->workers[i];
        if (!(waiters >> i & 1) || !link->alive)
            continue;
        struct supervisor_reply reply = {.kind = SUPERVISOR_SEGMENT_TURN, .count = 1, .states = {state}};
        for (uint32_t k = 0; k < link->reserved_count; k++)
            if (strcmp(link->reserved[k].text, key->text) == 0)
                reply.index = k;
        worker_link_reply(link, &reply, &fd, fd >= 0 ? 1 : 0);
    }
}

static int serve_publish(struct exchange *exchange, struct err *err) {
    int fd = -1;
    uint64_t waiters = 0;
    TRY(segments_publish(&exchange->supervisor->segments, exchange->worker, &exchange->call->keys[0],
                         steal_fd(&exchange->fd), &fd, &waiters, err));
    exchange->supervisor->segments.decodes++;
    tell_waiters(exchange->supervisor, waiters & ~(UINT64_C(1) << exchange->worker), &exchange->call->keys[0],
                 SUPERVISOR_HIT, fd);
    add_fd(exchange, fd);
    return 0;
}

static int abandon(struct supervisor *supervisor, uint32_t worker, const struct supervisor_key *key, struct err *err) {
    uint32_t next = UINT32_MAX;
    TRY(segments_abandon(&supervisor->segments, worker, key, &next, err));
    if (next != UINT32_MAX)
        tell_waiters(supervisor, UINT64_C(1) << next, key, SUPERVISOR_LOAD, -1);
    return 0;
}

static int serve_abandon(struct exchange *exchange, struct err *err) {
    return abandon(exchange->supervisor, exchange->worker, &exchange->call->keys[0], err);
}

static int serve_keep(struct exchange *exchange, struct err *err) {
    if (exchange->fd < 0)
        return err_set(err, REASON_BUG, "KEEP came without a descriptor");
    return segments_keep(&exchange->supervisor->segments, exchange->worker, &exchange->call->keys[0],
                         steal_fd(&exchange->fd), err);
}

void worker_link_drop_segments(struct supervisor *supervisor, uint32_t worker) {
    const struct supervisor_key *loading;
    struct err ignored;
    supervisor->workers[worker].wait = WAIT_NONE;
    while ((loading = segments_loading(&supervisor->segments, worker))) {
        struct supervisor_key key = *loading;
        if (abandon(supervisor, worker, &key, &ignored) < 0)
            break;
    }
    segments_release(&supervisor->segments, worker);
}

static int serve_release(struct exchange *exchange, struct err *err) {
    (void)err;
    segments_release(&exchange->supervisor->segments, exchange->worker);
    return 0;
}

static void forget_tree(struct supervisor *supervisor, struct worker_link *link) {
    own_close(&link->tree);
    link->tree_deadline_ns = CLOCK_NEVER;
    own_close(&link->group);
    if (link->group_pid)
        cgroups_drop(&supervisor->cgroups, link->group_pid);
    link->group_pid = 0;
}

static int bind_tree(struct exchange *exchange, struct err *err) {
    const struct cgroups *cgroups = &exchange->supervisor->cgroups;
    struct worker_link *link = exchange->link;
    if (!cgroups_are_there(cgroups))
        return 0;
    if (exchange->second < 0)
        return err_set(err, REASON_BUG, "WATCH came without the child");
    TRY(jail_limits_check(&exchange->call->limits, err));
    TRY(cgroups_bind(cgroups, exchange->second, &exchange->call->limits, &link->group, &link->group_pid, err));
    if (link->group >= 0)
        add_fd(exchange, link->group);
    return 0;
}

static int serve_watch(struct exchange *exchange, struct err *err) {
    if (exchange->fd < 0 || exchange->link->tree >= 0)
        return err_set(err, REASON_BUG, "WATCH came without a descriptor or for a second tree");
    exchange->link->tree = steal_fd(&exchange->fd);
    exchange->link->tree_deadline_ns = clock_deadline_ns(exchange->call->deadline_ms);
    TRY(bind_tree(exchange, err));
    if (exchange->link->turn == WORKER_HOLDS)
        exchange->supervisor->hooks->on_hold(exchange->supervisor->context, exchange->worker, false);
    return 0;
}

static int serve_unwatch(struct exchange *exchange, struct err *err) {
    (void)err;
    forget_tree(exchange->supervisor, exchange->link);
    return 0;
}

typedef int serve_fn(struct exchange *exchange, struct err *err);

static serve_fn *const calls[] = {
    [SUPERVISOR_STEP] = serve_step,       [SUPERVISOR_CONNECT] = serve_connect, [SUPERVISOR_RESERVE] = serve_reserve,
    [SUPERVISOR_GRANT] = serve_grant,     [SUPERVISOR_PUBLISH] = serve_publish, [SUPERVISOR_ABANDON] = serve_abandon,
    [SUPERVISOR_KEEP] = serve_keep,       [SUPERVISOR_RELEASE] = serve_release, [SUPERVISOR_WATCH] = serve_watch,
    [SUPERVISOR_UNWATCH] = serve_unwatch, [SUPERVISOR_IDLE] = worker_turn_idle, [SUPERVISOR_HOLD] = worker_turn_hold,
    [SUPERVISOR_DONE] = worker_turn_done,
};

static int serve(struct exchange *exchange, struct err *err) {
    uint32_t kind = exchange->call->kind;
    if (kind >= sizeof calls / sizeof *calls || !calls[kind])
        return err_set(err, REASON_BUG, "call %u does not exist", kind);
    return calls[kind](exchange, err);
}

int worker_link_serve(struct supervisor *supervisor, uint32_t worker, struct err *err) {
    struct supervisor_call call;
    struct worker_link *link = &supervisor->workers[worker];
    int fds[2] = {-1, -1};
    size_t fd_count = 0;
    int got = record_receive(link->calls, &call, sizeof call, fds, 2, &fd_count, err);
    TRY(got);
    if (got == 0) {
        close(link->calls);
        link->calls = -1;
        return 0;
    }
    struct exchange exchange = {.supervisor = supervisor,
                                .worker = worker,
                                .link = link,
                                .call = &call,
                                .fd = fds[0],
                                .second = fds[1],
                                .reply = {.kind = SUPERVISOR_REPLY}};
    if (serve(&exchange, &exchange.reply.err) < 0)
        exchange.reply_fd_count = 0;
    own_close(&exchange.fd);
    own_close(&exchange.second);
    if (!exchange.deferred)
        worker_link_reply(link, &exchange.reply, exchange.reply_fds, exchange.reply_fd_count);
    return 0;
}

void worker_link_zygote_turned(struct supervisor *supervisor, const struct peer *zygote, const struct err *failure) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        struct worker_link *link = &supervisor->workers[i];
        if (!link->alive || link->dead || link->awaits != zygote)
            continue;
        struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
        link->awaits = NULL;
        if (failure)
            reply.err = *failure;
        else
            reply_with_zygote(&reply, zygote);
        worker_link_reply(link, &reply, &zygote->requests, failure ? 0 : 1);
    }
}

void worker_link_bury(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    worker_link_kill_tree(link);
    forget_tree(supervisor, link);
    worker_link_drop_segments(supervisor, worker);
    int *const fds[] = {&link->calls, &link->events, &link->pidfd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        own_close(fds[i]);
    link->alive = link->dead = false;
}
