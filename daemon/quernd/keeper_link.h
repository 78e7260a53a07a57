/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's side of quern-keeper (quern/keeper.h): starts it, speaks to it, ends it. Never blocks: what a keeper
 * that waits for Redis does not take now waits in a backlog; one that takes nothing for long is as good as dead.
 *
 * Calling sequence: keeper_link_init() → keeper_link_start() → keeper_link_send(), keeper_link_receive() when `socket` is
 * readable → keeper_link_stop() [→ keeper_link_start() …] → keeper_link_done(). Owns its descriptors, its backlog and the
 * process.
 */
#ifndef DAEMON_KEEPER_LINK_H
#define DAEMON_KEEPER_LINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "quern/keeper.h"

#define KEEPER_LINK_BACKLOG 8192u

struct keeper_link {
    int socket; /* -1: no keeper */
    int pidfd;
    pid_t pid;
    bool deaf;                    /* it was not told everything, and will not be */
    struct keeper_order *backlog; /* owned; KEEPER_LINK_BACKLOG of them; NULL: none was ever needed */
    uint32_t waiting;             /* of them */
    uint64_t stale;               /* workers, a bit each */
    uint64_t heard_ns;            /* when it said something last */
    uint64_t look_ns;             /* it is late then: keeper_link_is_stopped() may tell why */
};

void keeper_link_init(struct keeper_link *link);
MUST_USE int keeper_link_start(struct keeper_link *link, int settings, const char *const *variables, struct err *err);

/* A keeper that does not listen becomes `deaf`; where there is none, only what was lost is kept for the next one. What comes
 * with descriptors tells the state of a worker: where it does not reach the keeper now, the worker is stale. */
void keeper_link_send(struct keeper_link *link, const struct keeper_order *order, const int *fds, size_t fd_count);
/* What waits, as far as it is taken now; so does every send, and every word that comes. */
void keeper_link_flush(struct keeper_link *link);
/* The workers, a bit each, whose state as it is now has to be told: nothing else waits any more. They are stale no longer. */
uint64_t keeper_link_take_stale(struct keeper_link *link);
/* False: nothing has come; the keeper may be dead (*ret_dead). */
bool keeper_link_receive(struct keeper_link *link, struct keeper_word *ret, bool *ret_dead);

/* Somebody has sent it SIGSTOP, and no SIGCONT: it is not slow, it does nothing. */
bool keeper_link_is_stopped(const struct keeper_link *link);

/* What it was told counts: it has `ms` to say it to Redis and to end. Then it is killed. */
void keeper_link_stop(struct keeper_link *link, int ms);
void keeper_link_done(struct keeper_link *link);

#endif
