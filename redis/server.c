// SPDX-License-Identifier: Apache-2.0
#include "redis/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/clock.h"

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

// As Redis does it: what its own buffers take does not count.
static void weigh(const struct reply *info, struct server *server) {
    uint64_t buffers = 0;
    if (number(info, "mem_not_counted_for_evict", &buffers, NULL) < 0 || buffers > server->used_bytes)
        buffers = 0;
    server->full = server->max_bytes && server->used_bytes - buffers > server->max_bytes;
}

int server_read(const struct reply *info, struct server *ret, struct err *err) {
    char role[32], append_only[8];
    struct server server = {.replica = false};
    if (info->kind != REPLY_TEXT)
        return err_set(err, REASON_INFRA, "Redis says nothing of itself");
    TRY(copy(info, "redis_version", server.version, sizeof server.version, err));
    TRY(copy(info, "maxmemory_policy", server.eviction, sizeof server.eviction, err));
    TRY(copy(info, "aof_enabled", append_only, sizeof append_only, err));
    TRY(copy(info, "role", role, sizeof role, err));
    TRY(number(info, "used_memory", &server.used_bytes, err));
    TRY(number(info, "maxmemory", &server.max_bytes, err));
    TRY(number(info, "connected_slaves", &server.replicas, err));
    weigh(info, &server);
    // Since 7.0.
    uint64_t now_us = 0;
    if (number(info, "server_time_usec", &now_us, NULL) == 0)
        server.now_unix_ms = now_us / 1000;
    server.append_only = strcmp(append_only, "1") == 0;
    server.replica = strcmp(role, "master") != 0;
    *ret = server;
    return 0;
}

// A full Redis takes it, one that is read-only does not.
static int try_write(struct session *session, const char *key, uint64_t deadline_ns, struct server *server,
                     struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    args_begin(&args, "HDEL");
    args_text(&args, key);
    args_text(&args, "");
    if (session_command(session, &args, deadline_ns, &reply, &server->refusal) == 0)
        return 0;
    if (err && server->refusal.reason == REASON_UNREACHABLE)
        *err = server->refusal;
    return server->refusal.reason == REASON_UNREACHABLE ? -1 : 0;
}

int server_ask(struct session *session, const char *key, struct server *ret, struct err *err) {
    struct args args;
    struct server server;
    auto_reply struct reply *reply = NULL;
    uint64_t deadline_ns = clock_deadline_ns(session->timeout_ms);
    args_begin(&args, "INFO");
    TRY(session_command(session, &args, deadline_ns, &reply, err));
    TRY(server_read(reply, &server, err));
    TRY(try_write(session, key, deadline_ns, &server, err));
    *ret = server;
    return 0;
}

bool server_is(const struct server *server, unsigned long major, unsigned long minor) {
    char *end = NULL;
    unsigned long found = strtoul(server->version, &end, 10);
    unsigned long behind = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    return found > major || (found == major && behind >= minor);
}

int server_check(const struct server *server, const char *things, struct err *err) {
    if (!server_is(server, VERSION_MAJOR_LEAST, VERSION_MINOR_LEAST))
        return err_set(err, REASON_CONFIG, "Redis is version %s; quern needs %d.%d or later", server->version,
                       VERSION_MAJOR_LEAST, VERSION_MINOR_LEAST);
    if (strcmp(server->eviction, "noeviction") != 0)
        return err_set(err, REASON_CONFIG,
                       "Redis drops keys when memory ends (maxmemory-policy is %s), and %s with them; set "
                       "maxmemory-policy noeviction",
                       server->eviction, things);
    if (server->replica)
        return err_set(err, REASON_CONFIG, "this Redis is a replica; name the primary");
    if (server->refusal.reason && err)
        *err = server->refusal;
    return server->refusal.reason ? -1 : 0;
}
