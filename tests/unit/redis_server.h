/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A redis-server of the test's own, on a unix socket in a directory of its own, and on a free port of 127.0.0.1 if asked.
 *
 * Calling sequence: redis_server_start() → … → redis_server_stop(). It dies with the test, however that ends.
 * Errors: the test fails.
 */
#ifndef QUERN_TESTS_REDIS_SERVER_H
#define QUERN_TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include <hiredis/hiredis.h>

struct redis_server {
    pid_t pid; /* 0: not running */
    bool append_only;
    bool guarded;  /* over TCP, with the users of deploy/redis/users.acl */
    unsigned port; /* 0: none; the same after a crash */
    char dir[64], socket[80], url[96];
    redisContext *raw; /* owned; a plain connection to look at what is there */
};

void redis_server_start(struct redis_server *server, bool append_only);
/* The same server on a port, where the user `quern` with REDIS_SERVER_PASSWORD has the rights of deploy/redis/users.acl:
 * from now on `url` is that. The raw connection stays what it is. */
#define REDIS_SERVER_PASSWORD "a secret, of the tests"
void redis_server_guard(struct redis_server *server);
/* On a port, without users. */
void redis_server_listen(struct redis_server *server);
/* SIGKILL, and the same data again. */
void redis_server_crash(struct redis_server *server);
void redis_server_again(struct redis_server *server);
void redis_server_stop(struct redis_server *server);

/* One command of words without spaces, printf-like; an error of Redis fails the test. */
long long redis_number(struct redis_server *server, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The caller frees; NULL for nil. */
char *redis_text(struct redis_server *server, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
