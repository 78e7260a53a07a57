// SPDX-License-Identifier: Apache-2.0
#include "profile_scan.h"

#include <math.h>
#include <string.h>

#include "bits.h"

// A sum of many is a sum of such sums: it rounds less.
enum { BLOCK = 4096 };

// One byte per row, 1: missing; NULL: none is, or the values tell.
static const uint8_t *mask_of(const struct profile_slice *slice) {
    const struct segment_array *array = slice->array;
    bool has =
        array->null_count > 0 && segment_nulls_rule((enum segment_kind)array->kind, array->flags) == SEGMENT_NULLS_MASK;
    return has ? segment_at(slice->segment, array->nulls) : NULL;
}

/* ---- numbers and times ---- */

static uint64_t bits_of_half(uint16_t half) { return half == 0x8000 ? 0 : half; }

static uint64_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return value == 0 ? 0 : bits;
}

static uint64_t bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return value == 0 ? 0 : bits;
}

// The loops are as plain as they are so that compilers see through. `stored` is read() as `type`, and missing when
// `missing` says so of `value`; as a word of 64 bits it is word().
#define SCAN(name, stored, type, read, word, missing)                                                                  \
    static void scan_##name(const struct profile_slice *slice, struct profile_piece *ret) {                            \
        const stored *values = segment_at(slice->segment, slice->array->values);                                       \
        const uint8_t *mask = mask_of(slice);                                                                          \
        uint64_t present = 0, least = 0, most = 0;                                                                     \
        type low = 0, high = 0;                                                                                        \
        double total = 0;                                                                                              \
        for (uint64_t first = slice->first; first < slice->end; first += BLOCK) {                                      \
            uint64_t end = slice->end - first < BLOCK ? slice->end : first + BLOCK;                                    \
            double sum = 0;                                                                                            \
            for (uint64_t row = first; row < end; row++) {                                                             \
                type value = read(values[row]);                                                                        \
                if ((missing) || (mask && mask[row]))                                                                  \
                    continue;                                                                                          \
                if (present++ == 0) {                                                                                  \
                    least = most = row;                                                                                \
                    low = high = value;                                                                                \
                }                                                                                                      \
                if (value < low) {                                                                                     \
                    low = value;                                                                                       \
                    least = row;                                                                                       \
                }                                                                                                      \
                if (value > high) {                                                                                    \
                    high = value;                                                                                      \
                    most = row;                                                                                        \
                }                                                                                                      \
                sum += (double)value;                                                                                  \
            }                                                                                                          \
            total += sum;                                                                                              \
        }                                                                                                              \
        *ret = (struct profile_piece){.present = present, .least = least, .most = most, .sum = total};                 \
    }                                                                                                                  \
    static void bin_##name(const struct profile_slice *slice, double low, double scale, uint64_t *bins) {              \
        const stored *values = segment_at(slice->segment, slice->array->values);                                       \
        const uint8_t *mask = mask_of(slice);                                                                          \
        for (uint64_t row = slice->first; row < slice->end; row++) {                                                   \
            type value = read(values[row]);                                                                            \
            if ((missing) || (mask && mask[row]))                                                                      \
                continue;                                                                                              \
            uint32_t bin = (uint32_t)(((double)value - low) * scale);                                                  \
            bins[bin < PROFILE_BINS ? bin : PROFILE_BINS - 1]++;                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    static void collect_##name(const struct profile_slice *slice, struct profile_set *set) {                           \
        const stored *values = segment_at(slice->segment, slice->array->values);                                       \
        const uint8_t *mask = mask_of(slice);                                                                          \
        uint64_t before = 0;                                                                                           \
        bool any = false;                                                                                              \
        for (uint64_t row = slice->first; row < slice->end; row++) {                                                   \
            type value = read(values[row]);                                                                            \
            uint64_t bits = (uint64_t)word(values[row]);                                                               \
            if ((missing) || (mask && mask[row]) || (any && bits == before))                                           \
                continue;                                                                                              \
            if (!profile_set_add(set, bits, row))                                                                      \
                return;                                                                                                \
            before = bits;                                                                                             \
            any = true;                                                                                                \
        }                                                                                                              \
    }                                                                                                                  \
    static bool less_##name(const void *from, uint64_t row, uint64_t than) {                                           \
        const stored *values = from;                                                                                   \
        return read(values[row]) < read(values[than]);                                                                 \
    }                                                                                                                  \
    static double value_##name(const void *from, uint64_t row) { return (double)read(((const stored *)from)[row]); }   \
    static const struct scanner scanner_##name = {scan_##name, bin_##name, collect_##name, less_##name, value_##name};

struct scanner {
    void (*scan)(const struct profile_slice *slice, struct profile_piece *ret);
    void (*bin)(const struct profile_slice *slice, double low, double scale, uint64_t *bins);
    void (*collect)(const struct profile_slice *slice, struct profile_set *set);
    bool (*less)(const void *values, uint64_t row, uint64_t than);
    double (*value)(const void *values, uint64_t row);
};

#define PLAIN(value) value
#define NEVER ((void)value, false)
SCAN(int8, int8_t, int8_t, PLAIN, PLAIN, NEVER)
SCAN(int16, int16_t, int16_t, PLAIN, PLAIN, NEVER)
SCAN(int32, int32_t, int32_t, PLAIN, PLAIN, NEVER)
SCAN(int64, int64_t, int64_t, PLAIN, PLAIN, NEVER)
SCAN(uint8, uint8_t, uint8_t, PLAIN, PLAIN, NEVER)
SCAN(uint16, uint16_t, uint16_t, PLAIN, PLAIN, NEVER)
SCAN(uint32, uint32_t, uint32_t, PLAIN, PLAIN, NEVER)
SCAN(uint64, uint64_t, uint64_t, PLAIN, PLAIN, NEVER)
SCAN(float16, uint16_t, double, segment_half_value, bits_of_half, value != value)
SCAN(float32, float, float, PLAIN, bits_of_float, value != value)
SCAN(float64, double, double, PLAIN, bits_of_double, value != value)
SCAN(instant, int64_t, int64_t, PLAIN, PLAIN, value == INT64_MIN)

// NULL: no number. A new kind has to take its place here before this compiles.
static const struct scanner *scanner_of(enum segment_kind kind) {
    switch (kind) {
    case SEGMENT_INT8:
        return &scanner_int8;
    case SEGMENT_INT16:
        return &scanner_int16;
    case SEGMENT_INT32:
        return &scanner_int32;
    case SEGMENT_INT64:
        return &scanner_int64;
    case SEGMENT_UINT8:
        return &scanner_uint8;
    case SEGMENT_UINT16:
        return &scanner_uint16;
    case SEGMENT_UINT32:
        return &scanner_uint32;
    case SEGMENT_UINT64:
        return &scanner_uint64;
    case SEGMENT_FLOAT16:
        return &scanner_float16;
    case SEGMENT_FLOAT32:
        return &scanner_float32;
    case SEGMENT_FLOAT64:
        return &scanner_float64;
    case SEGMENT_TIMESTAMP:
    case SEGMENT_DURATION:
    case SEGMENT_TIME:
        return &scanner_instant;
    case SEGMENT_BOOL:
    case SEGMENT_FLAGS:
    case SEGMENT_UTF8:
    case SEGMENT_BINARY:
    case SEGMENT_CODES8:
    case SEGMENT_CODES16:
    case SEGMENT_CODES32:
    case SEGMENT_NULL:
    case SEGMENT_KIND_NONE:
        break;
    }
    return NULL;
}

bool profile_is_number(enum segment_kind kind) { return scanner_of(kind) != NULL; }

/* ---- texts and bytes ---- */

static int compare(const char *bytes, const int64_t *offsets, uint64_t a, uint64_t b) {
    size_t left = (size_t)(offsets[a + 1] - offsets[a]), right = (size_t)(offsets[b + 1] - offsets[b]);
    size_t common = left < right ? left : right;
    int order = common ? memcmp(bytes + offsets[a], bytes + offsets[b], common) : 0;
    return order ? order : (left > right) - (left < right);
}

static const uint8_t *bitmap_of(const struct profile_slice *slice) {
    return slice->array->null_count > 0 ? segment_at(slice->segment, slice->array->nulls) : NULL;
}

static void scan_texts(const struct profile_slice *slice, struct profile_piece *ret) {
    const int64_t *offsets = segment_at(slice->segment, slice->array->offsets);
    const char *bytes = segment_at(slice->segment, slice->array->values);
    const uint8_t *bitmap = bitmap_of(slice);
    *ret = (struct profile_piece){0};
    for (uint64_t row = slice->first; row < slice->end; row++) {
        if (bitmap && !bits_present(bitmap, row))
            continue;
        if (ret->present++ == 0)
            ret->least = ret->most = row;
        else if (compare(bytes, offsets, row, ret->least) < 0)
            ret->least = row;
        else if (compare(bytes, offsets, row, ret->most) > 0)
            ret->most = row;
    }
}

static void collect_texts(const struct profile_slice *slice, struct profile_set *set) {
    const uint8_t *bitmap = bitmap_of(slice);
    for (uint64_t row = slice->first; row < slice->end; row++)
        if ((!bitmap || bits_present(bitmap, row)) && !profile_set_add_text(set, row))
            return;
}

/* ---- booleans and dictionaries ---- */

static bool is_true(const struct segment_array *array, const void *values, uint64_t row) {
    return array->kind == SEGMENT_FLAGS ? bits_present(values, row) : ((const uint8_t *)values)[row];
}

static void scan_booleans(const struct profile_slice *slice, struct profile_piece *ret) {
    const void *values = segment_at(slice->segment, slice->array->values);
    const uint8_t *mask = mask_of(slice), *bitmap = slice->array->kind == SEGMENT_FLAGS ? bitmap_of(slice) : NULL;
    uint64_t counts[2] = {0}, rows[2] = {0};
    for (uint64_t row = slice->first; row < slice->end; row++) {
        if ((mask && mask[row]) || (bitmap && !bits_present(bitmap, row)))
            continue;
        bool value = is_true(slice->array, values, row);
        if (counts[value]++ == 0)
            rows[value] = row;
    }
    *ret = (struct profile_piece){.present = counts[0] + counts[1],
                                  .least = rows[counts[0] == 0],
                                  .most = rows[counts[1] > 0],
                                  .trues = counts[1]};
}

// Other threads write the same 1 into the same bytes.
#define SCAN_CODES(name, type)                                                                                         \
    static void scan_##name(const struct profile_slice *slice, uint8_t *used, struct profile_piece *ret) {             \
        const type *codes = segment_at(slice->segment, slice->array->values);                                          \
        *ret = (struct profile_piece){0};                                                                              \
        for (uint64_t row = slice->first; row < slice->end; row++) {                                                   \
            if (codes[row] < 0)                                                                                        \
                continue;                                                                                              \
            ret->present++;                                                                                            \
            if (!__atomic_load_n(&used[codes[row]], __ATOMIC_RELAXED))                                                 \
                __atomic_store_n(&used[codes[row]], 1, __ATOMIC_RELAXED);                                              \
        }                                                                                                              \
    }
SCAN_CODES(codes8, int8_t)
SCAN_CODES(codes16, int16_t)
SCAN_CODES(codes32, int32_t)

/* ---- by kind ---- */

void profile_scan(const struct profile_slice *slice, uint8_t *used, struct profile_piece *ret) {
    enum segment_kind kind = (enum segment_kind)slice->array->kind;
    const struct scanner *scanner = scanner_of(kind);
    *ret = (struct profile_piece){0};
    if (scanner)
        scanner->scan(slice, ret);
    else if (segment_kind_is_bytes(kind))
        scan_texts(slice, ret);
    else if (kind == SEGMENT_BOOL || kind == SEGMENT_FLAGS)
        scan_booleans(slice, ret);
    else if (kind == SEGMENT_CODES8)
        scan_codes8(slice, used, ret);
    else if (kind == SEGMENT_CODES16)
        scan_codes16(slice, used, ret);
    else if (kind == SEGMENT_CODES32)
        scan_codes32(slice, used, ret);
}

void profile_bin(const struct profile_slice *slice, double low, double high, uint64_t bins[PROFILE_BINS]) {
    const struct scanner *scanner = scanner_of((enum segment_kind)slice->array->kind);
    double scale = PROFILE_BINS / (high - low);
    if (scanner)
        scanner->bin(slice, low, isfinite(scale) ? scale : 0, bins);
}

void profile_collect(const struct profile_slice *slice, struct profile_set *set) {
    enum segment_kind kind = (enum segment_kind)slice->array->kind;
    const struct scanner *scanner = scanner_of(kind);
    if (scanner)
        scanner->collect(slice, set);
    else if (segment_kind_is_bytes(kind))
        collect_texts(slice, set);
}

bool profile_less(const struct profile_slice *slice, uint64_t row, uint64_t than) {
    const struct segment_array *array = slice->array;
    const struct scanner *scanner = scanner_of((enum segment_kind)array->kind);
    const void *values = segment_at(slice->segment, array->values);
    if (scanner)
        return scanner->less(values, row, than);
    if (array->kind == SEGMENT_BOOL || array->kind == SEGMENT_FLAGS)
        return is_true(array, values, row) < is_true(array, values, than);
    return segment_kind_is_bytes((enum segment_kind)array->kind) &&
           compare(values, segment_at(slice->segment, array->offsets), row, than) < 0;
}

double profile_value(const struct profile_slice *slice, uint64_t row) {
    const struct scanner *scanner = scanner_of((enum segment_kind)slice->array->kind);
    return scanner ? scanner->value(segment_at(slice->segment, slice->array->values), row) : 0;
}
