/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a file in memory in large pieces, front to back or by seeking. pwrite() into fresh shared memory takes half the
 * time of faulting its pages in one by one, and a shortage is an error instead of SIGBUS.
 *
 * Calling sequence: stage_new() → stage_seek(), then stage_put() or stage_byte() any number of times and stage_flush();
 * stage_write() writes past the buffer and must find it empty → stage_free().
 * Ownership: the descriptor is borrowed. Units: bytes. Errors: REASON_LIMIT_MEMORY, of a file of the work directory
 * REASON_LIMIT_DISK.
 */
#ifndef QUERN_PYTHON_FRAMES_STAGE_H
#define QUERN_PYTHON_FRAMES_STAGE_H

#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define STAGE_BYTES 262144u

struct stage {
    int fd;
    uint64_t at; /* where the buffer, or the next stage_write(), goes */
    size_t used;
    char *large; /* for what is larger than the buffer */
    char bytes[STAGE_BYTES];
};

/* What was short when writing failed with that errno. */
enum reason stage_lack(int sys);

struct stage *stage_new(int fd); /* NULL: out of memory */
void stage_free(struct stage *stage);
void stage_seek(struct stage *stage, uint64_t at);

MUST_USE int stage_write(struct stage *stage, const void *from, uint64_t bytes, struct err *err);
MUST_USE int stage_put(struct stage *stage, const void *from, uint64_t bytes, struct err *err);
MUST_USE int stage_flush(struct stage *stage, struct err *err);

/* Room for `bytes`, to be filled and then given to stage_took(); NULL: out of memory, `err` is set. */
char *stage_room(struct stage *stage, uint64_t bytes, struct err *err);
MUST_USE int stage_took(struct stage *stage, char *room, uint64_t bytes, struct err *err);

/* `count` strided values side by side in the buffer, which must be empty and large enough. */
const char *stage_gather(struct stage *stage, const char *from, ptrdiff_t stride, size_t count, size_t width);

static inline int stage_byte(struct stage *stage, unsigned byte, struct err *err) {
    if (stage->used == STAGE_BYTES)
        TRY(stage_flush(stage, err));
    stage->bytes[stage->used++] = (char)byte;
    return 0;
}

#endif
