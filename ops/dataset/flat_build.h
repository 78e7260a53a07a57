/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flatbuffer, built back to front: what refers is written after what it refers to.
 *
 * Calling sequence: flat_init() → strings, vectors and tables, innermost first → flat_finish() → flat_bytes() →
 * flat_done(). A table: flat_table_begin() → one call per field that is not the default → flat_table_end(). Tables do
 * not nest: begin one when everything it refers to is complete.
 *
 * References are distances from the end of the buffer, so that they stay true while it grows. Fields are aligned to
 * their own size, struct vectors as told; the whole is a multiple of 8 bytes and wants to stand at one.
 *
 * Errors: memory and the ceiling of 1 GiB make the builder fail for good; flat_finish() tells. Ownership: the builder
 * owns its bytes until flat_done().
 */
#ifndef QUERN_FLAT_BUILD_H
#define QUERN_FLAT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define FLAT_MAX_BYTES ((size_t)1 << 30)
#define FLAT_SLOTS 8u

struct flat_build {
    uint8_t *bytes; /* owned; the content is the last `used` bytes */
    size_t capacity;
    size_t used;
    bool failed;
};

struct flat_build_table {
    struct flat_build *flat; /* borrowed */
    size_t start;
    size_t slots[FLAT_SLOTS]; /* where each field stands; 0: absent */
};

void flat_init(struct flat_build *flat);
void flat_done(struct flat_build *flat);

uint32_t flat_string(struct flat_build *flat, const char *text, size_t bytes);
uint32_t flat_refs(struct flat_build *flat, const uint32_t *refs, size_t count);
uint32_t flat_structs(struct flat_build *flat, const void *structs, size_t width, size_t align, size_t count);

void flat_table_begin(struct flat_build *flat, struct flat_build_table *table);
void flat_set_u8(struct flat_build_table *table, unsigned slot, uint8_t value);
void flat_set_i16(struct flat_build_table *table, unsigned slot, int16_t value);
void flat_set_i32(struct flat_build_table *table, unsigned slot, int32_t value);
void flat_set_i64(struct flat_build_table *table, unsigned slot, int64_t value);
void flat_set_ref(struct flat_build_table *table, unsigned slot, uint32_t ref);
uint32_t flat_table_end(struct flat_build_table *table);

MUST_USE int flat_finish(struct flat_build *flat, uint32_t root, struct err *err);
const uint8_t *flat_bytes(const struct flat_build *flat);

#endif
