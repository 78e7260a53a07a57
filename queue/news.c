// SPDX-License-Identifier: Apache-2.0
// What a running attempt tells, with or without waiting for Redis.
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_worker.h"
#include "queue/call.h"

enum {
    SEND_MS = 200,     // what a peer that takes no bytes may cost the sender
    RECEIVE_MS = 1000, // the answer has begun to come
};

static int write_log(const struct queue *queue, const char *id, const char *token, const struct queue_output *pieces,
                     size_t count, struct args *args, struct err *err) {
    size_t bytes = 0;
    TRY(call_check_range("pieces of log", count, 1, QUEUE_MAX_OUTPUTS, err));
    TRY(call_begin_end(queue, SCRIPT_LOG, id, token, args, err));
    for (size_t i = 0; i < count; i++) {
        bytes += pieces[i].count;
        args_text(args, pieces[i].is_stderr ? "2" : "1");
        args_bytes(args, pieces[i].bytes, pieces[i].count);
    }
    return call_check_range("bytes of log", bytes, 1, QUEUE_MAX_LOG, err);
}

static int write_progress(const struct queue *queue, const char *id, const char *token, const char *text,
                          struct args *args, struct err *err) {
    size_t bytes = strnlen(text, QUEUE_MAX_PROGRESS + 1);
    TRY(call_check_range("bytes of progress", bytes, 0, QUEUE_MAX_PROGRESS, err));
    TRY(call_begin_end(queue, SCRIPT_PROGRESS, id, token, args, err));
    args_bytes(args, text, bytes);
    return 0;
}

/* ---- and waits ---- */

static const unsigned answers = CALL_BIT(QUEUE_OK) | CALL_BIT(QUEUE_DROPPED) | CALL_BIT(QUEUE_FENCED);

int queue_log(struct queue *queue, const char *id, const char *token, const struct queue_output *pieces, size_t count,
              struct err *err) {
    struct args args;
    TRY(write_log(queue, id, token, pieces, count, &args, err));
    return call_simple(queue, SCRIPT_LOG, &args, answers, err);
}

int queue_progress(struct queue *queue, const char *id, const char *token, const char *text, struct err *err) {
    struct args args;
    TRY(write_progress(queue, id, token, text, &args, err));
    return call_simple(queue, SCRIPT_PROGRESS, &args, answers, err);
}

/* ---- and goes on ---- */

static int begin(struct queue *queue, enum script_id script, const struct args *args, struct err *err) {
    struct connection *connection = NULL;
    uint64_t deadline_ns = clock_deadline_ns(SEND_MS);
    if (queue->news)
        return err_set(err, REASON_BUG, "news of a job before the last were answered");
    TRY(session_connect(&queue->session, deadline_ns, &connection, err));
    if (connection_send(connection, args, deadline_ns, err) < 0) {
        session_drop(&queue->session);
        return -1;
    }
    queue->news = &queue_scripts[script];
    return 0;
}

int queue_log_begin(struct queue *queue, const char *id, const char *token, const struct queue_output *pieces,
                    size_t count, struct err *err) {
    struct args args;
    TRY(write_log(queue, id, token, pieces, count, &args, err));
    return begin(queue, SCRIPT_LOG, &args, err);
}

int queue_progress_begin(struct queue *queue, const char *id, const char *token, const char *text, struct err *err) {
    struct args args;
    TRY(write_progress(queue, id, token, text, &args, err));
    return begin(queue, SCRIPT_PROGRESS, &args, err);
}

int queue_news_fd(const struct queue *queue) {
    return queue->news && queue->session.connection ? connection_fd(queue->session.connection) : -1;
}

static int read_answer(struct queue *queue, const struct script *script, struct err *err) {
    auto_reply struct reply *reply = NULL;
    uint64_t deadline_ns = clock_deadline_ns(RECEIVE_MS);
    if (connection_receive(queue->session.connection, deadline_ns, &reply, err) < 0) {
        session_drop(&queue->session);
        return -1;
    }
    if (reply->kind == REPLY_ERROR && strncmp(reply->text, "NOSCRIPT", 8) == 0) {
        TRY(session_load(&queue->session, script, deadline_ns, err));
        return err_set(err, REASON_UNREACHABLE, "queue: Redis had forgotten the script %s", script->name);
    }
    if (reply->kind == REPLY_ERROR)
        return connection_refused(reply, "queue", err);
    return call_answer(reply, script->name, err);
}

int queue_news_end(struct queue *queue, struct err *err) {
    const struct script *script = queue->news;
    if (!script || !queue->session.connection)
        return err_set(err, REASON_BUG, "no news of a job are on their way");
    queue->news = NULL;
    int answer = read_answer(queue, script, err);
    if (answer == QUEUE_OK || answer == QUEUE_DROPPED || answer == QUEUE_FENCED || answer < 0)
        return answer;
    return call_wrong(script->name, err);
}

void queue_news_drop(struct queue *queue) {
    if (queue->news)
        session_drop(&queue->session);
    queue->news = NULL;
}
