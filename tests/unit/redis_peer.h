/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that stands where Redis should be: it answers with given bytes, or passes on to a real Redis and loses
 * every other reply.
 *
 * Calling sequence: redis_peer_canned() or redis_peer_lossy() → … → redis_peer_stop(). It dies with the test.
 */
#ifndef QUERN_TESTS_REDIS_PEER_H
#define QUERN_TESTS_REDIS_PEER_H

#include <stddef.h>
#include <sys/types.h>

struct redis_peer {
    pid_t pid;
    char dir[64], socket[80], url[96];
};

/* Answers the first request of each connection with these bytes, then stays silent. */
void redis_peer_canned(struct redis_peer *peer, const char *bytes, size_t count);
/* Each connection is for one request. Redis executes all; the replies of the 1st, 3rd, … connection are lost. */
void redis_peer_lossy(struct redis_peer *peer, const char *redis_socket);
void redis_peer_stop(struct redis_peer *peer);

#endif
