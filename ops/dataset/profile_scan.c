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
#define SCAN(name, type, missing)                                                                                      \
    static void scan_##name(const void *from, uint64_t rows, struct profile_column *ret) {                             \
        const type *values = from;                                                                                     \
        uint64_t present = 0, least = 0, most = 0;                                                                     \
        double total = 0;                                                                                              \
        for (uint64_t first = 0; first < rows; first += CHUNK) {                                                       \
            uint64_t end = rows - first < CHUNK ? rows : first + CHUNK;                                                \
            double sum = 0;                                                                                            \
            for (uint64_t row = first; row < end; row++) {                                                             \
                type value = values[row];                                                                              \
                if (missing)                                                                                           \
                    continue;                                                                                          \
                if (present++ == 0)                                                                                    \
                    least = most = row;                                                                                \
                if (value < values[least])                                                                             \
                    least = row;                                                                                       \
                if (value > values[most])                                                                              \
                    most = row;                                                                                        \
                sum += (double)value;                                                                                  \
            }                                                                                                          \
            total += sum;                                                                                              \
        }                                                                                                              \
        ret->present = present;                                                                                        \
        ret->least = least;                                                                                            \
        ret->most = most;                                                                                              \
        ret->mean = total / (double)present;                                                                           \
    }                                                                                                                  \
    static void bin_##name(const void *from, uint64_t rows, struct profile_column *ret) {                              \
        const type *values = from;                                                                                     \
        double low = (double)values[ret->least], scale = bin_scale(low, (double)values[ret->most]);                    \
        for (uint64_t row = 0; row < rows; row++) {                                                                    \
            type value = values[row];                                                                                  \
            if (missing)                                                                                               \
                continue;                                                                                              \
            uint32_t bin = (uint32_t)(((double)value - low) * scale);                                                  \
            ret->bins[bin < PROFILE_BINS ? bin : PROFILE_BINS - 1]++;                                                  \
        }                                                                                                              \
    }                                                                                                                  \
    static bool missing_##name(const void *from, uint64_t row) {                                                       \
        type value = ((const type *)from)[row];                                                                        \
        return missing;                                                                                                \
    }

#define NEVER ((void)value, false)
SCAN(int8, int8_t, NEVER)
SCAN(int16, int16_t, NEVER)
SCAN(int32, int32_t, NEVER)
SCAN(int64, int64_t, NEVER)
SCAN(uint8, uint8_t, NEVER)
SCAN(uint16, uint16_t, NEVER)
SCAN(uint32, uint32_t, NEVER)
SCAN(uint64, uint64_t, NEVER)
SCAN(float32, float, value != value)
SCAN(float64, double, value != value)
SCAN(time, int64_t, value == INT64_MIN)

struct scanner {
    void (*scan)(const void *values, uint64_t rows, struct profile_column *ret);
    void (*bin)(const void *values, uint64_t rows, struct profile_column *ret);
    bool (*missing)(const void *values, uint64_t row);
};

#define SCANNER(name)                                                                                                  \
    { scan_##name, bin_##name, missing_##name }

static const struct scanner scanners[] = {
    [SEGMENT_INT8] = SCANNER(int8),       [SEGMENT_INT16] = SCANNER(int16),    [SEGMENT_INT32] = SCANNER(int32),
    [SEGMENT_INT64] = SCANNER(int64),     [SEGMENT_UINT8] = SCANNER(uint8),    [SEGMENT_UINT16] = SCANNER(uint16),
    [SEGMENT_UINT32] = SCANNER(uint32),   [SEGMENT_UINT64] = SCANNER(uint64),  [SEGMENT_FLOAT32] = SCANNER(float32),
    [SEGMENT_FLOAT64] = SCANNER(float64), [SEGMENT_TIMESTAMP] = SCANNER(time),
};

// Between infinities there are no bins.
static bool has_bins(const struct segment_array *array, const void *values, const struct profile_column *column) {
    double low = 0, high = 0;
    if (array->kind == SEGMENT_FLOAT32) {
        low = (double)((const float *)values)[column->least];
        high = (double)((const float *)values)[column->most];
    } else if (array->kind == SEGMENT_FLOAT64) {
        low = ((const double *)values)[column->least];
        high = ((const double *)values)[column->most];
    }
    return column->present > 0 && isfinite(high - low);
}

static void scan_numbers(const void *segment, const struct segment_array *array, struct profile_column *ret) {
    const struct scanner *scanner = &scanners[array->kind];
    const void *values = segment_at(segment, array->values);
    scanner->scan(values, array->length, ret);
    ret->has_mean = ret->present > 0 && array->kind != SEGMENT_TIMESTAMP;
    if (has_bins(array, values, ret)) {
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
    return scanners[array->kind].missing(segment_at(segment, array->values), row);
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
    if (segment_kind_is_bytes(kind))
        scan_texts(segment, array, ret);
    else
        scan_numbers(segment, array, ret);
    return count_distinct(segment, array, ret, err);
}
