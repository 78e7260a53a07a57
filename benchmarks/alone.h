/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libzstd alone: what decoding or encoding the buffers of a dataset costs at the least, with as many threads, from and
 * into the same kind of memory as quern's. The caller owns the pieces and what they point to. Aborts on failure.
 */
#ifndef QUERN_BENCH_ALONE_H
#define QUERN_BENCH_ALONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alone_piece {
    const void *raw; /* NULL, and `packed` too: memory that is only taken */
    size_t raw_bytes;
    const void *packed; /* NULL: does not compress, copied as it is */
    size_t packed_bytes;
    size_t at; /* in the output */
};

/* Into a fresh memory file of `room` bytes, by `threads` threads. */
void alone_run(const struct alone_piece *pieces, size_t count, size_t room, uint32_t threads, bool decode);

/* Bytes that a piece of so many raw bytes may take in the output. */
size_t alone_room(size_t raw_bytes);

#endif
