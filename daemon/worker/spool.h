/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A script's output stream while it runs: read from its pipe, kept in a memory file up to a limit, counted beyond. What
 * is cut is cut at the limit. The manifest says so, where no script can write; a last line of the file, behind the limit, tells
 * people, and proves nothing: a script may print the same.
 *
 * Ownership: the spool owns both ends of its pipe and the file. Units: bytes. Errors: REASON_INFRA.
 */
#ifndef DAEMON_SPOOL_H
#define DAEMON_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

struct spool {
    int read_end, write_end; /* -1 when closed */
    int file;
    uint64_t limit_bytes;
    uint64_t bytes; /* all that came */
};

void spool_init(struct spool *spool);
void spool_done(struct spool *spool);
MUST_USE int spool_open(struct spool *spool, const char *name, uint64_t limit_bytes, struct err *err);
void spool_close_write_end(struct spool *spool);

/* Takes what is in the pipe. *ret_count bytes of `buffer` are within the limit and new. Returns 1, 0 at end of file. */
MUST_USE int spool_take(struct spool *spool, char *buffer, size_t room, size_t *ret_count, struct err *err);
bool spool_truncated(const struct spool *spool);

/* Seals the file; appends the mark when something was cut. */
MUST_USE int spool_finish(struct spool *spool, struct err *err);

#endif
