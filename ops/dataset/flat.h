/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds-checked reading of flatbuffers, as far as Arrow's metadata needs it.
 *
 * Calling sequence: flat_root() → fields of the table by slot number. An absent scalar gives its default, an absent
 * table `present` = false, an absent vector or text a count of 0. Nothing is copied: results point into the bytes,
 * which are borrowed. References only lead forward, so that no chain of them is endless; who follows vectors of tables
 * counts what he visits.
 *
 * Errors: REASON_BAD_INPUT when a place lies outside.
 */
#ifndef DATASET_FLAT_H
#define DATASET_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

struct flat {
    const uint8_t *bytes;
    uint64_t count;
};

struct flat_table {
    struct flat flat;
    uint64_t at;
    uint64_t vtable;
    uint16_t vtable_bytes;
    uint16_t table_bytes;
};

struct flat_vector {
    struct flat flat;
    uint64_t at; /* of the first element */
    uint32_t count;
};

MUST_USE int flat_root(struct flat flat, struct flat_table *ret, struct err *err);

MUST_USE int flat_u8(const struct flat_table *table, uint32_t slot, uint8_t absent, uint8_t *ret, struct err *err);
MUST_USE int flat_i16(const struct flat_table *table, uint32_t slot, int16_t absent, int16_t *ret, struct err *err);
MUST_USE int flat_i32(const struct flat_table *table, uint32_t slot, int32_t absent, int32_t *ret, struct err *err);
MUST_USE int flat_i64(const struct flat_table *table, uint32_t slot, int64_t absent, int64_t *ret, struct err *err);

MUST_USE int flat_child(const struct flat_table *table, uint32_t slot, bool *present, struct flat_table *ret,
                        struct err *err);

/* A vector whose elements have `width` bytes (4 for tables). */
MUST_USE int flat_vector(const struct flat_table *table, uint32_t slot, uint32_t width, struct flat_vector *ret,
                         struct err *err);
MUST_USE int flat_vector_child(const struct flat_vector *vector, uint32_t index, struct flat_table *ret,
                               struct err *err);

/* The bytes of a text, without a check of what they say. */
MUST_USE int flat_text(const struct flat_table *table, uint32_t slot, const char **ret, size_t *ret_bytes,
                       struct err *err);

/* Little-endian loads from anywhere. */
static inline uint32_t flat_load_u32(const uint8_t *at) {
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

static inline int64_t flat_load_i64(const uint8_t *at) {
    int64_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

#endif
