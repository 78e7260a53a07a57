// SPDX-License-Identifier: Apache-2.0
#include "queue/durable.h"

#include <stdio.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_server.h"
#include "redis/server.h"

static const char *const words[] = {
    [QUEUE_NORMAL] = "normal", [QUEUE_REPLICATED] = "replicated", [QUEUE_FSYNC] = "fsync"};

int queue_durability_parse(const char *word, enum queue_durability *ret, struct err *err) {
    for (enum queue_durability durability = QUEUE_NORMAL; durability <= QUEUE_FSYNC; durability++) {
        if (strcmp(word, words[durability]) == 0) {
            *ret = durability;
            return 0;
        }
    }
    return err_set(err, REASON_CONFIG, "durability: expected normal, replicated or fsync, found \"%.40s\"", word);
}

int queue_durability_check(const struct server *server, enum queue_durability durability, struct err *err) {
    if (durability == QUEUE_REPLICATED && server->replicas == 0)
        return err_set(err, REASON_CONFIG,
                       "durability is replicated and Redis has no replica; start one, or set normal");
    if (durability == QUEUE_FSYNC && (!server_is(server, 7, 2) || !server->append_only))
        return err_set(
            err, REASON_CONFIG,
            "durability is fsync, which needs Redis 7.2 or later with appendonly yes; set appendfsync always "
            "there and durability normal here");
    return 0;
}

// Redis waits for what it was told last on this connection to write, and before that for nothing: what a transition wrote
// that was answered on another one, or was done already and wrote nothing now, would count as safe at once.
static void write_mark(const char *key, struct args *args) {
    args_begin(args, "HINCRBY");
    args_text(args, key);
    args_text(args, "confirmed");
    args_text(args, "1");
}

static void write_wait(enum queue_durability durability, uint32_t wait_ms, struct args *args) {
    args_begin(args, durability == QUEUE_FSYNC ? "WAITAOF" : "WAIT");
    args_text(args, "1");
    if (durability == QUEUE_FSYNC)
        args_text(args, "0");
    args_number(args, wait_ms);
}

// The number of replicas, or the list of how many disks here and elsewhere.
static int read_count(const struct reply *reply, const char *what, uint64_t *ret, struct err *err) {
    if (reply->kind == REPLY_LIST)
        return reply_number(reply, 0, what, ret, err);
    if (reply->kind != REPLY_INTEGER || reply->integer < 0)
        return err_set(err, REASON_INFRA, "%s: expected a number, found another reply", what);
    *ret = (uint64_t)reply->integer;
    return 0;
}

static int cannot_tell(const struct reply *reply, const char *what, struct err *err) {
    if (strncmp(reply->text, "ERR ", 4) != 0)
        return connection_refused(reply, what, err);
    return err_set(err, REASON_CONFIG,
                   "%s: accepted, not confirmed: durability fsync needs Redis 7.2 or later with appendonly yes; "
                   "set appendfsync always there and durability normal here",
                   what);
}

// Both at once: one round trip. *ret is what was answered to the wait, or what the mark was refused with.
static int ask(struct connection *connection, const struct args *mark, const struct args *wait, uint64_t deadline_ns,
               struct reply **ret, struct err *err) {
    auto_reply struct reply *marked = NULL, *waited = NULL;
    TRY(connection_send(connection, mark, deadline_ns, err));
    TRY(connection_send(connection, wait, deadline_ns, err));
    TRY(connection_receive(connection, deadline_ns, &marked, err));
    TRY(connection_receive(connection, deadline_ns, &waited, err));
    *ret = marked->kind == REPLY_ERROR ? steal_ptr(&marked) : steal_ptr(&waited);
    return 0;
}

int durable_confirm(struct session *session, const char *prefix, enum queue_durability durability, const char *what,
                    struct err *err) {
    struct args mark, args;
    char key[QUEUE_NAME_BYTES + 32];
    struct connection *connection = NULL;
    auto_reply struct reply *reply = NULL;
    uint64_t count = 0;
    uint32_t wait_ms = session->timeout_ms / 2 + 1;
    uint64_t deadline_ns = clock_deadline_ns(session->timeout_ms);
    if (durability == QUEUE_NORMAL)
        return 0;
    snprintf(key, sizeof key, "%s:stats", prefix);
    write_mark(key, &mark);
    write_wait(durability, wait_ms, &args);
    TRY(session_connect(session, deadline_ns, &connection, err));
    if (ask(connection, &mark, &args, deadline_ns, &reply, err) < 0) {
        session_drop(session);
        return -1;
    }
    if (reply->kind == REPLY_ERROR)
        return cannot_tell(reply, what, err);
    TRY(read_count(reply, what, &count, err));
    if (count == 0)
        return err_set(err, REASON_INFRA, "%s: accepted, not confirmed: %s within %u ms", what,
                       durability == QUEUE_FSYNC ? "it was not on the disk of Redis" : "no replica had it", wait_ms);
    return 0;
}
