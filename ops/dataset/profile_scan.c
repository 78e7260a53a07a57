// SPDX-License-Identifier: Apache-2.0
#include "profile_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "distinct.h"
#include "quern/own.h"
#include "quern/segment.h"

// A sum of many is a sum of such sums: it rounds less.
enum { CHUNK = 4096 };

/* ---- numbers and times ---- */

static double bin_scale(double low, double high) {
    double scale = PROFILE_BINS / (high - low);
    return isfinite(scale) ? scale : 0;
}

// `value` is a missing one when `missing` says so. The loops are as plain as they are so that compilers see through.
#define SCAN(name, stored, type, read, missing)                                                                        \
    static void scan_##name(const void *from, uint64_t rows, struct profile_column *ret) {                             \
        const stored *values = from;                                                                                   \
        uint64_t present = 0, least = 0, most = 0;                                                                     \
        double total = 0;                                                                                              \
        for (uint64_t first = 0; first < rows; first += CHUNK) {                                                       \
            uint64_t end = rows - first < CHUNK ? rows : first + CHUNK;                                                \
            double sum = 0;                                                                                            \
            for (uint64_t row = first; row < end; row++) {                                                             \
                type value = read(values[row]);                                                                        \
                if (missing)                                                                                           \
                    continue;                                                                                          \
                if (present++ == 0)                                                                                    \
                    least = most = row;                                                                                \
                if (value < read(values[least]))                                                                       \
                    least = row;                                                                                       \
                if (value > read(values[most]))                                                                        \
                    most = row;                                                                                        \
                sum += (double)value;                                                                                  \
            }                                                                                                          \
            total += sum;                                                                                              \
        }                                                                                                              \
        ret->present = present;                                                                                        \
        ret->least = least;                                                                                            \
        ret->most = most;                                                                                              \
        if (present > 0) {                                                                                             \
            ret->low = (double)read(values[least]);                                                                    \
            ret->high = (double)read(values[most]);                                                                    \
        }                                                                                                              \
        ret->mean = total / (double)present;                                                                           \
    }                                                                                                                  \
    static void bin_##name(const void *from, uint64_t rows, struct profile_column *ret) {                              \
        const stored *values = from;                                                                                   \
        double low = (double)read(values[ret->least]), scale = bin_scale(low, (double)read(values[ret->most]));        \
        for (uint64_t row = 0; row < rows; row++) {                                                                    \
            type value = read(values[row]);                                                                            \
            if (missing)                                                                                               \
                continue;                                                                                              \
            uint32_t bin = (uint32_t)(((double)value - low) * scale);                                                  \
            ret->bins[bin < PROFILE_BINS ? bin : PROFILE_BINS - 1]++;                                                  \
        }                                                                                                              \
    }                                                                                                                  \
    static bool missing_##name(const void *from, uint64_t row) {                                                       \
        type value = read(((const stored *)from)[row]);                                                                \
        return missing;                                                                                                \
    }

#define PLAIN(value) value
#define NEVER ((void)value, false)
SCAN(int8, int8_t, int8_t, PLAIN, NEVER)
SCAN(int16, int16_t, int16_t, PLAIN, NEVER)
SCAN(int32, int32_t, int32_t, PLAIN, NEVER)
SCAN(int64, int64_t, int64_t, PLAIN, NEVER)
SCAN(uint8, uint8_t, uint8_t, PLAIN, NEVER)
SCAN(uint16, uint16_t, uint16_t, PLAIN, NEVER)
SCAN(uint32, uint32_t, uint32_t, PLAIN, NEVER)
SCAN(uint64, uint64_t, uint64_t, PLAIN, NEVER)
SCAN(float16, uint16_t, double, segment_half_value, value != value)
SCAN(float32, float, float, PLAIN, value != value)
SCAN(float64, double, double, PLAIN, value != value)
SCAN(time, int64_t, int64_t, PLAIN, value == INT64_MIN)

struct scanner {
    void (*scan)(const void *values, uint64_t rows, struct profile_column *ret);
    void (*bin)(const void *values, uint64_t rows, struct profile_column *ret);
    bool (*missing)(const void *values, uint64_t row);
};

#define SCANNER(name)                                                                                                  \
    { scan_##name, bin_##name, missing_##name }

static const struct scanner scanner_int8 = SCANNER(int8), scanner_int16 = SCANNER(int16),
                            scanner_int32 = SCANNER(int32), scanner_int64 = SCANNER(int64),
                            scanner_uint8 = SCANNER(uint8), scanner_uint16 = SCANNER(uint16),
                            scanner_uint32 = SCANNER(uint32), scanner_uint64 = SCANNER(uint64),
                            scanner_float16 = SCANNER(float16), scanner_float32 = SCANNER(float32),
                            scanner_float64 = SCANNER(float64), scanner_time = SCANNER(time);

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
        return &scanner_time;
    case SEGMENT_BOOL:
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

static bool has_mean(enum segment_kind kind) { return kind != SEGMENT_TIMESTAMP && kind != SEGMENT_TIME; }

static void scan_numbers(const struct scanner *scanner, const void *segment, const struct segment_array *array,
                         struct profile_column *ret) {
    const void *values = segment_at(segment, array->values);
    scanner->scan(values, array->length, ret);
    ret->has_mean = ret->present > 0 && has_mean((enum segment_kind)array->kind);
    // Between infinities there are no bins.
    if (ret->present > 0 && isfinite(ret->high - ret->low)) {
        scanner->bin(values, array->length, ret);
        ret->bin_count = PROFILE_BINS;
    }
}

/* ---- texts and bytes ---- */

static int compare(const char *bytes, const int64_t *offsets, uint64_t a, uint64_t b) {
    size_t left = (size_t)(offsets[a + 1] - offsets[a]), right = (size_t)(offsets[b + 1] - offsets[b]);
    size_t common = left < right ? left : right;
    int order = common ? memcmp(bytes + offsets[a], bytes + offsets[b], common) : 0;
    return order ? order : (left > right) - (left < right);
}

static bool text_missing(const void *segment, const struct segment_array *array, uint64_t row) {
    return array->null_count > 0 && !bits_present(segment_at(segment, array->nulls), row);
}

static void scan_texts(const void *segment, const struct segment_array *array, struct profile_column *ret) {
    const int64_t *offsets = segment_at(segment, array->offsets);
    const char *bytes = segment_at(segment, array->values);
    for (uint64_t row = 0; row < array->length; row++) {
        if (text_missing(segment, array, row))
            continue;
        if (ret->present++ == 0)
            ret->least = ret->most = row;
        else if (compare(bytes, offsets, row, ret->least) < 0)
            ret->least = row;
        else if (compare(bytes, offsets, row, ret->most) > 0)
            ret->most = row;
    }
}

/* ---- distinct values ---- */

static bool is_missing(const void *segment, const struct segment_array *array, uint64_t row) {
    if (segment_kind_is_bytes((enum segment_kind)array->kind))
        return text_missing(segment, array, row);
    return scanner_of((enum segment_kind)array->kind)->missing(segment_at(segment, array->values), row);
}

static int count_distinct(const void *segment, const struct segment_array *array, struct profile_column *ret,
                          struct err *err) {
    const struct distinct_values values = {.kind = (enum segment_kind)array->kind,
                                           .values = segment_at(segment, array->values),
                                           .offsets = segment_at(segment, array->offsets)};
    auto_distinct struct distinct set = {0};
    TRY(distinct_init(&set, &values, PROFILE_DISTINCT + 1, err));
    for (uint64_t row = 0; row < array->length; row++) {
        if (is_missing(segment, array, row))
            continue;
        if (ret->distinct == PROFILE_DISTINCT || row >= DISTINCT_MAX) {
            // One more than the bound would fit: whether this is one decides.
            ret->distinct_more = distinct_add(&set, (uint32_t)row) == row;
            if (ret->distinct_more || row >= DISTINCT_MAX)
                return 0;
            continue;
        }
        ret->distinct += distinct_add(&set, (uint32_t)row) == row;
    }
    return 0;
}

/* ---- booleans and dictionaries ---- */

static void scan_booleans(const void *segment, const struct segment_array *array, struct profile_column *ret) {
    const uint8_t *values = segment_at(segment, array->values), *mask = segment_at(segment, array->nulls);
    uint64_t rows[2] = {0};
    for (uint64_t row = 0; row < array->length; row++) {
        if (array->null_count && mask[row])
            continue;
        bool value = values[row];
        if (ret->bins[value]++ == 0)
            rows[value] = row;
    }
    ret->present = ret->bins[0] + ret->bins[1];
    ret->least = rows[ret->bins[0] == 0];
    ret->most = rows[ret->bins[1] > 0];
    ret->distinct = (ret->bins[0] > 0 ? 1u : 0u) + (ret->bins[1] > 0 ? 1u : 0u);
    ret->bin_count = ret->present ? 2 : 0;
    ret->has_mean = ret->present > 0;
    ret->mean = (double)ret->bins[1] / (double)ret->present;
}

static int32_t code_at(const struct segment_array *array, const void *values, uint64_t row) {
    if (array->kind == SEGMENT_CODES8)
        return ((const int8_t *)values)[row];
    if (array->kind == SEGMENT_CODES16)
        return ((const int16_t *)values)[row];
    return ((const int32_t *)values)[row];
}

// Of an ordered dictionary the codes tell which value is less; texts are compared; of other values there is no range.
static void range_of_codes(const void *segment, const struct segment_array *array, const uint8_t *used,
                           struct profile_column *ret) {
    const struct segment_array *dictionary = segment_array(segment, array->dictionary);
    bool texts = segment_kind_is_bytes((enum segment_kind)dictionary->kind) && !(array->flags & SEGMENT_ORDERED);
    const int64_t *offsets = segment_at(segment, dictionary->offsets);
    const char *bytes = segment_at(segment, dictionary->values);
    bool any = false;
    for (uint64_t code = 0; code < dictionary->length; code++) {
        if (!used[code])
            continue;
        ret->distinct++;
        if (!any)
            ret->least = ret->most = code;
        any = true;
        if (texts && compare(bytes, offsets, code, ret->least) < 0)
            ret->least = code;
        if (!texts || compare(bytes, offsets, code, ret->most) > 0)
            ret->most = code;
    }
}

static int scan_codes(const void *segment, const struct segment_array *array, struct profile_column *ret,
                      struct err *err) {
    const void *values = segment_at(segment, array->values);
    auto_free uint8_t *used = calloc(segment_array(segment, array->dictionary)->length + 1, 1);
    if (!used)
        return err_set(err, REASON_INFRA, "out of memory for the values of a dictionary");
    for (uint64_t row = 0; row < array->length; row++) {
        int32_t code = code_at(array, values, row);
        if (code < 0)
            continue;
        used[code] = 1;
        ret->present++;
    }
    range_of_codes(segment, array, used, ret);
    return 0;
}

int profile_scan(const void *segment, uint32_t column, struct profile_column *ret, struct err *err) {
    const struct segment_array *array = segment_array(segment, column);
    enum segment_kind kind = (enum segment_kind)array->kind;
    *ret = (struct profile_column){0};
    if (segment_kind_is_codes(kind))
        return scan_codes(segment, array, ret, err);
    if (kind == SEGMENT_BOOL) {
        scan_booleans(segment, array, ret);
        return 0;
    }
    const struct scanner *scanner = scanner_of(kind);
    if (!scanner && !segment_kind_is_bytes(kind))
        return 0;
    if (scanner)
        scan_numbers(scanner, segment, array, ret);
    else
        scan_texts(segment, array, ret);
    return count_distinct(segment, array, ret, err);
}
