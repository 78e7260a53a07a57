// SPDX-License-Identifier: Apache-2.0
#include "segment_sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/memory.h"

enum { TEXT_BYTES = 40, DICTIONARIES = 2 };

static const struct {
    const char *name;
    enum segment_kind kind;
    enum segment_unit unit;
    const char *zone;
    uint32_t flags;
} sample[SAMPLE_WITH_BYTES] = {
    {"i8", SEGMENT_INT8, 0, NULL, 0},
    {"i16", SEGMENT_INT16, 0, NULL, 0},
    {"i32", SEGMENT_INT32, 0, NULL, 0},
    {"i64", SEGMENT_INT64, 0, NULL, 0},
    {"u8", SEGMENT_UINT8, 0, NULL, 0},
    {"u16", SEGMENT_UINT16, 0, NULL, 0},
    {"u32", SEGMENT_UINT32, 0, NULL, 0},
    {"u64", SEGMENT_UINT64, 0, NULL, 0},
    {"f4", SEGMENT_FLOAT32, 0, NULL, 0},
    {"f8", SEGMENT_FLOAT64, 0, NULL, 0},
    {"bool", SEGMENT_BOOL, 0, NULL, 0},
    {"time", SEGMENT_TIMESTAMP, SEGMENT_UNIT_NS, NULL, 0},
    {"time_zoned", SEGMENT_TIMESTAMP, SEGMENT_UNIT_NS, "Europe/Vienna", 0},
    {"text", SEGMENT_UTF8, 0, NULL, 0},
    {"c8", SEGMENT_CODES8, 0, NULL, 0},
    {"c16", SEGMENT_CODES16, 0, NULL, SEGMENT_ORDERED},
    {"c32", SEGMENT_CODES32, 0, NULL, 0},
    {"größe", SEGMENT_FLOAT64, 0, NULL, 0},
    {"größe", SEGMENT_INT32, 0, NULL, 0},
    {"bytes", SEGMENT_BINARY, 0, NULL, 0},
};

static const char *const colours[] = {"rot", "grün", ""};

void *segment_make(const struct segment_shape *shape, uint64_t *ret_bytes) {
    struct err err;
    uint64_t bytes;
    if (segment_layout(shape, &bytes, &err) < 0)
        abort();
    uint64_t room = (bytes + SEGMENT_ALIGN) / SEGMENT_ALIGN * SEGMENT_ALIGN;
    void *base = aligned_alloc(SEGMENT_ALIGN, room);
    if (!base)
        abort();
    memset(base, 0, room);
    if (segment_format(base, bytes, shape, &err) < 0)
        abort();
    *ret_bytes = bytes;
    return base;
}

static bool missing(const struct segment_array *array, uint64_t row) { return array->null_count && row % 5 == 3; }

#define FILL(type, value)                                                                                              \
    do {                                                                                                               \
        type *values = segment_at(base, array->values);                                                                \
        for (uint64_t row = 0; row < array->length; row++)                                                             \
            values[row] = (type)(value);                                                                               \
    } while (0)

static void set_bit(uint8_t *bits, uint64_t row) { bits[row / 8] = (uint8_t)(bits[row / 8] | 1u << row % 8); }

static void fill_flags(void *base, struct segment_array *array) {
    uint8_t *values = segment_at(base, array->values), *bitmap = segment_at(base, array->nulls);
    for (uint64_t row = 0; row < array->length; row++) {
        if (array->null_count && !missing(array, row))
            set_bit(bitmap, row);
        if (!missing(array, row) && row % 3 == 0)
            set_bit(values, row);
    }
}

static size_t put_text(const struct segment_array *array, uint64_t row, char *to) {
    if (array->kind == SEGMENT_UTF8)
        return (size_t)snprintf(to, TEXT_BYTES, "zeile %llu ä", (unsigned long long)row);
    memset(to, (int)(row & 255), row % 4);
    return row % 4;
}

static void fill_texts(void *base, struct segment_array *array) {
    int64_t *offsets = segment_at(base, array->offsets), used = 0;
    char *bytes = segment_at(base, array->values);
    uint8_t *bitmap = segment_at(base, array->nulls);
    for (uint64_t row = 0; row < array->length; row++) {
        if (!missing(array, row)) {
            used += (int64_t)put_text(array, row, bytes + used);
            if (array->null_count)
                set_bit(bitmap, row);
        }
        offsets[row + 1] = used;
    }
    array->values.bytes = (uint64_t)used;
}

static void fill_dictionary(void *base, struct segment_array *array) {
    int64_t *offsets = segment_at(base, array->offsets), used = 0;
    char *bytes = segment_at(base, array->values);
    for (size_t i = 0; i < array->length; i++) {
        memcpy(bytes + used, colours[i], strlen(colours[i]));
        used += (int64_t)strlen(colours[i]);
        offsets[i + 1] = used;
    }
    array->values.bytes = (uint64_t)used;
}

static void fill_numbers(void *base, struct segment_array *array) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    uint32_t width = segment_kind_width(kind);
    if (kind == SEGMENT_FLOAT32)
        FILL(float, missing(array, row) ? NAN : (float)row / 4);
    else if (kind == SEGMENT_FLOAT64)
        FILL(double, missing(array, row) ? NAN : (double)row / 4);
    else if (kind == SEGMENT_TIMESTAMP)
        FILL(int64_t, missing(array, row) ? INT64_MIN : SAMPLE_EPOCH_NS + (int64_t)row * 1000000000);
    else if (width == 1)
        FILL(uint8_t, row * 7);
    else if (width == 2)
        FILL(uint16_t, row * 7);
    else if (width == 4)
        FILL(uint32_t, row * 7);
    else
        FILL(uint64_t, row * 7);
}

static void fill_codes(void *base, struct segment_array *array) {
    if (array->kind == SEGMENT_CODES8)
        FILL(int8_t, missing(array, row) ? -1 : (int)(row % 3));
    else if (array->kind == SEGMENT_CODES16)
        FILL(int16_t, missing(array, row) ? -1 : (int)(row % 3));
    else
        FILL(int32_t, missing(array, row) ? -1 : (int)(row % 3));
}

static void fill(void *base, struct segment_array *array, bool nulls) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    bool can = segment_kind_nulls(kind) != SEGMENT_NULLS_NEVER;
    array->null_count = nulls && can ? (array->length + 1) / 5 : 0;
    if (!array->null_count)
        array->nulls = (struct segment_span){0};
    if (segment_kind_is_codes(kind))
        fill_codes(base, array);
    else if (segment_kind_is_bytes(kind))
        fill_texts(base, array);
    else if (kind == SEGMENT_BOOL)
        FILL(uint8_t, row % 3 == 0);
    else if (kind == SEGMENT_FLAGS)
        fill_flags(base, array);
    else
        fill_numbers(base, array);
}

static struct segment_spec spec_of(uint32_t index, uint64_t rows, uint32_t columns, bool nulls) {
    const char *zone = sample[index].zone;
    bool flags = sample[index].kind == SEGMENT_BOOL && nulls;
    enum segment_kind kind = flags ? SEGMENT_FLAGS : sample[index].kind;
    enum segment_nulls rule = segment_kind_nulls(kind);
    return (struct segment_spec){.kind = kind,
                                 .flags = sample[index].flags,
                                 .unit = sample[index].unit,
                                 .length = rows,
                                 .nulls = nulls && (rule == SEGMENT_NULLS_MASK || rule == SEGMENT_NULLS_BITMAP),
                                 .data_bytes = segment_kind_is_bytes(kind) ? rows * TEXT_BYTES : 0,
                                 .dictionary = segment_kind_is_codes(kind) ? columns + (kind == SEGMENT_CODES32 ? 1 : 0)
                                                                           : SEGMENT_NO_DICTIONARY,
                                 .name = sample[index].name,
                                 .name_bytes = strlen(sample[index].name),
                                 .zone = zone,
                                 .zone_bytes = zone ? strlen(zone) : 0};
}

// c8 and c16 share their dictionary, c32 has its own.
void *segment_sample(uint64_t rows, uint32_t columns, bool nulls, uint64_t *ret_bytes) {
    struct segment_spec specs[SAMPLE_WITH_BYTES + DICTIONARIES];
    struct segment_shape shape = {specs, columns, columns + DICTIONARIES, rows, SEGMENT_PROFILE_NS};
    for (uint32_t i = 0; i < columns; i++)
        specs[i] = spec_of(i, rows, columns, nulls);
    for (uint32_t i = columns; i < shape.arrays; i++)
        specs[i] = (struct segment_spec){
            .kind = SEGMENT_UTF8, .length = 3, .data_bytes = 64, .dictionary = SEGMENT_NO_DICTIONARY};
    void *base = segment_make(&shape, ret_bytes);
    for (uint32_t i = 0; i < columns; i++)
        fill(base, segment_array(base, i), nulls);
    for (uint32_t i = columns; i < shape.arrays; i++)
        fill_dictionary(base, segment_array(base, i));
    return base;
}

int segment_sample_file(const void *segment, uint64_t bytes) {
    struct err err;
    int fd = memory_from("segment", segment, bytes, &err);
    if (fd < 0)
        abort();
    return fd;
}
