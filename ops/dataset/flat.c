// SPDX-License-Identifier: Apache-2.0
#include "flat.h"

#include <string.h>

static int outside(struct err *err, const char *what) {
    return err_set(err, REASON_BAD_INPUT, "the file's metadata is damaged: %s lies outside", what);
}

static bool fits(struct flat flat, uint64_t at, uint64_t bytes) { return at <= flat.count && bytes <= flat.count - at; }

static uint16_t load_u16(const uint8_t *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static int open_table(struct flat flat, uint64_t at, struct flat_table *ret, struct err *err) {
    if (!fits(flat, at, 4))
        return outside(err, "a table");
    int64_t vtable = (int64_t)at - (int32_t)flat_load_u32(flat.bytes + at);
    if (vtable < 0 || !fits(flat, (uint64_t)vtable, 4))
        return outside(err, "a list of fields");
    struct flat_table table = {.flat = flat, .at = at, .vtable = (uint64_t)vtable};
    table.vtable_bytes = load_u16(flat.bytes + vtable);
    table.table_bytes = load_u16(flat.bytes + vtable + 2);
    if (table.vtable_bytes < 4 || !fits(flat, table.vtable, table.vtable_bytes))
        return outside(err, "a list of fields");
    if (table.table_bytes < 4 || !fits(flat, at, table.table_bytes))
        return outside(err, "a table");
    *ret = table;
    return 0;
}

// Follows the reference that stands at `at`. A reference into itself is damage: a cycle could begin there.
static int follow(struct flat flat, uint64_t at, uint64_t *ret, struct err *err) {
    uint32_t distance = flat_load_u32(flat.bytes + at);
    if (distance < 4 || !fits(flat, at + distance, 4))
        return outside(err, "a reference");
    *ret = at + distance;
    return 0;
}

// The place of a field of `bytes` bytes, or 0 when it is absent.
static int find(const struct flat_table *table, uint32_t slot, uint32_t bytes, uint64_t *ret, struct err *err) {
    uint32_t entry = 4 + 2 * slot;
    uint16_t offset = 0;
    if (entry + 2 <= table->vtable_bytes)
        offset = load_u16(table->flat.bytes + table->vtable + entry);
    if (offset != 0 && (offset < 4 || offset + bytes > table->table_bytes))
        return outside(err, "a field");
    *ret = offset ? table->at + offset : 0;
    return 0;
}

int flat_root(struct flat flat, struct flat_table *ret, struct err *err) {
    uint64_t at = 0;
    if (!fits(flat, 0, 4))
        return outside(err, "the root");
    TRY(follow(flat, 0, &at, err));
    return open_table(flat, at, ret, err);
}

static int scalar(const struct flat_table *table, uint32_t slot, void *value, uint32_t bytes, struct err *err) {
    uint64_t at = 0;
    TRY(find(table, slot, bytes, &at, err));
    if (at)
        memcpy(value, table->flat.bytes + at, bytes);
    return 0;
}

int flat_u8(const struct flat_table *table, uint32_t slot, uint8_t absent, uint8_t *ret, struct err *err) {
    *ret = absent;
    return scalar(table, slot, ret, sizeof *ret, err);
}

int flat_i16(const struct flat_table *table, uint32_t slot, int16_t absent, int16_t *ret, struct err *err) {
    *ret = absent;
    return scalar(table, slot, ret, sizeof *ret, err);
}

int flat_i32(const struct flat_table *table, uint32_t slot, int32_t absent, int32_t *ret, struct err *err) {
    *ret = absent;
    return scalar(table, slot, ret, sizeof *ret, err);
}

int flat_i64(const struct flat_table *table, uint32_t slot, int64_t absent, int64_t *ret, struct err *err) {
    *ret = absent;
    return scalar(table, slot, ret, sizeof *ret, err);
}

int flat_child(const struct flat_table *table, uint32_t slot, bool *present, struct flat_table *ret, struct err *err) {
    uint64_t at = 0;
    TRY(find(table, slot, 4, &at, err));
    *present = at != 0;
    if (!at)
        return 0;
    TRY(follow(table->flat, at, &at, err));
    return open_table(table->flat, at, ret, err);
}

int flat_vector(const struct flat_table *table, uint32_t slot, uint32_t width, struct flat_vector *ret,
                struct err *err) {
    uint64_t at = 0;
    *ret = (struct flat_vector){.flat = table->flat};
    TRY(find(table, slot, 4, &at, err));
    if (!at)
        return 0;
    TRY(follow(table->flat, at, &at, err));
    uint32_t count = flat_load_u32(table->flat.bytes + at);
    if (!fits(table->flat, at + 4, (uint64_t)count * width))
        return outside(err, "a list");
    ret->at = at + 4;
    ret->count = count;
    return 0;
}

int flat_vector_child(const struct flat_vector *vector, uint32_t index, struct flat_table *ret, struct err *err) {
    uint64_t at = 0;
    TRY(follow(vector->flat, vector->at + (uint64_t)index * 4, &at, err));
    return open_table(vector->flat, at, ret, err);
}

int flat_text(const struct flat_table *table, uint32_t slot, const char **ret, size_t *ret_bytes, struct err *err) {
    struct flat_vector vector;
    TRY(flat_vector(table, slot, 1, &vector, err));
    *ret = (const char *)vector.flat.bytes + vector.at;
    *ret_bytes = vector.count;
    return 0;
}
