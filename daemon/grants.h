/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for what workers load, when several want more of it than there is: a GRANT that would fit if others let go
 * waits for them, the longest waiting first. When all who hold memory wait for memory, or for somebody who does, nobody
 * would ever let go: then the GRANT that began to wait last is refused (INFRA: its job is tried again later).
 *
 * Private to the supervisor. Units: bytes. Errors: REASON_LIMIT_MEMORY for what would not fit beside the worker's own
 * segments if it were alone.
 */
#ifndef DAEMON_GRANTS_H
#define DAEMON_GRANTS_H

#include "supervisor.h"

/* *ret_fd: the file, borrowed, or -1: the worker waits, and is answered later. */
MUST_USE int grants_ask(struct supervisor *supervisor, uint32_t worker, const struct supervisor_key *key,
                        uint64_t bytes, int *ret_fd, struct err *err);

/* At the end of each turn: somebody may have let go of memory, or begun to wait. */
void grants_retry(struct supervisor *supervisor);

#endif
