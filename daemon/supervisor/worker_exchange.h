/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a worker while it is answered. Private to worker_link.c, which has the table of calls, and worker_turn.c. */
#ifndef DAEMON_WORKER_EXCHANGE_H
#define DAEMON_WORKER_EXCHANGE_H

#include "worker_link.h"

struct exchange {
    struct supervisor *supervisor;
    uint32_t worker;
    struct worker_link *link;
    const struct supervisor_call *call;
    int fd, second; // came with the call, or -1; taken by steal_fd()
    struct supervisor_reply reply;
    int reply_fds[SUPERVISOR_MAX_KEYS]; // borrowed
    size_t reply_fd_count;
    bool deferred;
};

/* IDLE, HOLD, DONE. */
MUST_USE int worker_turn_idle(struct exchange *exchange, struct err *err);
MUST_USE int worker_turn_hold(struct exchange *exchange, struct err *err);
MUST_USE int worker_turn_done(struct exchange *exchange, struct err *err);

/* Its pins, waits and decodes end. */
void worker_link_drop_segments(struct supervisor *supervisor, uint32_t worker);

#endif
