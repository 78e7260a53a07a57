// SPDX-License-Identifier: Apache-2.0
// The answers come from a process that met hostile bytes: they are checked like everything else from outside.
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "quern/codec.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { ATTEMPTS = 2, MAX_WARNINGS = 1000, MAX_FDS = 2 + CODEC_MAX_PICTURES };

static const struct {
    const char *failure, *who;
    enum reason blame;
} ops[] = {
    [CODEC_DECODE] = {"the dataset cannot be decoded", "the decoder", REASON_BAD_INPUT},
    [CODEC_ARFF] = {"the dataset cannot be decoded", "the decoder", REASON_BAD_INPUT},
    [CODEC_ENCODE] = {"the result cannot be encoded", "the encoder", REASON_BAD_RESULT},
    [CODEC_CHECK] = {"the result cannot be checked", "the checker", REASON_BAD_RESULT},
    [CODEC_HEAD] = {"the rows cannot be shown", "the reader", REASON_BAD_RESULT},
    [CODEC_PROFILE] = {"the columns cannot be described", "the reader", REASON_BAD_RESULT},
    [CODEC_TEXT] = {"the result cannot be written as text", "the writer", REASON_BAD_RESULT},
    [CODEC_JOIN] = {"the pictures cannot be joined", "the joiner", REASON_BAD_RESULT},
};

struct call {
    struct codec *codec;
    struct codec_request request;
    int fds[MAX_FDS]; // the first is the child's end of the conversation
    size_t fd_count;
    int output; // emptied before a second attempt; -1: none
    codec_grant_fn *grant;
    void *grant_context;
    int granted; // owned; -1: nothing yet
    uint64_t needed;
    uint32_t warnings;
};

enum fate { FATE_DONE, FATE_DIED, FATE_GONE };

static enum reason blame(const struct call *call) { return ops[call->request.op].blame; }

static int nonsense(const struct call *call, const char *what, struct err *err) {
    return err_set(err, blame(call), "%s (%s %s)", ops[call->request.op].failure, ops[call->request.op].who, what);
}

static int answer_need(struct call *call, int socket, const struct codec_reply *reply, struct err *err) {
    struct codec_grant grant = {.bytes = reply->bytes};
    if (!call->grant || call->granted >= 0)
        return nonsense(call, "asked for memory out of turn", err);
    if (reply->bytes > call->codec->ceilings.bytes)
        return err_set(err, REASON_LIMIT_OUTPUT, "a dataset of %llu bytes is larger than its limit of %llu",
                       (unsigned long long)reply->bytes, (unsigned long long)call->codec->ceilings.bytes);
    call->granted = call->grant(call->grant_context, reply->bytes, reply->rows, reply->columns, err);
    TRY(call->granted);
    call->needed = reply->bytes;
    // A child that died meanwhile shows at the next receive, with its signal.
    int sent = record_send(socket, &grant, sizeof grant, &call->granted, 1, NULL);
    (void)sent;
    return 0;
}

static void pass_warning(struct call *call, struct codec_reply *reply) {
    err_distrust(&reply->err);
    if (call->codec->warn && call->warnings++ < MAX_WARNINGS)
        call->codec->warn(call->codec->context, reply->picture, reply->err.msg);
}

// A child may only blame what it can know of.
static int pass_failure(const struct call *call, struct codec_reply *reply, struct err *err) {
    err_distrust(&reply->err);
    enum reason reason = (enum reason)reply->err.reason;
    if (reason != REASON_BAD_INPUT && reason != REASON_BAD_RESULT && reason != REASON_LIMIT_OUTPUT &&
        reason != REASON_LIMIT_MEMORY && reason != REASON_UNWRITABLE && reason != REASON_INFRA && reason != REASON_BUG)
        reply->err.reason = (uint32_t)blame(call);
    if (err)
        *err = reply->err;
    return -1;
}

static int take_done(const struct call *call, const struct codec_reply *reply, struct codec_outcome *ret,
                     struct err *err) {
    uint64_t bytes;
    if (call->grant) {
        if (call->granted < 0)
            return nonsense(call, "ended without a segment", err);
        if (memory_check(call->granted, call->needed, &bytes, NULL) < 0 || bytes != reply->bytes)
            return nonsense(call, "left a segment that is not sealed", err);
    }
    *ret = (struct codec_outcome){.bytes = reply->bytes,
                                  .rows = reply->rows,
                                  .columns = reply->columns,
                                  .pictures = reply->pictures,
                                  .width = reply->width,
                                  .height = reply->height};
    return 0;
}

// A child that dies with an unread grant resets the socket, which shows once as end of file in front of what was said.
static int receive(int socket, struct codec_reply *reply, struct err *err) {
    int got = record_receive(socket, reply, sizeof *reply, NULL, 0, NULL, err);
    return got == 0 ? record_receive(socket, reply, sizeof *reply, NULL, 0, NULL, err) : got;
}

// Until the final reply. `ret_death` is filled in when the fate is FATE_DIED.
static int converse(struct call *call, int socket, enum fate *ret_fate, struct err *ret_death,
                    struct codec_outcome *ret, struct err *err) {
    for (;;) {
        struct codec_reply reply;
        int got = receive(socket, &reply, err);
        if (got < 0)
            return nonsense(call, "answered with a record of the wrong form", err);
        *ret_fate = got == 0 ? FATE_GONE : reply.kind == CODEC_DIED ? FATE_DIED : FATE_DONE;
        if (got == 0)
            return 0;
        switch ((enum codec_reply_kind)reply.kind) {
        case CODEC_NEED:
            TRY(answer_need(call, socket, &reply, err));
            continue;
        case CODEC_WARNING:
            pass_warning(call, &reply);
            continue;
        case CODEC_DONE:
            return take_done(call, &reply, ret, err);
        case CODEC_FAILED:
            return pass_failure(call, &reply, err);
        case CODEC_DIED:
            err_distrust(&reply.err);
            *ret_death = reply.err;
            return 0;
        }
        return nonsense(call, "answered with an unknown reply", err);
    }
}

static int attempt(struct call *call, enum fate *ret_fate, struct err *ret_death, struct codec_outcome *ret,
                   struct err *err) {
    int ends[2];
    TRY(record_pair(ends, err));
    auto_fd int ours = ends[0];
    auto_fd int theirs = ends[1];
    call->fds[0] = theirs;
    struct err sending;
    if (record_send(call->codec->requests, &call->request, sizeof call->request, call->fds, call->fd_count, &sending) <
        0) {
        *ret_fate = FATE_GONE;
        if (sending.sys == EPIPE || sending.sys == ECONNRESET)
            return 0;
        if (err)
            *err = sending;
        return -1;
    }
    // Only the child's copy is left: its death shows as end of file.
    close(steal_fd(&theirs));
    int result = converse(call, ours, ret_fate, ret_death, ret, err);
    if (call->granted >= 0)
        close(steal_fd(&call->granted));
    return result;
}

static int empty_output(const struct call *call, struct err *err) {
    if (call->output >= 0 && (ftruncate(call->output, 0) < 0 || lseek(call->output, 0, SEEK_SET) < 0))
        return err_sys(err, REASON_INFRA, "emptying an output");
    return 0;
}

static int two_deaths(const struct call *call, const struct err *death, struct err *err) {
    const char *name = death->reason == REASON_SIGNAL ? sigabbrev_np(death->detail) : NULL;
    char how[64];
    if (name)
        snprintf(how, sizeof how, "died twice: signal %s", name);
    else if (death->reason == REASON_SIGNAL)
        snprintf(how, sizeof how, "died twice: signal %d", death->detail);
    else
        snprintf(how, sizeof how, "died twice: exit code %d", death->detail);
    return nonsense(call, how, err);
}

static int renew(struct codec *codec, struct err *err) {
    int requests = codec->renew(codec->context, err);
    TRY(requests);
    close(codec->requests);
    codec->requests = requests;
    return 0;
}

static int perform(struct call *call, struct codec_outcome *ret, struct err *err) {
    enum fate fate = FATE_GONE;
    struct err death = {0};
    for (int i = 0; i < ATTEMPTS; i++) {
        if (i > 0)
            TRY(empty_output(call, err));
        if (i > 0 && fate == FATE_GONE && call->codec->renew)
            TRY(renew(call->codec, err));
        TRY(attempt(call, &fate, &death, ret, err));
        if (fate == FATE_DONE)
            return 0;
    }
    if (fate == FATE_GONE)
        return err_set(err, REASON_INFRA, "%s (quern-codec is gone)", ops[call->request.op].failure);
    return two_deaths(call, &death, err);
}

static struct call call_of(struct codec *codec, enum codec_op op) {
    return (struct call){
        .codec = codec,
        .request = {.version = CODEC_VERSION, .op = (uint32_t)op, .ceilings = codec->ceilings},
        .fd_count = 1,
        .output = -1,
        .granted = -1,
    };
}

static void add_fd(struct call *call, int fd) { call->fds[call->fd_count++] = fd; }

static int decode(struct codec *codec, enum codec_op op, int blob, const struct codec_wish *wish, codec_grant_fn *grant,
                  void *grant_context, struct codec_outcome *ret, struct err *err) {
    struct call call = call_of(codec, op);
    auto_fd int columns = -1;
    call.request.profile = wish->profile;
    call.request.decimals = wish->decimals;
    call.request.share_texts = wish->share_texts;
    call.request.memory_bytes = wish->memory_bytes;
    call.grant = grant;
    call.grant_context = grant_context;
    add_fd(&call, blob);
    if (wish->columns) {
        columns = memory_from("quern-columns", wish->columns, wish->column_bytes, err);
        TRY(columns);
        add_fd(&call, columns);
    }
    return perform(&call, ret, err);
}

int codec_decode(struct codec *codec, int blob, const struct codec_wish *wish, codec_grant_fn *grant,
                 void *grant_context, struct codec_outcome *ret, struct err *err) {
    return decode(codec, CODEC_DECODE, blob, wish, grant, grant_context, ret, err);
}

int codec_arff(struct codec *codec, int blob, uint32_t profile, codec_grant_fn *grant, void *grant_context,
               struct codec_outcome *ret, struct err *err) {
    const struct codec_wish all = {.profile = profile};
    return decode(codec, CODEC_ARFF, blob, &all, grant, grant_context, ret, err);
}

int codec_encode(struct codec *codec, int segment, enum codec_trust trust, int output, struct codec_outcome *ret,
                 struct err *err) {
    struct call call = call_of(codec, CODEC_ENCODE);
    call.request.checked = trust == CODEC_CHECKED;
    add_fd(&call, segment);
    add_fd(&call, output);
    call.output = output;
    return perform(&call, ret, err);
}

int codec_check(struct codec *codec, int segment, struct codec_outcome *ret, struct err *err) {
    struct call call = call_of(codec, CODEC_CHECK);
    add_fd(&call, segment);
    return perform(&call, ret, err);
}

int codec_head(struct codec *codec, int segment, enum codec_trust trust, uint32_t rows, int output,
               struct codec_outcome *ret, struct err *err) {
    struct call call = call_of(codec, CODEC_HEAD);
    call.request.checked = trust == CODEC_CHECKED;
    call.request.head_rows = rows;
    add_fd(&call, segment);
    add_fd(&call, output);
    call.output = output;
    return perform(&call, ret, err);
}

int codec_profile(struct codec *codec, int segment, enum codec_trust trust, int output, struct codec_outcome *ret,
                  struct err *err) {
    struct call call = call_of(codec, CODEC_PROFILE);
    call.request.checked = trust == CODEC_CHECKED;
    add_fd(&call, segment);
    add_fd(&call, output);
    call.output = output;
    return perform(&call, ret, err);
}

int codec_text(struct codec *codec, int segment, enum codec_trust trust, char separator, int output,
               struct codec_outcome *ret, struct err *err) {
    struct call call = call_of(codec, CODEC_TEXT);
    call.request.separator = (uint32_t)separator;
    call.request.checked = trust == CODEC_CHECKED;
    add_fd(&call, segment);
    add_fd(&call, output);
    call.output = output;
    return perform(&call, ret, err);
}

int codec_join(struct codec *codec, const int *pictures, uint32_t count, int output, struct codec_outcome *ret,
               struct err *err) {
    struct call call = call_of(codec, CODEC_JOIN);
    if (count > CODEC_MAX_PICTURES)
        return err_set(err, REASON_LIMIT_OUTPUT, "%u pictures are more than the limit of %u", count,
                       CODEC_MAX_PICTURES);
    add_fd(&call, output);
    for (uint32_t i = 0; i < count; i++)
        add_fd(&call, pictures[i]);
    call.output = output;
    return perform(&call, ret, err);
}
