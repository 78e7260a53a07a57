/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A redis-server of the test's own, on a unix socket in a directory of its own.
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
    char dir[64], socket[80], url[96];
    redisContext *raw; /* owned; a plain connection to look at what is there */
};

void redis_server_start(struct redis_server *server, bool append_only);
/* SIGKILL, and the same data again. */
void redis_server_crash(struct redis_server *server);
void redis_server_again(struct redis_server *server);
void redis_server_stop(struct redis_server *server);

/* One command of words without spaces, printf-like; an error of Redis fails the test. */
long long redis_number(struct redis_server *server, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The caller frees; NULL for nil. */
char *redis_text(struct redis_server *server, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
