/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of dataset_write(): a plan of messages and buffers, made first, then filled on all cores, then described.
 *
 *     file      magic · schema · one message per dictionary · one with all columns · end of stream · footer
 *     message   metadata (its size is known before its content, since only numbers are missing) · body
 *     body      the buffers of its arrays, in order, each at a multiple of 64 bytes
 *
 * Buffers are compressed in any order and written in theirs, so that the same segment always gives the same file.
 * Ownership: the plan owns its vectors and borrows the segment and the output.
 */
#ifndef QUERN_ARROW_WRITE_H
#define QUERN_ARROW_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flat_build.h"
#include "quern/err.h"
#include "quern/segment.h"

#define ARROW_ALIGN 64u
#define ARROW_MAX_SMALL_OFFSET INT32_MAX /* texts beyond it need 64-bit offsets */
#define ARROW_MAX_THREADS 64u

enum arrow_part { ARROW_VALIDITY, ARROW_OFFSETS, ARROW_VALUES };

/* As in the format: relative to the body. */
struct arrow_place {
    int64_t offset;
    int64_t length;
};

struct arrow_node {
    int64_t length;
    int64_t null_count;
};

struct arrow_block {
    int64_t offset;
    int32_t metadata_bytes; /* with its prefix and padding */
    int32_t padding;
    int64_t body_bytes;
};

struct arrow_buffer {
    uint32_t array;
    uint32_t part;    /* enum arrow_part */
    uint32_t message; /* index */
};

struct arrow_message {
    uint32_t first_array, arrays;
    size_t first_buffer, buffers;
    bool dictionary; /* of id first_array; else all columns */
    struct arrow_block block;
};

struct arrow_plan {
    const void *segment; /* borrowed */
    int output;          /* borrowed; an empty regular file */
    uint32_t level;
    uint32_t threads;
    uint64_t position; /* where the next byte of the file goes */
    uint32_t message_count;
    size_t buffer_count;
    struct arrow_message *messages; /* owned; dictionaries first, the columns last */
    struct arrow_buffer *buffers;   /* owned */
    struct arrow_place *places;     /* owned; one per buffer */
};

static inline uint64_t arrow_align(uint64_t bytes) { return (bytes + ARROW_ALIGN - 1) / ARROW_ALIGN * ARROW_ALIGN; }

/* ---- arrow_column.c: an array's buffers as Arrow wants them ---- */

struct arrow_scratch {
    void *bytes; /* owned */
    size_t capacity;
};

struct arrow_source {
    const void *bytes; /* borrowed from the segment or the scratch */
    size_t count;
    bool in_scratch;
};

void arrow_scratch_done(struct arrow_scratch *scratch);
MUST_USE int arrow_scratch_reserve(struct arrow_scratch *scratch, size_t bytes, struct err *err);

/* Whether 64-bit offsets are needed. */
bool arrow_column_is_large(const struct segment_array *array);
uint32_t arrow_column_parts(const struct segment_array *array, enum arrow_part parts[3]);
MUST_USE int arrow_column_part(const void *segment, const struct segment_array *array, enum arrow_part part,
                               struct arrow_scratch *scratch, struct arrow_source *ret, struct err *err);

/* ---- arrow_compress.c: all bodies, on `threads` threads, at plan->position; fills in places and blocks ---- */

MUST_USE int arrow_compress(struct arrow_plan *plan, struct err *err);

/* ---- arrow_meta.c: the flatbuffers ---- */

MUST_USE int arrow_meta_schema(const struct arrow_plan *plan, const char *pandas, size_t pandas_bytes,
                               struct flat_build *flat, struct err *err);
MUST_USE int arrow_meta_message(const struct arrow_plan *plan, const struct arrow_message *message,
                                struct flat_build *flat, struct err *err);
MUST_USE int arrow_meta_footer(const struct arrow_plan *plan, const char *pandas, size_t pandas_bytes,
                               struct flat_build *flat, struct err *err);

/* Bytes of a message's metadata at `position`: prefix, flatbuffer, and zeros until the file is a multiple of 64. */
int32_t arrow_meta_bytes(const struct flat_build *flat, uint64_t position);

/* ---- arrow_pandas.c: the schema's metadata for pandas, JSON, to be freed ---- */

MUST_USE int arrow_pandas(const void *segment, char **ret, size_t *ret_bytes, struct err *err);

/* ---- arrow_write.c ---- */

MUST_USE int arrow_write_at(int output, uint64_t position, const void *bytes, size_t count, struct err *err);

#endif
