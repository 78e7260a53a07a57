/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a Redis is: `redis://[USER@]HOST[:PORT][/DB]`, or `redis+unix:/PATH` or `unix:/PATH`. Behind either may stand
 * `?db=N` and `?prefix=NAME`, with & between. A prefix means something to who asks for the address, nothing here.
 *
 * Errors: REASON_CONFIG, `what` ("queue URL") and the URL in front. No message repeats a password.
 */
#ifndef QUERN_REDIS_ADDRESS_H
#define QUERN_REDIS_ADDRESS_H

#include <stdint.h>

#include "quern/err.h"

#define ADDRESS_PREFIX_BYTES 64

struct address {
    char path[108]; /* of a unix socket; empty: host and port */
    char host[256];
    uint16_t port;
    uint32_t database;
    char user[128];                    /* empty: the default user */
    char prefix[ADDRESS_PREFIX_BYTES]; /* [a-z0-9][a-z0-9_.-]*; empty: none was given */
};

MUST_USE int address_parse(const char *what, const char *url, struct address *ret, struct err *err);

/* For messages: "/run/redis.sock" or "host:6379". */
#define ADDRESS_NAME_BYTES 300
void address_name(const struct address *address, char name[ADDRESS_NAME_BYTES]);

#endif
