/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for what workers load, when several want more of it than there is: a GRANT that would fit if others let go
 * waits for them, the longest waiting first. When all who hold memory wait for memory, or for somebody who does, nobody
 * would ever let go: then the GRANT that began to wait last is refused (INFRA: its job is tried again later).
 *
 * Nobody starves. A small GRANT may pass a large one that waits, but only for GRANTS_PASS_MS: then no other job begins to
 * load, its RESERVE waits. Those who hold memory by then are few, and each ends, or waits itself. And nobody waits for
 * longer than half the time of his step: the job is refused, too, and another host may have room for it.
 *
 * Private to the supervisor. Units: bytes. Errors: REASON_LIMIT_MEMORY for what would not fit beside the worker's own
 * segments if it were alone.
 */
#ifndef DAEMON_GRANTS_H
#define DAEMON_GRANTS_H

#include "supervisor.h"

#define GRANTS_PASS_MS 30000u

/* *ret_fd: the file, borrowed, or -1: the worker waits, and is answered later. */
MUST_USE int grants_ask(struct supervisor *supervisor, uint32_t worker, const struct supervisor_key *key,
                        uint64_t bytes, int *ret_fd, struct err *err);

/* True: its RESERVE, which stands in the link, waits, and is answered later. */
bool grants_hold_back(struct supervisor *supervisor, uint32_t worker);

/* Its job is to end: it waits no longer. */
void grants_end(struct supervisor *supervisor, uint32_t worker);

/* At the end of each turn: somebody may have let go of memory, or begun to wait, or waited for too long. */
void grants_retry(struct supervisor *supervisor);
uint64_t
grants_next_ns(const struct worker_link *link); /* when it has waited for too long; CLOCK_NEVER: it does not wait */

#endif
