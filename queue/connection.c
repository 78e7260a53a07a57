// SPDX-License-Identifier: Apache-2.0
#include "queue/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "quern/clock.h"
#include "quern/own.h"

// What a reply within its ceilings can need on the wire: every element brings a line of at most 24 bytes.
#define WIRE_MAX_BYTES (REPLY_MAX_BYTES + 24u * REPLY_MAX_ELEMENTS)

struct connection {
    redisContext *context;
    redisReader *reader;
    struct reply_budget budget;
    char name[ADDRESS_NAME_BYTES];
};

static int unreachable(const struct connection *connection, const char *why, struct err *err) {
    return err_set(err, REASON_UNREACHABLE, "Redis at %s: %s", connection->name, why);
}

static int failed(const struct connection *connection, const char *doing, struct err *err) {
    return err_sys(err, REASON_UNREACHABLE, "Redis at %s: %s", connection->name, doing);
}

/* ---- bytes ---- */

static int await(const struct connection *connection, short events, uint64_t deadline_ns, struct err *err) {
    struct pollfd polled = {.fd = connection->context->fd, .events = events};
    int ready;
    do
        ready = poll(&polled, 1, clock_poll_ms(deadline_ns));
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return failed(connection, "waiting", err);
    return ready ? 0 : unreachable(connection, "no answer in time", err);
}

static int send_all(const struct connection *connection, const char *bytes, size_t count, uint64_t deadline_ns,
                    struct err *err) {
    while (count > 0) {
        ssize_t sent = send(connection->context->fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return failed(connection, "sending", err);
        if (sent < 0) {
            TRY(await(connection, POLLOUT, deadline_ns, err));
            continue;
        }
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static int receive(struct connection *connection, uint64_t deadline_ns, struct err *err) {
    char bytes[16384];
    TRY(await(connection, POLLIN, deadline_ns, err));
    ssize_t count = recv(connection->context->fd, bytes, sizeof bytes, 0);
    if (count == 0)
        return unreachable(connection, "the connection was closed", err);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        return failed(connection, "receiving", err);
    if (count > 0 && redisReaderFeed(connection->reader, bytes, (size_t)count) != REDIS_OK)
        return err_set(err, REASON_INFRA, "Redis at %s: %s", connection->name, connection->reader->errstr);
    if (connection->reader->len - connection->reader->pos > WIRE_MAX_BYTES)
        return err_set(err, REASON_INFRA, "Redis at %s: a reply of more than 8 MiB", connection->name);
    return 0;
}

static int read_reply(struct connection *connection, uint64_t deadline_ns, struct reply **ret, struct err *err) {
    struct reply *reply = NULL;
    reply_budget_reset(&connection->budget);
    while (!reply) {
        void *built = NULL;
        if (redisReaderGetReply(connection->reader, &built) != REDIS_OK) {
            const char *refusal = connection->budget.refusal;
            return err_set(err, REASON_INFRA, "Redis at %s: a reply that cannot be read: %s", connection->name,
                           refusal ? refusal : connection->reader->errstr);
        }
        reply = built;
        if (!reply)
            TRY(receive(connection, deadline_ns, err));
    }
    *ret = reply;
    return 0;
}

int connection_call(struct connection *connection, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                    struct err *err) {
    char *command = NULL;
    // hiredis takes the texts as they are, but asks for them without const.
    const char **texts = (const char **)(uintptr_t)args->texts;
    int bytes = redisFormatCommandArgv(&command, (int)args->count, texts, args->bytes);
    if (bytes < 0)
        return err_set(err, REASON_INFRA, "no memory for a command");
    int sent = send_all(connection, command, (size_t)bytes, deadline_ns, err);
    redisFreeCommand(command);
    TRY(sent);
    return read_reply(connection, deadline_ns, ret, err);
}

/* ---- errors that Redis answers ---- */

static bool begins(const struct reply *reply, const char *word) {
    return strncmp(reply->text, word, strlen(word)) == 0;
}

static enum reason reason_of(const struct reply *reply) {
    static const char *const passing[] = {"LOADING",  "READONLY", "MASTERDOWN", "CLUSTERDOWN",
                                          "TRYAGAIN", "BUSY",     "NOREPLICAS", "UNBLOCKED"};
    static const char *const denied[] = {"NOAUTH", "NOPERM", "WRONGPASS"};
    static const char *const config[] = {
        "MOVED", "ASK", "ERR invalid password", "ERR DB index", "ERR Client sent AUTH", "ERR AUTH"};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (begins(reply, passing[i]))
            return REASON_UNREACHABLE;
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        if (begins(reply, denied[i]))
            return REASON_DENIED;
    for (size_t i = 0; i < sizeof config / sizeof *config; i++)
        if (begins(reply, config[i]))
            return REASON_CONFIG;
    return REASON_INFRA;
}

int connection_refused(const struct reply *reply, const char *what, struct err *err) {
    const char *remedy = begins(reply, "OOM") ? "; Redis is full: raise maxmemory or purge ended jobs" : "";
    if (begins(reply, "MISCONF"))
        remedy = "; Redis cannot write its files: look at its disk";
    err_fill(err, reason_of(reply), "%s: Redis refused: %.400s%s", what, reply->text, remedy);
    if (err)
        err_distrust(err);
    return -1;
}

/* ---- opening ---- */

static int greet(struct connection *connection, const struct args *args, const char *what, uint64_t deadline_ns,
                 struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(connection_call(connection, args, deadline_ns, &reply, err));
    if (reply->kind == REPLY_ERROR)
        return connection_refused(reply, what, err);
    return 0;
}

static int authenticate(struct connection *connection, const struct address *address, const char *password,
                        uint64_t deadline_ns, struct err *err) {
    struct args args = {.count = 0};
    args_text(&args, "AUTH");
    if (address->user[0])
        args_text(&args, address->user);
    args_text(&args, password);
    return greet(connection, &args, "authentication", deadline_ns, err);
}

static int choose_database(struct connection *connection, const struct address *address, uint64_t deadline_ns,
                           struct err *err) {
    struct args args = {.count = 0};
    args_text(&args, "SELECT");
    args_number(&args, address->database);
    return greet(connection, &args, "database", deadline_ns, err);
}

// A peer that vanished is noticed by the kernel, too, while nothing is being asked.
static void keep_alive(const struct connection *connection, const struct address *address) {
    int on = 1, user_timeout_ms = 15000, fd = connection->context->fd;
    if (address->path[0])
        return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
}

static int dial(struct connection *connection, const struct address *address, uint64_t deadline_ns, struct err *err) {
    int left_ms = clock_poll_ms(deadline_ns);
    struct timeval timeout = {.tv_sec = left_ms / 1000, .tv_usec = left_ms % 1000 * 1000 + 1};
    redisContext *context = address->path[0] ? redisConnectUnixWithTimeout(address->path, timeout)
                                             : redisConnectWithTimeout(address->host, address->port, timeout);
    connection->context = context;
    if (!context)
        return err_set(err, REASON_INFRA, "no memory for a connection");
    if (context->err)
        return unreachable(connection, context->errstr, err);
    int flags = fcntl(context->fd, F_GETFL);
    if (flags < 0 || fcntl(context->fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(context->fd, F_SETFD, FD_CLOEXEC) < 0)
        return failed(connection, "the socket", err);
    keep_alive(connection, address);
    return 0;
}

static void own_connection(void *p) { connection_close(*(struct connection **)p); }

int connection_open(const struct address *address, const char *password, uint64_t deadline_ns, struct connection **ret,
                    struct err *err) {
    __attribute__((cleanup(own_connection))) struct connection *connection = calloc(1, sizeof *connection);
    if (!connection || !(connection->reader = reply_reader_new(&connection->budget)))
        return err_set(err, REASON_INFRA, "no memory for a connection");
    address_name(address, connection->name);
    TRY(dial(connection, address, deadline_ns, err));
    if (password)
        TRY(authenticate(connection, address, password, deadline_ns, err));
    if (address->database)
        TRY(choose_database(connection, address, deadline_ns, err));
    *ret = steal_ptr(&connection);
    return 0;
}

void connection_close(struct connection *connection) {
    if (!connection)
        return;
    if (connection->context)
        redisFree(connection->context);
    if (connection->reader)
        redisReaderFree(connection->reader);
    free(connection);
}
