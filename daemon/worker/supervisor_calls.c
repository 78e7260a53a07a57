// SPDX-License-Identifier: Apache-2.0
#include "supervisor_calls.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "quern/own.h"

struct answer {
    struct supervisor_reply reply;
    int fds[SUPERVISOR_MAX_KEYS];
    size_t fd_count;
};

static void answer_close(struct answer *answer) {
    for (size_t i = 0; i < answer->fd_count; i++)
        if (answer->fds[i] >= 0)
            close(answer->fds[i]);
    answer->fd_count = 0;
}

static int receive(struct supervisor_calls *calls, struct answer *answer, struct err *err) {
    int got = record_receive(calls->socket, &answer->reply, sizeof answer->reply, answer->fds, SUPERVISOR_MAX_KEYS,
                             &answer->fd_count, err);
    TRY(got);
    if (got == 0)
        return err_set(err, REASON_BUG, "the supervisor is gone");
    return 0;
}

static void remember(struct supervisor_calls *calls, struct answer *answer) {
    const struct supervisor_reply *reply = &answer->reply;
    if (reply->kind == SUPERVISOR_TREE_EXPIRED)
        calls->expired = true;
    if (reply->kind == SUPERVISOR_CANCEL)
        calls->cancelled = true;
    if (reply->kind == SUPERVISOR_FENCED)
        calls->fenced = true;
    if (reply->kind == SUPERVISOR_RELEASE_NOW)
        calls->released = true;
    if (reply->kind == SUPERVISOR_SEGMENT_TURN && calls->turn_count < SUPERVISOR_MAX_KEYS) {
        uint32_t turn = calls->turn_count++;
        calls->turns[turn].index = reply->index;
        calls->turns[turn].state = reply->states[0];
        calls->turns[turn].fd = answer->fd_count ? steal_fd(&answer->fds[0]) : -1;
    }
    answer_close(answer);
}

static int check_reply(struct answer *answer, struct err *err) {
    if (!answer->reply.err.reason)
        return 0;
    *err = answer->reply.err;
    answer_close(answer);
    return -1;
}

static int take_owed(struct supervisor_calls *calls, struct answer *answer, struct err *err) {
    calls->owed--;
    TRY(check_reply(answer, err));
    answer_close(answer);
    return 0;
}

static int receive_reply(struct supervisor_calls *calls, struct answer *answer, struct err *err) {
    for (;;) {
        TRY(receive(calls, answer, err));
        if (answer->reply.kind == SUPERVISOR_REPLY)
            return 0;
        remember(calls, answer);
    }
}

// Until the supervisor has answered everything, and so has said what it had to say before.
static int settle(struct supervisor_calls *calls, struct err *err) {
    struct answer answer;
    while (calls->owed) {
        TRY(receive_reply(calls, &answer, err));
        TRY(take_owed(calls, &answer, err));
    }
    return 0;
}

static int ask_with(struct supervisor_calls *calls, const struct supervisor_call *call, const int *fds, size_t fd_count,
                    struct answer *answer, struct err *err) {
    TRY(settle(calls, err));
    TRY(record_send(calls->socket, call, sizeof *call, fds, fd_count, err));
    TRY(receive_reply(calls, answer, err));
    return check_reply(answer, err);
}

// Nothing that waits for the answer.
static int tell(struct supervisor_calls *calls, const struct supervisor_call *call, const int *fds, size_t fd_count,
                struct err *err) {
    TRY(record_send(calls->socket, call, sizeof *call, fds, fd_count, err));
    calls->owed++;
    return 0;
}

static int ask(struct supervisor_calls *calls, const struct supervisor_call *call, int fd, struct answer *answer,
               struct err *err) {
    return ask_with(calls, call, &fd, fd >= 0 ? 1 : 0, answer, err);
}

static int ask_for_nothing(struct supervisor_calls *calls, const struct supervisor_call *call, int fd,
                           struct err *err) {
    struct answer answer;
    TRY(ask(calls, call, fd, &answer, err));
    answer_close(&answer);
    return 0;
}

// The one descriptor that comes with the answer.
static int ask_for_fd(struct supervisor_calls *calls, const struct supervisor_call *call, int fd, struct answer *answer,
                      struct err *err) {
    TRY(ask(calls, call, fd, answer, err));
    if (answer->fd_count == 1)
        return answer->fds[0];
    answer_close(answer);
    return err_set(err, REASON_BUG, "the supervisor's answer to call %u came without a descriptor", call->kind);
}

int calls_step(struct supervisor_calls *calls, enum step step, uint64_t deadline_ms, struct err *err) {
    const struct supervisor_call call = {.kind = SUPERVISOR_STEP, .step = step, .deadline_ms = deadline_ms};
    struct pollfd said = {.fd = calls->socket, .events = POLLIN};
    while (poll(&said, 1, 0) > 0)
        TRY(calls_take_unasked(calls, err));
    return tell(calls, &call, NULL, 0, err);
}

int calls_stay(struct supervisor_calls *calls, enum step step, uint64_t deadline_ms, struct err *err) {
    TRY(calls_step(calls, step, deadline_ms, err));
    return settle(calls, err);
}

int calls_connect(struct supervisor_calls *calls, enum supervisor_peer peer, const char *environment,
                  struct calls_peer *ret, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_CONNECT, .peer = peer};
    struct answer answer;
    if (environment)
        memcpy(call.environment, environment, strnlen(environment, sizeof call.environment - 1));
    int fd = ask_for_fd(calls, &call, -1, &answer, err);
    TRY(fd);
    *ret = (struct calls_peer){
        .requests = fd, .profile = answer.reply.profile, .facts = answer.reply.facts, .limits = answer.reply.limits};
    memcpy(ret->python, answer.reply.python, sizeof ret->python);
    memcpy(ret->pandas, answer.reply.pandas, sizeof ret->pandas);
    if (peer == SUPERVISOR_PEER_ZYGOTE)
        calls->grouped = answer.reply.facts.bound == JAIL_BOUND_CGROUP;
    return 0;
}

int calls_reserve(struct supervisor_calls *calls, const struct supervisor_key *keys, uint32_t count,
                  uint32_t *ret_states, int *ret_fds, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_RESERVE, .count = count};
    struct answer answer;
    memcpy(call.keys, keys, count * sizeof *keys);
    TRY(ask(calls, &call, -1, &answer, err));
    size_t used = 0;
    calls->available = answer.reply.available;
    for (uint32_t i = 0; i < count; i++) {
        ret_states[i] = answer.reply.states[i];
        bool hit = ret_states[i] == SUPERVISOR_HIT && used < answer.fd_count;
        ret_fds[i] = hit ? steal_fd(&answer.fds[used++]) : -1;
    }
    answer_close(&answer);
    return 0;
}

int calls_grant(struct supervisor_calls *calls, const struct supervisor_key *key, uint64_t bytes, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_GRANT, .count = 1, .bytes = bytes, .keys = {*key}};
    struct answer answer;
    return ask_for_fd(calls, &call, -1, &answer, err);
}

int calls_publish(struct supervisor_calls *calls, const struct supervisor_key *key, int fd, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_PUBLISH, .count = 1, .keys = {*key}};
    struct answer answer;
    return ask_for_fd(calls, &call, fd, &answer, err);
}

int calls_abandon(struct supervisor_calls *calls, const struct supervisor_key *key, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_ABANDON, .count = 1, .keys = {*key}};
    return ask_for_nothing(calls, &call, -1, err);
}

int calls_keep(struct supervisor_calls *calls, const struct supervisor_key *key, int fd, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_KEEP, .count = 1, .keys = {*key}};
    return ask_for_nothing(calls, &call, fd, err);
}

int calls_watch(struct supervisor_calls *calls, const struct calls_tree *tree, struct jail_facts *facts, int *ret_group,
                struct err *err) {
    struct supervisor_call call = {
        .kind = SUPERVISOR_WATCH, .deadline_ms = tree->limits->time_ms, .limits = tree->limits->jail};
    const int fds[] = {tree->init, tree->process};
    struct answer answer;
    calls->expired = false;
    if (!calls->grouped)
        return tell(calls, &call, fds, 2, err);
    TRY(ask_with(calls, &call, fds, 2, &answer, err));
    if (answer.fd_count) {
        facts->bound = JAIL_BOUND_CGROUP;
        *ret_group = steal_fd(&answer.fds[0]);
    }
    answer_close(&answer);
    return 0;
}

int calls_unwatch(struct supervisor_calls *calls, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_UNWATCH};
    return ask_for_nothing(calls, &call, -1, err);
}

int calls_take_unasked(struct supervisor_calls *calls, struct err *err) {
    struct answer answer;
    TRY(receive(calls, &answer, err));
    if (calls->owed && answer.reply.kind == SUPERVISOR_REPLY)
        return take_owed(calls, &answer, err);
    remember(calls, &answer);
    return 0;
}

int calls_wait_segment(struct supervisor_calls *calls, uint32_t *ret_index, uint32_t *ret_state, int *ret_fd,
                       struct err *err) {
    while (calls->turn_count == 0)
        TRY(calls_take_unasked(calls, err));
    uint32_t turn = --calls->turn_count;
    *ret_index = calls->turns[turn].index;
    *ret_state = calls->turns[turn].state;
    *ret_fd = calls->turns[turn].fd;
    return 0;
}

// `from` fits or is cut: who checks it finds what is wrong with it.
static void copy_text(char *to, size_t bytes, const char *from) { memcpy(to, from, strnlen(from, bytes - 1)); }

int calls_idle(struct supervisor_calls *calls, uint32_t queue, const struct calls_nothing *nothing,
               struct calls_turn *ret, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_IDLE, .queue = queue, .drained = nothing->drained};
    struct answer answer;
    memcpy(call.wake, nothing->wake, sizeof call.wake);
    TRY(ask(calls, &call, -1, &answer, err));
    answer_close(&answer);
    ret->queue = answer.reply.queue;
    memcpy(ret->nonce, answer.reply.nonce, sizeof ret->nonce);
    return answer.reply.count > 0;
}

int calls_hold(struct supervisor_calls *calls, uint32_t queue, const struct queue_claim *claim, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_HOLD, .queue = queue, .waited_ms = claim->waited_ms};
    copy_text(call.id, sizeof call.id, claim->id);
    copy_text(call.token, sizeof call.token, claim->token);
    return ask_for_nothing(calls, &call, -1, err);
}

static void forget_turns(struct supervisor_calls *calls) {
    for (uint32_t i = 0; i < calls->turn_count; i++)
        if (calls->turns[i].fd >= 0)
            close(calls->turns[i].fd);
    calls->turn_count = 0;
}

int calls_done(struct supervisor_calls *calls, const struct supervisor_end *end, struct err *err) {
    struct supervisor_call call = {.kind = SUPERVISOR_DONE, .end = *end};
    TRY(ask_for_nothing(calls, &call, -1, err));
    forget_turns(calls);
    *calls = (struct supervisor_calls){.socket = calls->socket};
    return 0;
}
