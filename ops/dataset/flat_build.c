// SPDX-License-Identifier: Apache-2.0
#include "flat_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void flat_init(struct flat_build *flat) { *flat = (struct flat_build){0}; }

void flat_done(struct flat_build *flat) {
    free(flat->bytes);
    *flat = (struct flat_build){0};
}

const uint8_t *flat_bytes(const struct flat_build *flat) { return flat->bytes + flat->capacity - flat->used; }

// Doubles the buffer and moves the content to its new end.
static bool flat_grow(struct flat_build *flat, size_t wanted) {
    size_t capacity = flat->capacity ? flat->capacity : 4096;
    while (capacity < wanted)
        capacity *= 2;
    uint8_t *bytes = malloc(capacity);
    if (!bytes)
        return false;
    if (flat->used)
        memcpy(bytes + capacity - flat->used, flat_bytes(flat), flat->used);
    free(flat->bytes);
    flat->bytes = bytes;
    flat->capacity = capacity;
    return true;
}

// Room for `count` bytes in front of the content, or NULL once the builder has failed.
static uint8_t *flat_push(struct flat_build *flat, size_t count) {
    if (flat->failed || count > FLAT_MAX_BYTES - flat->used ||
        ((!flat->bytes || flat->used + count > flat->capacity) && !flat_grow(flat, flat->used + count))) {
        flat->failed = true;
        return NULL;
    }
    flat->used += count;
    return flat->bytes + flat->capacity - flat->used;
}

static void flat_put(struct flat_build *flat, const void *bytes, size_t count) {
    uint8_t *at = flat_push(flat, count);
    if (at && count)
        memcpy(at, bytes, count);
}

// Pads with zeros, so that the content is a multiple of `align` when `coming` more bytes stand in front.
static void flat_align(struct flat_build *flat, size_t align, size_t coming) {
    size_t padding = (align - (flat->used + coming) % align) % align;
    uint8_t *at = flat_push(flat, padding);
    if (at)
        memset(at, 0, padding);
}

static uint32_t flat_position(const struct flat_build *flat) { return (uint32_t)flat->used; }

static void flat_count(struct flat_build *flat, size_t count) {
    uint32_t value = (uint32_t)count;
    flat_put(flat, &value, sizeof value);
}

uint32_t flat_string(struct flat_build *flat, const char *text, size_t bytes) {
    flat_align(flat, sizeof(uint32_t), bytes + 1);
    flat_put(flat, "", 1);
    flat_put(flat, text, bytes);
    flat_count(flat, bytes);
    return flat_position(flat);
}

static void flat_put_ref(struct flat_build *flat, uint32_t ref) {
    uint32_t distance = flat_position(flat) + (uint32_t)sizeof ref - ref;
    flat_put(flat, &distance, sizeof distance);
}

uint32_t flat_refs(struct flat_build *flat, const uint32_t *refs, size_t count) {
    flat_align(flat, sizeof(uint32_t), 0);
    for (size_t i = count; i-- > 0;)
        flat_put_ref(flat, refs[i]);
    flat_count(flat, count);
    return flat_position(flat);
}

uint32_t flat_structs(struct flat_build *flat, const void *structs, size_t width, size_t align, size_t count) {
    if (count > FLAT_MAX_BYTES / width) {
        flat->failed = true;
        return 0;
    }
    flat_align(flat, align, width * count);
    flat_put(flat, structs, width * count);
    flat_count(flat, count);
    return flat_position(flat);
}

void flat_table_begin(struct flat_build *flat, struct flat_build_table *table) {
    *table = (struct flat_build_table){.flat = flat, .start = flat->used};
}

static void flat_scalar(struct flat_build_table *table, unsigned slot, const void *value, size_t bytes) {
    assert(slot < FLAT_SLOTS && !table->slots[slot]);
    flat_align(table->flat, bytes, 0);
    flat_put(table->flat, value, bytes);
    table->slots[slot] = table->flat->used;
}

void flat_set_u8(struct flat_build_table *table, unsigned slot, uint8_t value) {
    flat_scalar(table, slot, &value, sizeof value);
}

void flat_set_i16(struct flat_build_table *table, unsigned slot, int16_t value) {
    flat_scalar(table, slot, &value, sizeof value);
}

void flat_set_i32(struct flat_build_table *table, unsigned slot, int32_t value) {
    flat_scalar(table, slot, &value, sizeof value);
}

void flat_set_i64(struct flat_build_table *table, unsigned slot, int64_t value) {
    flat_scalar(table, slot, &value, sizeof value);
}

void flat_set_ref(struct flat_build_table *table, unsigned slot, uint32_t ref) {
    assert(slot < FLAT_SLOTS && !table->slots[slot]);
    flat_align(table->flat, sizeof ref, 0);
    flat_put_ref(table->flat, ref);
    table->slots[slot] = table->flat->used;
}

// The vtable goes right in front of the table: the signed distance at the table's head is positive.
uint32_t flat_table_end(struct flat_build_table *table) {
    struct flat_build *flat = table->flat;
    uint16_t vtable[2 + FLAT_SLOTS] = {0};
    unsigned slots = FLAT_SLOTS;
    while (slots > 0 && !table->slots[slots - 1])
        slots--;
    uint16_t vtable_bytes = (uint16_t)((2 + slots) * sizeof vtable[0]);
    flat_align(flat, sizeof(int32_t), 0);
    int32_t to_vtable = vtable_bytes;
    flat_put(flat, &to_vtable, sizeof to_vtable);
    uint32_t position = flat_position(flat);
    vtable[0] = vtable_bytes;
    vtable[1] = (uint16_t)(position - table->start);
    for (unsigned i = 0; i < slots; i++)
        vtable[2 + i] = table->slots[i] ? (uint16_t)(position - table->slots[i]) : 0;
    flat_put(flat, vtable, vtable_bytes);
    return position;
}

int flat_finish(struct flat_build *flat, uint32_t root, struct err *err) {
    flat_align(flat, 8, sizeof root);
    flat_put_ref(flat, root);
    if (flat->failed)
        return err_set(err, REASON_INFRA, "the metadata need more than %zu bytes or more than there is memory",
                       FLAT_MAX_BYTES);
    return 0;
}
