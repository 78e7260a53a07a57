// SPDX-License-Identifier: Apache-2.0
#include "worker_link.h"

#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "host_memory.h"
#include "quern/clock.h"
#include "quern/own.h"

struct exchange {
    struct supervisor *supervisor;
    uint32_t worker;
    struct worker_link *link;
    const struct supervisor_call *call;
    int fd; // came with the call, or -1; taken by steal_fd()
    struct supervisor_reply reply;
    int reply_fds[SUPERVISOR_MAX_KEYS]; // borrowed
    size_t reply_fd_count;
    bool deferred;
};

static void add_fd(struct exchange *exchange, int fd) { exchange->reply_fds[exchange->reply_fd_count++] = fd; }

void worker_link_kill_tree(struct worker_link *link) {
    if (link->tree >= 0)
        pidfd_send_signal(link->tree, SIGKILL, NULL, 0);
}

// A worker that is gone gets no answer; its pidfd tells.
static void send_reply(struct worker_link *link, const struct supervisor_reply *reply, const int *fds, size_t count) {
    struct err ignored;
    if (record_send(link->calls, reply, sizeof *reply, fds, count, &ignored) < 0)
        worker_link_kill_tree(link);
}

void worker_link_tell(struct worker_link *link, enum supervisor_reply_kind kind) {
    struct supervisor_reply reply = {.kind = kind};
    send_reply(link, &reply, NULL, 0);
}

static int serve_step(struct exchange *exchange, struct err *err) {
    if (exchange->call->step >= STEP_COUNT)
        return err_set(err, REASON_BUG, "step %u does not exist", exchange->call->step);
    exchange->link->step = (enum step)exchange->call->step;
    exchange->link->step_deadline_ns = clock_deadline_ns(exchange->call->deadline_ms);
    return 0;
}

static void reply_with_zygote(struct supervisor_reply *reply, const struct peer *zygote) {
    reply->profile = zygote->ready.profile;
    reply->facts = zygote->ready.facts;
    memcpy(reply->python, zygote->ready.python, sizeof reply->python);
    memcpy(reply->pandas, zygote->ready.pandas, sizeof reply->pandas);
}

static int serve_connect(struct exchange *exchange, struct err *err) {
    struct supervisor *supervisor = exchange->supervisor;
    bool codec = exchange->call->peer == SUPERVISOR_PEER_CODEC;
    struct peer *peer = codec ? &supervisor->codec : &supervisor->zygote;
    if (!codec &&
        strncmp(exchange->call->environment, supervisor->zygote.environment->name, ENVIRONMENT_NAME_BYTES) != 0)
        return err_set(err, REASON_CONFIG, "environment %.64s: not known on this host", exchange->call->environment);
    if (!peer_listens(peer)) {
        peer_stop(peer);
        TRY(peer_start(peer, err));
    }
    if (peer->state == PEER_COMING) {
        exchange->link->awaits_zygote = true;
        exchange->deferred = true;
        return 0;
    }
    if (!codec)
        reply_with_zygote(&exchange->reply, peer);
    add_fd(exchange, peer->requests);
    return 0;
}

static int serve_reserve(struct exchange *exchange, struct err *err) {
    const struct supervisor_call *call = exchange->call;
    if (call->count > SUPERVISOR_MAX_KEYS)
        return err_set(err, REASON_BUG, "%u keys are more than %u", call->count, SUPERVISOR_MAX_KEYS);
    for (uint32_t i = 0; i < call->count; i++)
        if (!memchr(call->keys[i].text, 0, sizeof call->keys[i].text))
            return err_set(err, REASON_BUG, "key %u is not terminated", i);
    exchange->supervisor->segments.free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    exchange->reply.count = call->count;
    exchange->link->reserved_count = call->count;
    memcpy(exchange->link->reserved, call->keys, sizeof call->keys);
    for (uint32_t i = 0; i < call->count; i++) {
        enum supervisor_segment_state state = SUPERVISOR_LOAD;
        int fd = -1;
        TRY(segments_reserve(&exchange->supervisor->segments, exchange->worker, &call->keys[i], &state, &fd, err));
        exchange->reply.states[i] = state;
        if (state == SUPERVISOR_HIT)
            add_fd(exchange, fd);
    }
    exchange->reply.available = segments_available(&exchange->supervisor->segments);
    return 0;
}

static int serve_grant(struct exchange *exchange, struct err *err) {
    int fd = -1;
    exchange->supervisor->segments.free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    TRY(segments_grant(&exchange->supervisor->segments, exchange->worker, &exchange->call->keys[0],
                       exchange->call->bytes, &fd, err));
    add_fd(exchange, fd);
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
        send_reply(link, &reply, &fd, fd >= 0 ? 1 : 0);
    }
}

static int serve_publish(struct exchange *exchange, struct err *err) {
    int fd = -1;
    uint64_t waiters = 0;
    TRY(segments_publish(&exchange->supervisor->segments, exchange->worker, &exchange->call->keys[0],
                         steal_fd(&exchange->fd), &fd, &waiters, err));
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

static int serve_release(struct exchange *exchange, struct err *err) {
    (void)err;
    segments_release(&exchange->supervisor->segments, exchange->worker);
    return 0;
}

static void forget_tree(struct worker_link *link) {
    if (link->tree >= 0)
        close(link->tree);
    link->tree = -1;
    link->tree_deadline_ns = CLOCK_NEVER;
}

static int serve_watch(struct exchange *exchange, struct err *err) {
    if (exchange->fd < 0 || exchange->link->tree >= 0)
        return err_set(err, REASON_BUG, "WATCH came without a descriptor or for a second tree");
    exchange->link->tree = steal_fd(&exchange->fd);
    exchange->link->tree_deadline_ns = clock_deadline_ns(exchange->call->deadline_ms);
    return 0;
}

static int serve_unwatch(struct exchange *exchange, struct err *err) {
    (void)err;
    forget_tree(exchange->link);
    return 0;
}

typedef int serve_fn(struct exchange *exchange, struct err *err);

static serve_fn *const calls[] = {
    [SUPERVISOR_STEP] = serve_step,       [SUPERVISOR_CONNECT] = serve_connect, [SUPERVISOR_RESERVE] = serve_reserve,
    [SUPERVISOR_GRANT] = serve_grant,     [SUPERVISOR_PUBLISH] = serve_publish, [SUPERVISOR_ABANDON] = serve_abandon,
    [SUPERVISOR_KEEP] = serve_keep,       [SUPERVISOR_RELEASE] = serve_release, [SUPERVISOR_WATCH] = serve_watch,
    [SUPERVISOR_UNWATCH] = serve_unwatch,
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
    auto_fd int fd = -1;
    size_t fd_count = 0;
    int got = record_receive(link->calls, &call, sizeof call, &fd, 1, &fd_count, err);
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
                                .fd = steal_fd(&fd),
                                .reply = {.kind = SUPERVISOR_REPLY}};
    if (serve(&exchange, &exchange.reply.err) < 0)
        exchange.reply_fd_count = 0;
    if (exchange.fd >= 0)
        close(exchange.fd);
    if (!exchange.deferred)
        send_reply(link, &exchange.reply, exchange.reply_fds, exchange.reply_fd_count);
    return 0;
}

void worker_link_zygote_turned(struct supervisor *supervisor, const struct err *failure) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        struct worker_link *link = &supervisor->workers[i];
        if (!link->alive || !link->awaits_zygote)
            continue;
        struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
        link->awaits_zygote = false;
        if (failure)
            reply.err = *failure;
        else
            reply_with_zygote(&reply, &supervisor->zygote);
        send_reply(link, &reply, &supervisor->zygote.requests, failure ? 0 : 1);
    }
}

void worker_link_bury(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    struct err ignored;
    worker_link_kill_tree(link);
    forget_tree(link);
    const struct supervisor_key *loading;
    while ((loading = segments_loading(&supervisor->segments, worker))) {
        struct supervisor_key key = *loading;
        if (abandon(supervisor, worker, &key, &ignored) < 0)
            break;
    }
    segments_release(&supervisor->segments, worker);
    int *const fds[] = {&link->calls, &link->events, &link->pidfd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        own_close(fds[i]);
    link->alive = false;
}
