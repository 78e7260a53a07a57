/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's side of quern-keeper (quern/keeper.h): starts it, speaks to it, ends it. Never blocks: a keeper that
 * does not read what it is told is as good as dead.
 *
 * Calling sequence: keeper_link_init() → keeper_link_start() → keeper_link_send(), keeper_link_receive() when `socket` is
 * readable → keeper_link_stop(). Owns its descriptors and the process.
 */
#ifndef DAEMON_KEEPER_LINK_H
#define DAEMON_KEEPER_LINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "quern/keeper.h"

struct keeper_link {
    int socket; /* -1: no keeper */
    int pidfd;
    pid_t pid;
    bool deaf;         /* it was not told everything */
    uint64_t heard_ns; /* when it said something last */
    uint64_t look_ns;  /* it is late then: keeper_link_is_stopped() may tell why */
};

void keeper_link_init(struct keeper_link *link);
MUST_USE int keeper_link_start(struct keeper_link *link, int settings, const char *const *variables, struct err *err);

/* A keeper that does not listen becomes `deaf`; where there is none, nothing is told. */
void keeper_link_send(struct keeper_link *link, const struct keeper_order *order, const int *fds, size_t fd_count);
/* False: nothing has come; the keeper may be dead (*ret_dead). */
bool keeper_link_receive(struct keeper_link *link, struct keeper_word *ret, bool *ret_dead);

/* Somebody has sent it SIGSTOP, and no SIGCONT: it is not slow, it does nothing. */
bool keeper_link_is_stopped(const struct keeper_link *link);

/* What it was told counts: it has `ms` to say it to Redis and to end. Then it is killed. */
void keeper_link_stop(struct keeper_link *link, int ms);

#endif
