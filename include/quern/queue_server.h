/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a queue stands on: the Redis that keeps it, and the store and the environments that its clients and daemons must
 * agree on. Results, errors, units: queue.h.
 */
#ifndef QUERN_QUEUE_SERVER_H
#define QUERN_QUEUE_SERVER_H

#include "quern/queue.h"
#include "quern/server.h"

#define QUEUE_TEXT_BYTES 1024

/* What its Redis is and can do now: see server_check(). Errors: only of one that does not answer. */
MUST_USE int queue_server(struct queue *queue, struct server *ret, struct err *err);

/* CONFIG, with the remedy, for a server that could never confirm so much. */
MUST_USE int queue_durability_check(const struct server *server, enum queue_durability durability, struct err *err);

/* What clients and daemons of the queue must agree on: the store's URL, without credentials, and the environments that
 * its workers must offer, with commas between. Empty: not said. */
struct queue_home {
    char store[QUEUE_TEXT_BYTES];
    char environments[QUEUE_TEXT_BYTES];
};

MUST_USE int queue_set_home(struct queue *queue, const struct queue_home *home, struct err *err);
MUST_USE int queue_get_home(struct queue *queue, struct queue_home *ret, struct err *err);
/* What nobody has said yet is from now on as `proposal` says; *ret is what holds. */
MUST_USE int queue_propose_home(struct queue *queue, const struct queue_home *proposal, struct queue_home *ret,
                                struct err *err);

/* Whether the queue's key file, where there is one, has keys. */
MUST_USE int queue_keys_check(const struct queue *queue, struct err *err);

#endif
