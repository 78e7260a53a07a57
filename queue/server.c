// SPDX-License-Identifier: Apache-2.0
// What kind of Redis this is, and whether it may hold a queue.
#include <stdio.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_server.h"
#include "queue/call.h"
#include "queue/replies.h"
#include "queue/server.h"

enum { VERSION_MAJOR_LEAST = 6, VERSION_MINOR_LEAST = 2 };

// The value of `name:value\r\n` in the text of INFO, or NULL.
static const char *value_of(const struct reply *info, const char *name, size_t *ret_bytes) {
    size_t length = strlen(name);
    for (const char *line = info->text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            *ret_bytes = strcspn(line + length + 1, "\r\n");
            return line + length + 1;
        }
    }
    return NULL;
}

static int copy(const struct reply *info, const char *name, char *place, size_t room, struct err *err) {
    size_t bytes = 0;
    const char *value = value_of(info, name, &bytes);
    if (!value || bytes >= room)
        return err_set(err, REASON_INFRA, "Redis says nothing of its %s", name);
    snprintf(place, room, "%.*s", (int)bytes, value);
    for (char *c = place; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return 0;
}

static int number(const struct reply *info, const char *name, uint64_t *place, struct err *err) {
    char text[24];
    TRY(copy(info, name, text, sizeof text, err));
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits])
        return err_set(err, REASON_INFRA, "Redis says \"%s\" of its %s, expected a number", text, name);
    *place = strtoull(text, NULL, 10);
    return 0;
}

int replies_server(const struct reply *info, struct queue_server *ret, struct err *err) {
    char role[32], append_only[8];
    struct queue_server server = {.replica = false};
    if (info->kind != REPLY_TEXT)
        return err_set(err, REASON_INFRA, "Redis says nothing of itself");
    TRY(copy(info, "redis_version", server.version, sizeof server.version, err));
    TRY(copy(info, "maxmemory_policy", server.eviction, sizeof server.eviction, err));
    TRY(copy(info, "aof_enabled", append_only, sizeof append_only, err));
    TRY(copy(info, "role", role, sizeof role, err));
    TRY(number(info, "used_memory", &server.used_bytes, err));
    TRY(number(info, "maxmemory", &server.max_bytes, err));
    TRY(number(info, "connected_slaves", &server.replicas, err));
    // Since 7.0.
    uint64_t now_us = 0;
    if (number(info, "server_time_usec", &now_us, NULL) == 0)
        server.now_unix_ms = now_us / 1000;
    server.append_only = strcmp(append_only, "1") == 0;
    server.replica = strcmp(role, "master") != 0;
    *ret = server;
    return QUEUE_OK;
}

int queue_server(struct queue *queue, struct queue_server *ret, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    args_begin(&args, "INFO");
    TRY(call_command(queue, &args, clock_deadline_ns(queue->session.timeout_ms), &reply, err));
    return replies_server(reply, ret, err);
}

bool server_is(const struct queue_server *server, unsigned long major, unsigned long minor) {
    char *end = NULL;
    unsigned long found = strtoul(server->version, &end, 10);
    unsigned long behind = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    return found > major || (found == major && behind >= minor);
}

int queue_server_check(const struct queue_server *server, struct err *err) {
    if (!server_is(server, VERSION_MAJOR_LEAST, VERSION_MINOR_LEAST))
        return err_set(err, REASON_CONFIG, "Redis is version %s; a queue needs %d.%d or later", server->version,
                       VERSION_MAJOR_LEAST, VERSION_MINOR_LEAST);
    if (strcmp(server->eviction, "noeviction") != 0)
        return err_set(err, REASON_CONFIG,
                       "Redis drops keys when memory ends (maxmemory-policy is %s), and jobs with them; set "
                       "maxmemory-policy noeviction",
                       server->eviction);
    if (server->replica)
        return err_set(err, REASON_CONFIG, "this Redis is a replica; name the primary");
    return 0;
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
