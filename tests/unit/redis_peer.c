// SPDX-License-Identifier: Apache-2.0
#include "redis_peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "quern/own.h"

enum { MESSAGE_BYTES = 65536 };

static struct sockaddr_un named(const char *path) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    return name;
}

static int listen_at(struct redis_peer *peer) {
    snprintf(peer->dir, sizeof peer->dir, "/tmp/quern-peer-XXXXXX");
    assert_non_null(mkdtemp(peer->dir));
    snprintf(peer->socket, sizeof peer->socket, "%s/s", peer->dir);
    snprintf(peer->url, sizeof peer->url, "unix:%s", peer->socket);
    struct sockaddr_un name = named(peer->socket);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(listener, 8), 0);
    return listener;
}

/* 0 in the child. */
static pid_t start(struct redis_peer *peer) {
    pid_t parent = getpid();
    peer->pid = fork();
    assert_true(peer->pid >= 0);
    if (peer->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
    }
    return peer->pid;
}

static void send_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

void redis_peer_canned(struct redis_peer *peer, const char *bytes, size_t count) {
    auto_fd int listener = listen_at(peer);
    if (start(peer) != 0)
        return;
    for (;;) {
        char request[MESSAGE_BYTES];
        auto_fd int client = accept(listener, NULL, NULL);
        if (recv(client, request, sizeof request, 0) > 0)
            send_all(client, bytes, count);
        while (recv(client, request, sizeof request, 0) > 0) {
        }
    }
}

/* One message there and one back; both are small enough to come in one piece. */
static void pass_one(int client, const char *redis_socket, int lose) {
    char message[MESSAGE_BYTES];
    struct sockaddr_un name = named(redis_socket);
    auto_fd int redis = socket(AF_UNIX, SOCK_STREAM, 0);
    ssize_t count = recv(client, message, sizeof message, 0);
    if (count <= 0 || connect(redis, (struct sockaddr *)&name, sizeof name) < 0)
        return;
    send_all(redis, message, (size_t)count);
    count = recv(redis, message, sizeof message, 0);
    if (count > 0 && !lose)
        send_all(client, message, (size_t)count);
}

void redis_peer_lossy(struct redis_peer *peer, const char *redis_socket) {
    auto_fd int listener = listen_at(peer);
    if (start(peer) != 0)
        return;
    for (int lose = 1;; lose = !lose) {
        auto_fd int client = accept(listener, NULL, NULL);
        pass_one(client, redis_socket, lose);
    }
}

void redis_peer_stop(struct redis_peer *peer) {
    assert_int_equal(kill(peer->pid, SIGKILL), 0);
    assert_int_equal(waitpid(peer->pid, NULL, 0), peer->pid);
    unlink(peer->socket);
    assert_int_equal(rmdir(peer->dir), 0);
}
