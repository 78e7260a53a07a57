// SPDX-License-Identifier: Apache-2.0
/*
 * /livez, /readyz and /metrics, for GET and HEAD, to whoever can connect: they tell, and change nothing. libmicrohttpd does
 * the protocol, within our poll loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <microhttpd.h>

#include "keeper.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_keeper.h"
#include "quern/queue_operator.h"

enum { CONNECTIONS = 32, TIMEOUT_S = 10, COUNT_MS = 1000, SUPERVISOR_SILENCE_MS = 30000 };

struct keeper_http {
    struct MHD_Daemon *daemon;
    int epoll;
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of our socket; empty: none */
    ino_t inode;                                          /* of it: the next keeper's has the same path */
};

// ---- what is told ----

struct answer {
    unsigned status;
    char *text; // owned
    size_t bytes;
};

static bool supervisor_lives(const struct keeper *keeper) {
    return clock_now_ns() - keeper->ordered_ns < (uint64_t)SUPERVISOR_SILENCE_MS * 1000000;
}

static void tell_live(struct keeper *keeper, struct answer *answer, FILE *out) {
    bool lives = supervisor_lives(keeper);
    answer->status = lives ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    fprintf(out, lives ? "ok\n" : "the supervisor has been silent\n");
}

// Ready when every queue can be served: whoever wants some of them only configures those.
static void tell_ready(struct keeper *keeper, struct answer *answer, FILE *out) {
    bool ready = !keeper->draining && supervisor_lives(keeper);
    if (keeper->draining)
        fprintf(out, "draining\n");
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++) {
        const struct keeper_queue *queue = &keeper->queues[i];
        const char *word = queue->ready ? "ready" : *queue->why ? "" : "not looked at yet";
        fprintf(out, "%s: %s%s%s\n", keeper->settings.queues[i], word, *word && *queue->why ? "; " : "", queue->why);
        ready = ready && queue->ready;
    }
    answer->status = ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static void count_queues(struct keeper *keeper) {
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++) {
        struct metrics_queue *metrics = &keeper->metrics.queues[i];
        uint64_t now = clock_now_ns();
        struct err ignored;
        if (metrics->counted && now - metrics->counted_ns < (uint64_t)COUNT_MS * 1000000)
            continue;
        metrics->counted =
            keeper->queues[i].server_good && keeper_may_call(keeper, now) &&
            keeper_called(keeper, queue_count(keeper->queues[i].queue, &metrics->counts, &ignored), now) >= 0;
        metrics->counted_ns = now;
    }
}

static void tell_metrics(struct keeper *keeper, struct answer *answer, FILE *out) {
    keeper->metrics.redis_good = true;
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        keeper->metrics.redis_good &= keeper_server_serves(&keeper->queues[i]);
    count_queues(keeper);
    keeper->metrics.redis_reconnects = 0;
    for (uint32_t i = 0; i < keeper->settings.queue_count; i++)
        keeper->metrics.redis_reconnects += queue_reconnects(keeper->queues[i].queue);
    answer->status = MHD_HTTP_OK;
    metrics_write(&keeper->metrics, &keeper->settings, out);
}

static const struct {
    const char *path;
    void (*tell)(struct keeper *keeper, struct answer *answer, FILE *out);
} pages[] = {{"/livez", tell_live}, {"/readyz", tell_ready}, {"/metrics", tell_metrics}};

static void look_up(struct keeper *keeper, const char *method, const char *path, struct answer *answer, FILE *out) {
    answer->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return;
    answer->status = MHD_HTTP_NOT_FOUND;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].path, path) == 0)
            pages[i].tell(keeper, answer, out);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload, size_t *upload_bytes,
                                  void **state) {
    (void)version, (void)upload, (void)state;
    struct answer answer = {0};
    *upload_bytes = 0;
    FILE *out = open_memstream(&answer.text, &answer.bytes);
    if (!out)
        return MHD_NO;
    look_up(context, method, path, &answer, out);
    fclose(out);
    struct MHD_Response *response = MHD_create_response_from_buffer(answer.bytes, answer.text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(answer.text);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    enum MHD_Result result = MHD_queue_response(connection, answer.status, response);
    MHD_destroy_response(response);
    return result;
}

// ---- where it listens ----

static int listen_unix(struct keeper_http *http, const char *path, struct err *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat stat;
    if (strlen(path) >= sizeof address.sun_path)
        return err_set(err, REASON_CONFIG, "[http] listen: expected a path of at most %zu bytes, found %s",
                       sizeof address.sun_path - 1, path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(err, REASON_INFRA, "[http] listen: socket");
    // The one that the last keeper left; nothing else is removed.
    if (lstat(path, &stat) == 0 && S_ISSOCK(stat.st_mode))
        unlink(path);
    mode_t mask = umask(0117);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (bound < 0 || lstat(path, &stat) < 0)
        return err_sys(err, REASON_CONFIG, "[http] listen: %s", path);
    http->inode = stat.st_ino;
    memcpy(http->path, address.sun_path, sizeof http->path);
    return steal_fd(&fd);
}

// "127.0.0.1:9090" or "[::1]:9090"; no names: an address is what is bound.
static int split_address(const char *listen, char host[64], const char **ret_port, struct err *err) {
    const char *colon = strrchr(listen, ':');
    size_t bytes = colon ? (size_t)(colon - listen) : 0;
    if (bytes > 2 && listen[0] == '[' && listen[bytes - 1] == ']') {
        listen++;
        bytes -= 2;
    }
    if (bytes == 0 || bytes >= 64)
        return err_set(err, REASON_CONFIG, "[http] listen: expected /PATH or ADDRESS:PORT, found \"%.200s\"", listen);
    memcpy(host, listen, bytes);
    host[bytes] = '\0';
    *ret_port = colon + 1;
    return 0;
}

static int listen_tcp(const char *where, struct err *err) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[64];
    const char *port;
    TRY(split_address(where, host, &port, err));
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0)
        return err_set(err, REASON_CONFIG, "[http] listen: %.200s: %s", where, gai_strerror(code));
    auto_fd int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    bool bound = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                 bind(fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (!bound)
        return err_sys(err, REASON_CONFIG, "[http] listen: %.200s", where);
    return steal_fd(&fd);
}

static int start(struct keeper *keeper, struct keeper_http *http, struct err *err) {
    const char *where = keeper->settings.http_listen;
    auto_fd int fd = *where == '/' ? listen_unix(http, where, err) : listen_tcp(where, err);
    TRY(fd);
    if (listen(fd, CONNECTIONS) < 0)
        return err_sys(err, REASON_CONFIG, "[http] listen: %s", where);
    http->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, keeper, MHD_OPTION_LISTEN_SOCKET, fd,
                                    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                                    (unsigned)TIMEOUT_S, MHD_OPTION_END);
    if (!http->daemon)
        return err_set(err, REASON_INFRA, "[http] listen: %s: libmicrohttpd does not start", where);
    (void)steal_fd(&fd); // the daemon's
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    http->epoll = info ? info->epoll_fd : -1;
    return 0;
}

int keeper_http_open(struct keeper *keeper, struct err *err) {
    if (!*keeper->settings.http_listen)
        return 0;
    keeper->ordered_ns = clock_now_ns();
    keeper->http = calloc(1, sizeof *keeper->http);
    if (!keeper->http)
        return err_set(err, REASON_INFRA, "out of memory");
    return start(keeper, keeper->http, err);
}

void keeper_http_close(struct keeper *keeper) {
    if (!keeper->http)
        return;
    if (keeper->http->daemon)
        MHD_stop_daemon(keeper->http->daemon);
    struct stat stat;
    if (*keeper->http->path && lstat(keeper->http->path, &stat) == 0 && stat.st_ino == keeper->http->inode)
        unlink(keeper->http->path);
    free(keeper->http);
    keeper->http = NULL;
}

int keeper_http_fd(const struct keeper *keeper) { return keeper->http ? keeper->http->epoll : -1; }

void keeper_http_turn(struct keeper *keeper) {
    if (keeper->http)
        (void)MHD_run(keeper->http->daemon);
}
