/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffered writing to a descriptor, with a ceiling on what is written.
 *
 * Calling sequence: sink_open() → sink_put() … → sink_flush(). Ownership: the descriptor is borrowed.
 * Errors: REASON_LIMIT_OUTPUT beyond the ceiling, REASON_INFRA for the descriptor.
 */
#ifndef QUERN_SINK_H
#define QUERN_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define SINK_BYTES 65536

struct sink {
    int fd;
    const char *what; /* borrowed; names the output in messages */
    uint64_t limit;
    uint64_t total; /* bytes put, flushed or not */
    size_t used;
    uint8_t buffer[SINK_BYTES];
};

void sink_open(struct sink *sink, int fd, const char *what, uint64_t limit);
MUST_USE int sink_put(struct sink *sink, const void *bytes, size_t count, struct err *err);
MUST_USE int sink_flush(struct sink *sink, struct err *err);

#endif
