// SPDX-License-Identifier: Apache-2.0
// The wait for news, on a connection of its own.
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_keeper.h"
#include "queue/call.h"
#include "queue/replies.h"

enum { WAIT_MAX_MS = 5000, WAIT_SLACK_MS = 2000, ENTRIES_MAX = 1000 };

static void give_up(struct queue *queue) {
    session_drop(&queue->waiting);
    queue->wait_deadline_ns = 0;
}

static int write_streams(const struct call_stream *streams, size_t count, uint32_t wait_ms, struct args *args,
                         struct err *err) {
    args_begin(args, "XREAD");
    args_text(args, "COUNT");
    args_number(args, ENTRIES_MAX);
    args_text(args, "BLOCK");
    args_number(args, wait_ms);
    args_text(args, "STREAMS");
    for (size_t i = 0; i < count; i++)
        args_text(args, streams[i].key);
    for (size_t i = 0; i < count; i++) {
        TRY(call_check_entry(streams[i].after, err));
        args_text(args, streams[i].after);
    }
    return 0;
}

// At most five seconds at a time: a server that lost us, or we it, is noticed soon.
int call_wait_begin(struct queue *queue, const struct call_stream *streams, size_t count, uint32_t wait_ms,
                    struct err *err) {
    struct args args;
    struct connection *connection = NULL;
    uint64_t soon_ns = clock_deadline_ns(queue->waiting.timeout_ms);
    TRY(call_check_range("wait in ms", wait_ms, 1, WAIT_MAX_MS, err));
    TRY(write_streams(streams, count, wait_ms, &args, err));
    if (queue->wait_deadline_ns)
        give_up(queue);
    TRY(session_connect(&queue->waiting, soon_ns, &connection, err));
    if (connection_send(connection, &args, soon_ns, err) < 0) {
        give_up(queue);
        return -1;
    }
    queue->wait_deadline_ns = clock_deadline_ns((uint64_t)wait_ms + WAIT_SLACK_MS);
    return QUEUE_OK;
}

int queue_wait_fd(const struct queue *queue) {
    return queue->wait_deadline_ns ? connection_fd(queue->waiting.connection) : -1;
}

int call_wait_end(struct queue *queue, struct reply **ret, struct err *err) {
    auto_reply struct reply *reply = NULL;
    if (!queue->wait_deadline_ns)
        return err_set(err, REASON_BUG, "queue: no wait is under way");
    if (connection_receive(queue->waiting.connection, queue->wait_deadline_ns, &reply, err) < 0) {
        give_up(queue);
        return -1;
    }
    queue->wait_deadline_ns = 0;
    if (reply->kind == REPLY_ERROR) {
        give_up(queue);
        return connection_refused(reply, "queue", err);
    }
    *ret = steal_ptr(&reply);
    return QUEUE_OK;
}

int call_wait(struct queue *queue, const struct call_stream *streams, size_t count, uint32_t wait_ms, bool *ret_woken,
              struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(call_wait_begin(queue, streams, count, wait_ms, err));
    TRY(call_wait_end(queue, &reply, err));
    *ret_woken = reply->kind == REPLY_LIST && reply->count > 0;
    return QUEUE_OK;
}

/* ---- wake-ups ---- */

static const struct reply *part(const struct reply *reply, size_t index, enum reply_kind kind) {
    const struct reply *found =
        reply && reply->kind == REPLY_LIST && index < reply->count ? reply->elements[index] : NULL;
    return found && found->kind == kind ? found : NULL;
}

// An entry is [ID, [what, WHAT]].
static int read_entry(const struct reply *entry, struct queue_wakeup *wakeup, struct err *err) {
    char what[16];
    const struct reply *fields = part(entry, 1, REPLY_LIST);
    if (!fields)
        return err_set(err, REASON_INFRA, "wake: an entry that is none");
    TRY(reply_copy(entry, 0, "wake", wakeup->wake, sizeof wakeup->wake, err));
    TRY(call_check_entry(wakeup->wake, err));
    TRY(reply_copy(fields, 1, "wake", what, sizeof what, err));
    if (strcmp(what, "cancel") == 0)
        wakeup->cancel = true;
    else
        wakeup->work = true;
    return 0;
}

// Nil when nothing happened, else [[KEY, [entry…]]].
int replies_wakeup(const struct reply *reply, struct queue_wakeup *ret, struct err *err) {
    struct queue_wakeup wakeup = {.work = false};
    if (reply->kind == REPLY_NIL) {
        *ret = wakeup;
        return QUEUE_OK;
    }
    const struct reply *entries = part(part(reply, 0, REPLY_LIST), 1, REPLY_LIST);
    if (!entries || entries->count == 0)
        return err_set(err, REASON_INFRA, "wake: expected entries of a stream, found another reply");
    for (size_t i = 0; i < entries->count; i++)
        TRY(read_entry(entries->elements[i], &wakeup, err));
    *ret = wakeup;
    return QUEUE_OK;
}

int queue_wait_begin(struct queue *queue, const char *wake, uint32_t wait_ms, struct err *err) {
    char key[CALL_KEY_BYTES];
    struct call_stream stream = {.key = key, .after = wake[0] ? wake : "0-0"};
    snprintf(key, sizeof key, "%s:wake", queue->prefix);
    TRY(call_wait_begin(queue, &stream, 1, wait_ms, err));
    snprintf(queue->wake, sizeof queue->wake, "%s", stream.after);
    return QUEUE_OK;
}

int queue_wait_end(struct queue *queue, struct queue_wakeup *ret, struct err *err) {
    auto_reply struct reply *reply = NULL;
    struct queue_wakeup wakeup = {.work = false};
    TRY(call_wait_end(queue, &reply, err));
    TRY(replies_wakeup(reply, &wakeup, err));
    if (!wakeup.wake[0])
        memcpy(wakeup.wake, queue->wake, sizeof wakeup.wake);
    *ret = wakeup;
    return QUEUE_OK;
}

int queue_wait(struct queue *queue, const char *wake, uint32_t wait_ms, bool *ret_woken, struct err *err) {
    struct queue_wakeup wakeup;
    TRY(queue_wait_begin(queue, wake, wait_ms, err));
    TRY(queue_wait_end(queue, &wakeup, err));
    *ret_woken = wakeup.work;
    return QUEUE_OK;
}
