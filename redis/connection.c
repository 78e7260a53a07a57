// SPDX-License-Identifier: Apache-2.0
#include "redis/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "quern/clock.h"
#include "quern/own.h"

// What a bulk reply begins with: `$`, at most 10 digits, CR LF. And what any element adds to its text on the wire.
enum { HEAD_BYTES = 16, ELEMENT_BYTES = 24 };

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

// At least one byte of what comes.
static int read_some(const struct connection *connection, char *place, size_t room, uint64_t deadline_ns,
                     size_t *ret_count, struct err *err) {
    for (;;) {
        ssize_t count = recv(connection->context->fd, place, room, 0);
        if (count > 0) {
            *ret_count = (size_t)count;
            return 0;
        }
        if (count == 0)
            return unreachable(connection, "the connection was closed", err);
        if (errno != EAGAIN && errno != EINTR)
            return failed(connection, "receiving", err);
        TRY(await(connection, POLLIN, deadline_ns, err));
    }
}

static int read_all(const struct connection *connection, char *place, size_t bytes, uint64_t deadline_ns,
                    struct err *err) {
    for (size_t count = 0; bytes > 0; bytes -= count, place += count)
        TRY(read_some(connection, place, bytes, deadline_ns, &count, err));
    return 0;
}

static int feed(const struct connection *connection, const char *bytes, size_t count, struct err *err) {
    if (redisReaderFeed(connection->reader, bytes, count) != REDIS_OK)
        return err_set(err, REASON_INFRA, "Redis at %s: %s", connection->name, connection->reader->errstr);
    return 0;
}

static int feed_more(const struct connection *connection, uint64_t deadline_ns, struct err *err) {
    char bytes[65536];
    size_t count = 0;
    const struct reply_limits *limits = &connection->budget.limits;
    TRY(read_some(connection, bytes, sizeof bytes, deadline_ns, &count, err));
    TRY(feed(connection, bytes, count, err));
    if (connection->reader->len - connection->reader->pos > limits->bytes + ELEMENT_BYTES * limits->elements)
        return err_set(err, REASON_INFRA, "Redis at %s: a reply of more than %zu bytes", connection->name,
                       limits->bytes);
    return 0;
}

/* ---- commands and replies ---- */

int connection_receive(struct connection *connection, uint64_t deadline_ns, struct reply **ret, struct err *err) {
    struct reply *reply = NULL;
    reply_budget_reset(&connection->budget);
    while (!reply) {
        void *built = NULL;
        if (redisReaderGetReply(connection->reader, &built) != REDIS_OK) {
            const char *refusal = connection->budget.refusal;
            return err_set(err, REASON_INFRA, "Redis at %s: a reply that cannot be read: %s", connection->name,
                           refusal[0] ? refusal : connection->reader->errstr);
        }
        reply = built;
        if (!reply)
            TRY(feed_more(connection, deadline_ns, err));
    }
    *ret = reply;
    return 0;
}

int connection_send(struct connection *connection, const struct args *args, uint64_t deadline_ns, struct err *err) {
    char *command = NULL;
    // hiredis takes the texts as they are, but asks for them without const.
    const char **texts = (const char **)(uintptr_t)args->texts;
    int bytes = redisFormatCommandArgv(&command, (int)args->count, texts, args->bytes);
    if (bytes < 0)
        return err_set(err, REASON_INFRA, "no memory for a command");
    int sent = send_all(connection, command, (size_t)bytes, deadline_ns, err);
    if (args->secret)
        explicit_bzero(command, (size_t)bytes);
    redisFreeCommand(command);
    return sent;
}

int connection_call(struct connection *connection, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                    struct err *err) {
    TRY(connection_send(connection, args, deadline_ns, err));
    return connection_receive(connection, deadline_ns, ret, err);
}

/* ---- a text straight into its place ---- */

// `$COUNT` CR LF at the beginning of what came: the length of this head, or 0 for anything else.
static size_t bulk_head(const char *bytes, size_t count, uint64_t *ret_body) {
    uint64_t body = 0;
    size_t at = 1;
    if (bytes[0] != '$')
        return 0;
    for (; at < count && at <= 10 && bytes[at] >= '0' && bytes[at] <= '9'; at++)
        body = body * 10 + (uint64_t)(bytes[at] - '0');
    if (at == 1 || at + 2 > count || memcmp(bytes + at, "\r\n", 2) != 0)
        return 0;
    *ret_body = body;
    return at + 2;
}

// What came behind the head was taken from the stream with it: first the text's, then the line's end, then what belongs
// to the next reply.
static int read_body(const struct connection *connection, const char *extra, size_t extra_bytes, char *place,
                     size_t body, uint64_t deadline_ns, struct err *err) {
    char line[2];
    size_t text = extra_bytes < body ? extra_bytes : body;
    size_t end = extra_bytes - text < sizeof line ? extra_bytes - text : sizeof line;
    memcpy(place, extra, text);
    memcpy(line, extra + text, end);
    TRY(read_all(connection, place + text, body - text, deadline_ns, err));
    TRY(read_all(connection, line + end, sizeof line - end, deadline_ns, err));
    if (memcmp(line, "\r\n", 2) != 0)
        return err_set(err, REASON_INFRA, "Redis at %s: a text of %zu bytes that is longer", connection->name, body);
    size_t used = text + end;
    return used < extra_bytes ? feed(connection, extra + used, extra_bytes - used, err) : 0;
}

static int receive_and_copy(struct connection *connection, char *place, size_t room, uint64_t deadline_ns,
                            size_t *ret_bytes, struct reply **ret, struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(connection_receive(connection, deadline_ns, &reply, err));
    *ret = NULL;
    if (reply->kind != REPLY_TEXT || reply->bytes > room) {
        *ret = steal_ptr(&reply);
        return 0;
    }
    memcpy(place, reply->text, reply->bytes);
    *ret_bytes = reply->bytes;
    return 0;
}

int connection_receive_bytes(struct connection *connection, void *place, size_t room, uint64_t deadline_ns,
                             size_t *ret_bytes, struct reply **ret, struct err *err) {
    char head[HEAD_BYTES] = {0};
    size_t count = 0, more = 0;
    uint64_t body = 0;
    // Where hiredis has read ahead, the reply goes on in its buffer.
    if (connection->reader->len > connection->reader->pos)
        return receive_and_copy(connection, place, room, deadline_ns, ret_bytes, ret, err);
    while (count < sizeof head && !memchr(head, '\n', count)) {
        TRY(read_some(connection, head + count, sizeof head - count, deadline_ns, &more, err));
        count += more;
    }
    size_t begin = bulk_head(head, count, &body);
    if (begin == 0 || body > room) {
        TRY(feed(connection, head, count, err));
        return receive_and_copy(connection, place, room, deadline_ns, ret_bytes, ret, err);
    }
    TRY(read_body(connection, head + begin, count - begin, place, (size_t)body, deadline_ns, err));
    *ret = NULL;
    *ret_bytes = (size_t)body;
    return 0;
}

int connection_fd(const struct connection *connection) { return connection->context->fd; }

/* ---- errors that Redis answers ---- */

#define RIGHTS "; its user needs the rights of deploy/redis/users.acl"
#define NO_COMMAND "; quern needs Redis 6.2 or later, with the commands of deploy/redis/users.acl under their own names"

// By the first words of the reply. Who sends much without a password is refused before his command is understood.
static const struct refusal {
    const char *words;
    enum reason reason;
    const char *remedy;
} refusals[] = {
    {"LOADING", REASON_UNREACHABLE, ""},
    {"READONLY", REASON_UNWRITABLE, "; this Redis is a replica: name the primary"},
    {"MASTERDOWN", REASON_UNREACHABLE, ""},
    {"CLUSTERDOWN", REASON_UNREACHABLE, ""},
    {"TRYAGAIN", REASON_UNREACHABLE, ""},
    {"BUSY", REASON_UNREACHABLE, ""},
    {"NOREPLICAS", REASON_UNWRITABLE, "; its replicas are away: bring them back, or lower min-replicas-to-write"},
    {"UNBLOCKED", REASON_UNREACHABLE, ""},
    {"ERR max number of clients", REASON_UNREACHABLE, "; raise maxclients, or see who holds so many connections"},
    {"DENIED Redis is running in protected mode", REASON_DENIED,
     "; give it a password, or bind it to addresses of your own"},
    {"NOAUTH", REASON_DENIED, "; this Redis wants a password"},
    {"ERR Protocol error: unauthenticated", REASON_DENIED, "; this Redis wants a password"},
    {"WRONGPASS", REASON_DENIED, "; look at the user in the URL and at the password file"},
    {"NOPERM", REASON_DENIED, RIGHTS},
    {"ERR The user executing the script", REASON_DENIED, RIGHTS},
    {"The user executing the script", REASON_DENIED, RIGHTS},
    {"ERR unknown command", REASON_CONFIG, NO_COMMAND},
    {"ERR Unknown Redis command", REASON_CONFIG, NO_COMMAND},
    {"MOVED", REASON_CONFIG, ""},
    {"ASK", REASON_CONFIG, ""},
    {"ERR invalid password", REASON_CONFIG, ""},
    {"ERR DB index", REASON_CONFIG, ""},
    {"ERR Client sent AUTH", REASON_CONFIG, ""},
    {"ERR AUTH", REASON_CONFIG, ""},
    {"OOM", REASON_UNWRITABLE, "; Redis is full: raise maxmemory or purge ended jobs"},
    {"MISCONF", REASON_UNWRITABLE, "; Redis cannot write its files: look at its disk"},
    {"", REASON_INFRA, ""},
};

// Redis before 7.0 wraps what a command of a script was refused with: "ERR Error running script (call to f_SHA):
// @user_script:12: @user_script: 12: -OOM ...".
static const char *unwrapped(const char *text) {
    static const char place[] = "@user_script: ";
    const char *at = strncmp(text, "ERR Error running script", 24) == 0 ? strstr(text, place) : NULL;
    if (!at)
        return text;
    at += strlen(place);
    at += strspn(at, "0123456789: ");
    return at + (*at == '-');
}

static size_t until(const char *text, size_t bytes, const char *words) {
    const char *at = strstr(text, words);
    return at && (size_t)(at - text) < bytes ? (size_t)(at - text) : bytes;
}

// The first sentence without its period: not what Redis advises, nor where in which script it was.
static int told_bytes(const char *text) {
    size_t bytes = until(text, until(text, strnlen(text, 400), " script: "), ". ");
    return (int)(bytes && text[bytes - 1] == '.' ? bytes - 1 : bytes);
}

void connection_refuse(const struct reply *reply, const char *what, struct err *err) {
    const char *text = unwrapped(reply->text);
    const struct refusal *refusal = refusals;
    while (strncmp(text, refusal->words, strlen(refusal->words)) != 0)
        refusal++;
    err_fill(err, refusal->reason, "%s: Redis refused: %.*s%s", what, told_bytes(text), text, refusal->remedy);
    if (err)
        err_distrust(err);
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
    struct args args;
    args_begin(&args, "AUTH");
    if (address->user[0])
        args_text(&args, address->user);
    args_secret(&args, password);
    return greet(connection, &args, "authentication", deadline_ns, err);
}

static int choose_database(struct connection *connection, const struct address *address, uint64_t deadline_ns,
                           struct err *err) {
    struct args args;
    args_begin(&args, "SELECT");
    args_number(&args, address->database);
    return greet(connection, &args, "database", deadline_ns, err);
}

// A peer that vanished is noticed by the kernel, too, while nothing is being asked. And whoever closes has given up what is
// on its way: the kernel must not deliver it later, when the same has been asked again elsewhere and done.
static void set_options(const struct connection *connection, const struct address *address) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    int on = 1, user_timeout_ms = 15000, fd = connection->context->fd;
    if (address->path[0])
        return;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
}

static int take_context(struct connection *connection, redisContext *context, struct err *err) {
    connection->context = context;
    if (!context)
        return err_set(err, REASON_INFRA, "no memory for a connection");
    if (context->err)
        return unreachable(connection, context->errstr, err);
    int flags = fcntl(context->fd, F_GETFL);
    if (flags < 0 || fcntl(context->fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(context->fd, F_SETFD, FD_CLOEXEC) < 0)
        return failed(connection, "the socket", err);
    return 0;
}

static int dial(struct connection *connection, const struct address *address, uint64_t deadline_ns, struct err *err) {
    int left_ms = clock_poll_ms(deadline_ns);
    struct timeval timeout = {.tv_sec = left_ms / 1000, .tv_usec = left_ms % 1000 * 1000 + 1};
    redisContext *context = address->path[0] ? redisConnectUnixWithTimeout(address->path, timeout)
                                             : redisConnectWithTimeout(address->host, address->port, timeout);
    TRY(take_context(connection, context, err));
    set_options(connection, address);
    return 0;
}

static void own_connection(void *p) { connection_close(*(struct connection **)p); }
#define auto_connection __attribute__((cleanup(own_connection)))

static struct connection *make(const char *name, struct reply_limits limits) {
    auto_connection struct connection *connection = calloc(1, sizeof *connection);
    if (!connection || !(connection->reader = reply_reader_new(&connection->budget)))
        return NULL;
    connection->budget.limits = limits;
    snprintf(connection->name, sizeof connection->name, "%s", name);
    return steal_ptr(&connection);
}

int connection_adopt(int fd, const char *name, struct reply_limits limits, struct connection **ret, struct err *err) {
    auto_fd int socket = fd;
    auto_connection struct connection *connection = make(name, limits);
    redisContext *context = connection ? redisConnectFd(fd) : NULL;
    if (!context)
        return err_set(err, REASON_INFRA, "no memory for a connection");
    steal_fd(&socket);
    TRY(take_context(connection, context, err));
    *ret = steal_ptr(&connection);
    return 0;
}

int connection_open(const struct address *address, const char *password, struct reply_limits limits,
                    uint64_t deadline_ns, struct connection **ret, struct err *err) {
    char name[ADDRESS_NAME_BYTES];
    address_name(address, name);
    auto_connection struct connection *connection = make(name, limits);
    if (!connection)
        return err_set(err, REASON_INFRA, "no memory for a connection");
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
