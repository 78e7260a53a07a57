/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Redis of a queue or a store is and can do at the moment, for those who have to refuse one that would lose what
 * it is given. queue_server() and storage_check() ask.
 */
#ifndef QUERN_SERVER_H
#define QUERN_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

struct server {
    char version[32];
    char eviction[32]; /* noeviction, or what is kept there vanishes when memory ends */
    bool append_only;  /* else a restart loses what happened since the last snapshot */
    bool replica;
    uint64_t replicas;              /* of it, that are connected */
    bool full;                      /* refuses what takes memory, until there is room */
    struct err refusal;             /* of a write that takes none; reason 0: it was taken */
    uint64_t used_bytes, max_bytes; /* max 0: no bound */
    uint64_t now_unix_ms;           /* its clock; 0: it does not say */
};

/* What is said of a queue's server that is full. */
#define SERVER_FULL "Redis is full, submissions are refused: raise maxmemory or purge ended jobs"

/* With the remedy: CONFIG for a server that would lose `things`, or `refusal` of one that takes no writes. */
MUST_USE int server_check(const struct server *server, const char *things, struct err *err);

#endif
