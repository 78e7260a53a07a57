/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis, with deadlines over whole exchanges: a peer that dribbles is as late as one that is silent.
 *
 * Calling sequence: connection_open() → connection_call()… → connection_close(). After any error other than a reply of
 * kind REPLY_ERROR the connection is out of step and must be closed.
 *
 * Errors: UNREACHABLE for what time may heal, INFRA for a reply beyond the ceilings of queue/reply.h.
 */
#ifndef QUERN_QUEUE_CONNECTION_H
#define QUERN_QUEUE_CONNECTION_H

#include "queue/address.h"
#include "queue/args.h"
#include "queue/reply.h"

struct connection;

/* `password` may be NULL. Authenticates and selects the database. */
MUST_USE int connection_open(const struct address *address, const char *password, uint64_t deadline_ns,
                             struct connection **ret, struct err *err);
void connection_close(struct connection *connection); /* accepts NULL */
MUST_USE int connection_call(struct connection *connection, const struct args *args, uint64_t deadline_ns,
                             struct reply **ret, struct err *err);

/* A reply of kind REPLY_ERROR as an error of ours; always -1. */
int connection_refused(const struct reply *reply, const char *what, struct err *err);

#endif
