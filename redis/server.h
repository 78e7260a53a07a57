/* SPDX-License-Identifier: Apache-2.0 */
/* How quern/server.h is asked. */
#ifndef QUERN_REDIS_SERVER_H
#define QUERN_REDIS_SERVER_H

#include "quern/server.h"
#include "redis/session.h"

/* INFO, and a write that changes nothing in the hash at `key`; tried once, both within the session's
 * time. Errors: those of a session for a server that does not say what it is. */
MUST_USE int server_ask(struct session *session, const char *key, struct server *ret, struct err *err);

/* This version or a later one. */
bool server_is(const struct server *server, unsigned long major, unsigned long minor);

/* The reader of INFO, apart from the wire for the fuzzer's sake; REASON_INFRA. */
MUST_USE int server_read(const struct reply *info, struct server *ret, struct err *err);

#endif
