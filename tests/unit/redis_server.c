// SPDX-License-Identifier: Apache-2.0
#include "redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "quern/clock.h"
#include "quern/own.h"

enum { READY_MS = 20000 };

static void become_redis(const struct redis_server *server, pid_t parent) {
    char log[96];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    snprintf(log, sizeof log, "%s/log", server->dir);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->socket, "--dir", server->dir,
           "--logfile", log, "--save", "", "--appendonly", server->append_only ? "yes" : "no", "--appendfsync",
           "always", "--maxmemory-policy", "noeviction", "--daemonize", "no", (char *)NULL);
    _exit(127);
}

static bool answers(redisContext *raw) {
    redisReply *reply = redisCommand(raw, "PING");
    bool good = reply && reply->type == REDIS_REPLY_STATUS;
    if (reply)
        freeReplyObject(reply);
    return good;
}

/* ---- TCP and users ---- */

static bool accepted(struct redis_server *server, int count, const char **words) {
    redisReply *reply = redisCommandArgv(server->raw, count, words, NULL);
    assert_non_null(reply);
    bool good = reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return good;
}

/* A port that is free now; somebody else may be quicker. */
static unsigned free_port(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof name;
    auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &bytes), 0);
    return ntohs(name.sin_port);
}

void redis_server_listen(struct redis_server *server) {
    char number[16];
    const char *words[] = {"CONFIG", "SET", "port", number, "bind", "127.0.0.1"};
    uint64_t deadline_ns = clock_deadline_ns(READY_MS);
    unsigned again = server->port;
    for (bool good = false; !good; assert_true(clock_now_ns() < deadline_ns)) {
        server->port = again ? again : free_port();
        snprintf(number, sizeof number, "%u", server->port);
        good = accepted(server, 6, words);
    }
    snprintf(server->url, sizeof server->url, "redis://127.0.0.1:%u", server->port);
}

/* The words behind the password in the line of this user: what it may. */
static void grant(struct redis_server *server, char *line) {
    enum { WORDS = 40 };
    const char *words[WORDS] = {"ACL", "SETUSER"};
    char *rest = NULL;
    int count = 2;
    for (char *word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
        assert_true(count < WORDS);
        if (strcmp(word, "user") != 0)
            words[count++] = word[0] == '#' ? ">" REDIS_SERVER_PASSWORD : word;
    }
    assert_true(accepted(server, count, words));
}

void redis_server_guard(struct redis_server *server) {
    char line[1024];
    bool found = false;
    auto_file FILE *users = fopen(QUERN_FIXTURES "/../../deploy/redis/users.acl", "re");
    assert_non_null(users);
    redis_server_listen(server);
    while (fgets(line, sizeof line, users)) {
        if (strncmp(line, "user quern ", 11) == 0) {
            grant(server, line);
            found = true;
        }
    }
    assert_true(found);
    server->guarded = true;
    snprintf(server->url, sizeof server->url, "redis://quern@127.0.0.1:%u", server->port);
}

/* ---- life ---- */

static void await_answer(struct redis_server *server) {
    uint64_t deadline_ns = clock_deadline_ns(READY_MS);
    for (;;) {
        server->raw = redisConnectUnix(server->socket);
        if (server->raw && !server->raw->err && answers(server->raw))
            return;
        if (server->raw)
            redisFree(server->raw);
        assert_true(clock_now_ns() < deadline_ns);
        assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
        poll(NULL, 0, 5);
    }
}

void redis_server_again(struct redis_server *server) {
    pid_t parent = getpid();
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        become_redis(server, parent);
    await_answer(server);
    if (server->guarded)
        redis_server_guard(server);
    else if (server->port)
        redis_server_listen(server);
}

void redis_server_start(struct redis_server *server, bool append_only) {
    *server = (struct redis_server){.append_only = append_only};
    snprintf(server->dir, sizeof server->dir, "/tmp/quern-redis-XXXXXX");
    assert_non_null(mkdtemp(server->dir));
    snprintf(server->socket, sizeof server->socket, "%s/s", server->dir);
    snprintf(server->url, sizeof server->url, "unix:%s", server->socket);
    redis_server_again(server);
}

static void end(struct redis_server *server, int signal) {
    redisFree(server->raw);
    assert_int_equal(kill(server->pid, signal), 0);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->pid = 0;
}

void redis_server_crash(struct redis_server *server) { end(server, SIGKILL); }

static int drop(const char *path, const struct stat *stat, int type, struct FTW *walk) {
    (void)stat, (void)type, (void)walk;
    return remove(path);
}

void redis_server_stop(struct redis_server *server) {
    if (server->pid)
        end(server, SIGKILL);
    assert_int_equal(nftw(server->dir, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- commands ---- */

enum { WORDS_MAX = 16, COMMAND_BYTES = 1024 };

__attribute__((format(printf, 2, 0))) static redisReply *run(struct redis_server *server, const char *format,
                                                             va_list arguments) {
    char command[COMMAND_BYTES], *rest = NULL;
    const char *words[WORDS_MAX];
    int count = 0;
    assert_true(vsnprintf(command, sizeof command, format, arguments) < COMMAND_BYTES);
    for (char *word = strtok_r(command, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    redisReply *reply = redisCommandArgv(server->raw, count, words, NULL);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s", reply->str);
    return reply;
}

long long redis_number(struct redis_server *server, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = run(server, format, arguments);
    va_end(arguments);
    long long number = reply->integer;
    freeReplyObject(reply);
    return number;
}

char *redis_text(struct redis_server *server, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = run(server, format, arguments);
    va_end(arguments);
    char *text = reply->str ? strndup(reply->str, reply->len) : NULL;
    freeReplyObject(reply);
    return text;
}
