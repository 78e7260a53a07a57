/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buffers of a batch: raw, ZSTD or LZ4.
 *
 * Calling sequence: arrow_buffer_open() proves place and declared size, without decoding → arrow_buffer_into() decodes
 * to where the bytes shall be, or arrow_buffer_read() gives a view of them, in the file or in a scratch slot.
 *
 * Ownership: an arrow_worker belongs to one thread; a view from a slot lives until the slot is used again.
 * Errors: REASON_BAD_INPUT naming the column, REASON_LIMIT_OUTPUT for a declared size beyond the ceiling.
 */
#ifndef DATASET_ARROW_BUFFER_H
#define DATASET_ARROW_BUFFER_H

#include "arrow_file.h"

enum arrow_packing { ARROW_RAW, ARROW_ZSTD, ARROW_LZ4 };

struct arrow_buffer {
    const char *what; /* "values", "offsets" */
    const uint8_t *bytes;
    uint64_t stored;  /* bytes in the file, without the prefix */
    uint64_t decoded; /* bytes it stands for */
    enum arrow_packing packing;
};

enum arrow_slot { ARROW_SLOT_VALIDITY, ARROW_SLOT_VALUES, ARROW_SLOT_DATA, ARROW_SLOTS };

struct arrow_worker {
    void *zstd; /* ZSTD_DCtx; owned */
    void *lz4;  /* of arrow_lz4.h; owned */
    struct {
        uint8_t *bytes; /* owned */
        uint64_t capacity;
    } slots[ARROW_SLOTS];
};

void arrow_worker_done(struct arrow_worker *worker);

MUST_USE int arrow_buffer_open(const struct arrow_batch *batch, uint32_t index, const char *what, uint64_t ceiling,
                               const struct arrow_column *column, struct arrow_buffer *ret, struct err *err);

/* At least `needed` bytes must be there; exactly those arrive at `to`. */
MUST_USE int arrow_buffer_into(struct arrow_worker *worker, const struct arrow_buffer *buffer, void *to,
                               uint64_t needed, const struct arrow_column *column, struct err *err);
MUST_USE int arrow_buffer_read(struct arrow_worker *worker, const struct arrow_buffer *buffer, enum arrow_slot slot,
                               uint64_t needed, const struct arrow_column *column, const uint8_t **ret,
                               struct err *err);

/* The first `bytes` of them, which must be there. */
MUST_USE int arrow_buffer_prefix(struct arrow_worker *worker, const struct arrow_buffer *buffer, enum arrow_slot slot,
                                 uint64_t bytes, const struct arrow_column *column, const uint8_t **ret,
                                 struct err *err);

/* Room in a slot; what it held is gone. */
MUST_USE int arrow_worker_slot(struct arrow_worker *worker, enum arrow_slot slot, uint64_t bytes, uint8_t **ret,
                               struct err *err);

/* All decoded bytes to `to`, which has room for buffer->decoded. */
MUST_USE int arrow_buffer_decode(struct arrow_worker *worker, const struct arrow_buffer *buffer, void *to,
                                 const struct arrow_column *column, struct err *err);

#endif
