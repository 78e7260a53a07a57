/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis, with deadlines over whole exchanges: a peer that dribbles is as late as one that is silent.
 *
 * Calling sequence: connection_open() → connection_call()… → connection_close(). A call is one command and its reply.
 * Several commands at once: connection_send() of each, then as many times connection_receive() or
 * connection_receive_bytes(), in the same order. Redis answers while it reads: who sends without receiving must know
 * that the replies he is owed fit into the sockets' buffers (short ones do, up to some hundred).
 *
 * After any error other than a reply of kind REPLY_ERROR the connection is out of step and must be closed.
 *
 * Errors: UNREACHABLE for what time may heal, INFRA for a reply beyond the limits.
 */
#ifndef QUERN_REDIS_CONNECTION_H
#define QUERN_REDIS_CONNECTION_H

#include "redis/address.h"
#include "redis/args.h"
#include "redis/reply.h"

struct connection;

/* `password` may be NULL. Authenticates and selects the database. */
MUST_USE int connection_open(const struct address *address, const char *password, struct reply_limits limits,
                             uint64_t deadline_ns, struct connection **ret, struct err *err);
/* A socket that is connected to a peer called `name`; it belongs to the connection, also after an error. */
MUST_USE int connection_adopt(int fd, const char *name, struct reply_limits limits, struct connection **ret,
                              struct err *err);
void connection_close(struct connection *connection); /* accepts NULL */

MUST_USE int connection_call(struct connection *connection, const struct args *args, uint64_t deadline_ns,
                             struct reply **ret, struct err *err);

MUST_USE int connection_send(struct connection *connection, const struct args *args, uint64_t deadline_ns,
                             struct err *err);
MUST_USE int connection_receive(struct connection *connection, uint64_t deadline_ns, struct reply **ret,
                                struct err *err);

/* The reply to a GET, straight into the caller's place: *ret_bytes of it at `place`, and *ret is NULL. Where the reply is
 * anything else than a text of at most `room` bytes, *ret is that reply (nil: there is no such key), as connection_receive()
 * gives it: within the limits of the connection. */
MUST_USE int connection_receive_bytes(struct connection *connection, void *place, size_t room, uint64_t deadline_ns,
                                      size_t *ret_bytes, struct reply **ret, struct err *err);

/* The descriptor, for poll(): readable when a reply, or the end of the connection, comes. */
int connection_fd(const struct connection *connection);

/* A reply of kind REPLY_ERROR as an error of ours; always -1. A macro for the reason that err_set() is one. */
#define connection_refused(reply, what, err) (connection_refuse((reply), (what), (err)), err_failed())
void connection_refuse(const struct reply *reply, const char *what, struct err *err);

#endif
