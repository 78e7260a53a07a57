// SPDX-License-Identifier: Apache-2.0
// What kind of Redis this is, and what the queue's clients and daemons agree on.
#include <stdio.h>

#include "quern/own.h"
#include "quern/queue_server.h"
#include "queue/call.h"
#include "queue/replies.h"
#include "queue/signature.h"
#include "redis/server.h"

int queue_server(struct queue *queue, struct server *ret, struct err *err) {
    char key[CALL_KEY_BYTES];
    snprintf(key, sizeof key, "%s:stats", queue->prefix);
    queue_news_drop(queue);
    return server_ask(&queue->session, key, ret, err);
}

/* ---- what the queue's clients and daemons agree on ---- */

static int set_text(struct queue *queue, const char *field, const char *text, struct err *err) {
    struct args args;
    TRY(call_check_text(field, text, QUEUE_TEXT_BYTES, err));
    call_begin(queue, SCRIPT_CONFIGURE, &args);
    args_text(&args, field);
    args_text(&args, text);
    return call_simple(queue, SCRIPT_CONFIGURE, &args, CALL_BIT(QUEUE_OK), err);
}

int queue_set_home(struct queue *queue, const struct queue_home *home, struct err *err) {
    TRY(set_text(queue, "store", home->store, err));
    return set_text(queue, "environments", home->environments, err);
}

static int ask_home(struct queue *queue, const struct args *args, struct queue_home *ret, struct err *err) {
    struct queue_home home;
    auto_reply struct reply *reply = NULL;
    TRY(call_run(queue, SCRIPT_HOME, args, &reply, err));
    if (call_answer(reply, "home", err) != QUEUE_OK)
        return call_wrong("home", err);
    TRY(reply_copy(reply, 1, "home", home.store, sizeof home.store, err));
    TRY(reply_copy(reply, 2, "home", home.environments, sizeof home.environments, err));
    *ret = home;
    return QUEUE_OK;
}

int queue_get_home(struct queue *queue, struct queue_home *ret, struct err *err) {
    struct args args;
    call_begin(queue, SCRIPT_HOME, &args);
    return ask_home(queue, &args, ret, err);
}

int queue_propose_home(struct queue *queue, const struct queue_home *proposal, struct queue_home *ret,
                       struct err *err) {
    struct args args;
    TRY(call_check_text("store", proposal->store, QUEUE_TEXT_BYTES, err));
    TRY(call_check_text("environments", proposal->environments, QUEUE_TEXT_BYTES, err));
    call_begin(queue, SCRIPT_HOME, &args);
    args_text(&args, proposal->store);
    args_text(&args, proposal->environments);
    return ask_home(queue, &args, ret, err);
}

int queue_keys_check(const struct queue *queue, struct err *err) {
    return queue->key_file ? signature_check_keys(queue->key_file, err) : 0;
}
