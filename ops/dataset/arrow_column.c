// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "arrow_write.h"

void arrow_scratch_done(struct arrow_scratch *scratch) {
    free(scratch->bytes);
    *scratch = (struct arrow_scratch){0};
}

int arrow_scratch_reserve(struct arrow_scratch *scratch, size_t bytes, struct err *err) {
    if (bytes <= scratch->capacity)
        return 0;
    void *fresh = malloc(bytes);
    if (!fresh)
        return err_set(err, REASON_INFRA, "out of memory for %zu bytes of a column", bytes);
    free(scratch->bytes);
    *scratch = (struct arrow_scratch){.bytes = fresh, .capacity = bytes};
    return 0;
}

bool arrow_column_is_large(const struct segment_array *array) { return array->values.bytes > ARROW_MAX_SMALL_OFFSET; }

uint32_t arrow_column_parts(const struct segment_array *array, enum arrow_part parts[3]) {
    uint32_t count = 0;
    if (array->kind == SEGMENT_NULL)
        return 0;
    parts[count++] = ARROW_VALIDITY;
    if (segment_kind_is_bytes((enum segment_kind)array->kind))
        parts[count++] = ARROW_OFFSETS;
    parts[count++] = ARROW_VALUES;
    return count;
}

// One bit per value, least significant first, for the values of which `present` is true.
#define PACK(name, type, present)                                                                                      \
    static void pack_##name(const type *values, size_t count, uint8_t *bits) {                                         \
        size_t whole = count / 8;                                                                                      \
        for (size_t i = 0; i < whole; i++) {                                                                           \
            const type *v = values + i * 8;                                                                            \
            unsigned byte = 0;                                                                                         \
            for (unsigned k = 0; k < 8; k++)                                                                           \
                byte |= (unsigned)(present(v[k])) << k;                                                                \
            bits[i] = (uint8_t)byte;                                                                                   \
        }                                                                                                              \
        if (count % 8 == 0)                                                                                            \
            return;                                                                                                    \
        unsigned last = 0;                                                                                             \
        for (unsigned k = 0; k < count % 8; k++)                                                                       \
            last |= (unsigned)(present(values[whole * 8 + k])) << k;                                                   \
        bits[whole] = (uint8_t)last;                                                                                   \
    }

#define NOT_NAN(v) ((v) == (v))
#define NOT_NAT(v) ((v) != INT64_MIN)
#define NOT_NEGATIVE(v) ((v) >= 0)

PACK(half, uint16_t, !segment_half_is_nan)
PACK(float, float, NOT_NAN)
PACK(double, double, NOT_NAN)
PACK(time, int64_t, NOT_NAT)
PACK(codes8, int8_t, NOT_NEGATIVE)
PACK(codes16, int16_t, NOT_NEGATIVE)
PACK(codes32, int32_t, NOT_NEGATIVE)

// Bytes that are 0 or 1, each exclusive-or'ed with `flip`: eight at a time, byte k moved to bit 56 + k by its own factor.
static uint8_t pack_eight(uint64_t eight, uint64_t flips) {
    return (uint8_t)(((eight ^ flips) * 0x0102040810204080) >> 56);
}

static void pack_bytes(const uint8_t *values, size_t count, uint8_t flip, uint8_t *bits) {
    const uint64_t flips = flip * 0x0101010101010101;
    uint64_t eight, last = flips;
    size_t whole = count / 8;
    for (size_t i = 0; i < whole; i++) {
        memcpy(&eight, values + i * 8, sizeof eight);
        bits[i] = pack_eight(eight, flips);
    }
    if (count % 8 == 0)
        return;
    memcpy(&last, values + whole * 8, count % 8);
    bits[whole] = pack_eight(last, flips);
}

// Readers are not obliged to look away from the index below a null: some check all of them.
#define CLEAR(name, type)                                                                                              \
    static void clear_##name(const type *codes, size_t count, void *to) {                                              \
        __typeof__(*codes) zero = 0;                                                                                   \
        for (size_t i = 0; i < count; i++)                                                                             \
            memcpy((char *)to + i * sizeof *codes, codes[i] < 0 ? &zero : &codes[i], sizeof *codes);                   \
    }

CLEAR(codes8, int8_t)
CLEAR(codes16, int16_t)
CLEAR(codes32, int32_t)

static void pack_sentinels(const void *segment, const struct segment_array *array, uint8_t *bits) {
    const void *values = segment_at(segment, array->values);
    size_t count = array->length;
    enum segment_kind kind = (enum segment_kind)array->kind;
    if (kind == SEGMENT_FLOAT16)
        pack_half(values, count, bits);
    else if (kind == SEGMENT_FLOAT32)
        pack_float(values, count, bits);
    else if (kind == SEGMENT_FLOAT64)
        pack_double(values, count, bits);
    else if (segment_kind_is_instant(kind))
        pack_time(values, count, bits);
    else if (kind == SEGMENT_CODES8)
        pack_codes8(values, count, bits);
    else if (kind == SEGMENT_CODES16)
        pack_codes16(values, count, bits);
    else
        pack_codes32(values, count, bits);
}

static int direct(const void *segment, struct segment_span span, struct arrow_source *ret) {
    *ret = (struct arrow_source){.bytes = segment_at(segment, span), .count = span.bytes};
    return 0;
}

static int converted(const struct arrow_scratch *scratch, size_t count, struct arrow_source *ret) {
    *ret = (struct arrow_source){.bytes = scratch->bytes, .count = count, .in_scratch = true};
    return 0;
}

static int validity(const void *segment, const struct segment_array *array, struct arrow_scratch *scratch,
                    struct arrow_source *ret, struct err *err) {
    enum segment_nulls rule = segment_kind_nulls((enum segment_kind)array->kind);
    if (array->null_count == 0) {
        *ret = (struct arrow_source){.count = 0};
        return 0;
    }
    if (rule == SEGMENT_NULLS_BITMAP)
        return direct(segment, array->nulls, ret);
    size_t bytes = (array->length + 7) / 8;
    TRY(arrow_scratch_reserve(scratch, bytes, err));
    if (rule == SEGMENT_NULLS_MASK)
        pack_bytes(segment_at(segment, array->nulls), array->length, 1, scratch->bytes);
    else
        pack_sentinels(segment, array, scratch->bytes);
    return converted(scratch, bytes, ret);
}

static int offsets(const void *segment, const struct segment_array *array, struct arrow_scratch *scratch,
                   struct arrow_source *ret, struct err *err) {
    if (arrow_column_is_large(array))
        return direct(segment, array->offsets, ret);
    size_t count = array->length + 1;
    TRY(arrow_scratch_reserve(scratch, count * sizeof(int32_t), err));
    const int64_t *wide = segment_at(segment, array->offsets);
    int32_t *narrow = scratch->bytes;
    for (size_t i = 0; i < count; i++)
        narrow[i] = (int32_t)wide[i];
    return converted(scratch, count * sizeof(int32_t), ret);
}

static int codes(const void *segment, const struct segment_array *array, struct arrow_scratch *scratch,
                 struct arrow_source *ret, struct err *err) {
    TRY(arrow_scratch_reserve(scratch, array->values.bytes, err));
    const void *from = segment_at(segment, array->values);
    if (array->kind == SEGMENT_CODES8)
        clear_codes8(from, array->length, scratch->bytes);
    else if (array->kind == SEGMENT_CODES16)
        clear_codes16(from, array->length, scratch->bytes);
    else
        clear_codes32(from, array->length, scratch->bytes);
    return converted(scratch, array->values.bytes, ret);
}

static int values(const void *segment, const struct segment_array *array, struct arrow_scratch *scratch,
                  struct arrow_source *ret, struct err *err) {
    if (segment_kind_is_codes((enum segment_kind)array->kind) && array->null_count)
        return codes(segment, array, scratch, ret, err);
    if (array->kind != SEGMENT_BOOL)
        return direct(segment, array->values, ret);
    size_t bytes = (array->length + 7) / 8;
    TRY(arrow_scratch_reserve(scratch, bytes, err));
    pack_bytes(segment_at(segment, array->values), array->length, 0, scratch->bytes);
    return converted(scratch, bytes, ret);
}

int arrow_column_part(const void *segment, const struct segment_array *array, enum arrow_part part,
                      struct arrow_scratch *scratch, struct arrow_source *ret, struct err *err) {
    if (part == ARROW_VALIDITY)
        return validity(segment, array, scratch, ret, err);
    if (part == ARROW_OFFSETS)
        return offsets(segment, array, scratch, ret, err);
    return values(segment, array, scratch, ret, err);
}
