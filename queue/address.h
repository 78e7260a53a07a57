/* SPDX-License-Identifier: Apache-2.0 */
/* Where a Redis is: `unix:/PATH[?db=N]` or `redis://[USER@]HOST[:PORT][/DB]`. Errors: REASON_CONFIG, the URL in front. */
#ifndef QUERN_QUEUE_ADDRESS_H
#define QUERN_QUEUE_ADDRESS_H

#include <stdint.h>

#include "quern/err.h"

struct address {
    char path[108]; /* of a unix socket; empty: host and port */
    char host[256];
    uint16_t port;
    uint32_t database;
    char user[128]; /* empty: the default user */
};

MUST_USE int address_parse(const char *url, struct address *ret, struct err *err);

/* For messages: "/run/redis.sock" or "host:6379". */
#define ADDRESS_NAME_BYTES 300
void address_name(const struct address *address, char name[ADDRESS_NAME_BYTES]);

#endif
