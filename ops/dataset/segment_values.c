// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "bits.h"
#include "distinct.h"
#include "quern/utf8.h"
#include "segment_check.h"

struct part {
    const void *base;
    const struct segment_array *array;
    char label[SEGMENT_LABEL_BYTES];
};

static int wrong_nulls(const struct part *part, uint64_t found, struct err *err) {
    return err_set(err, REASON_BAD_RESULT, "%s: its entry counts %llu nulls, its values %llu", part->label,
                   (unsigned long long)part->array->null_count, (unsigned long long)found);
}

#define COUNT_IF(type, condition)                                                                                      \
    do {                                                                                                               \
        const type *values = segment_at(part->base, part->array->values);                                              \
        for (uint64_t i = 0; i < part->array->length; i++)                                                             \
            nulls += condition;                                                                                        \
    } while (0)

static uint64_t count_sentinels(const struct part *part) {
    uint64_t nulls = 0;
    if (part->array->kind == SEGMENT_FLOAT16)
        COUNT_IF(uint16_t, segment_half_is_nan(values[i]));
    else if (part->array->kind == SEGMENT_FLOAT32)
        COUNT_IF(float, values[i] != values[i]);
    else if (part->array->kind == SEGMENT_FLOAT64)
        COUNT_IF(double, values[i] != values[i]);
    else if (segment_kind_is_instant((enum segment_kind)part->array->kind))
        COUNT_IF(int64_t, values[i] == INT64_MIN);
    return nulls;
}

static int32_t code_at(const void *codes, enum segment_kind kind, uint64_t index) {
    if (kind == SEGMENT_CODES8)
        return ((const int8_t *)codes)[index];
    return kind == SEGMENT_CODES16 ? ((const int16_t *)codes)[index] : ((const int32_t *)codes)[index];
}

static int check_codes(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    const void *codes = segment_at(part->base, array->values);
    uint64_t count = segment_array(part->base, array->dictionary)->length, nulls = 0;
    for (uint64_t i = 0; i < array->length; i++) {
        int32_t code = code_at(codes, (enum segment_kind)array->kind, i);
        if (code < -1 || (code >= 0 && (uint64_t)code >= count))
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu has code %d, its dictionary %llu values", part->label,
                           (unsigned long long)i, code, (unsigned long long)count);
        nulls += code == -1;
    }
    return nulls == array->null_count ? 0 : wrong_nulls(part, nulls, err);
}

static bool is_zero(const uint8_t *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

// Numbers and bools of pandas' nullable types: a missing one is 0.
static int check_masked(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    const uint8_t *values = segment_at(part->base, array->values);
    const uint8_t *mask = array->null_count ? segment_at(part->base, array->nulls) : NULL;
    uint32_t width = segment_kind_width((enum segment_kind)array->kind);
    uint64_t nulls = 0;
    for (uint64_t i = 0; mask && i < array->length; i++) {
        if (mask[i] > 1)
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu has a mask of %u, expected 0 or 1", part->label,
                           (unsigned long long)i, mask[i]);
        if (mask[i] && !is_zero(values + i * width, width))
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu is missing but not 0", part->label,
                           (unsigned long long)i);
        nulls += mask[i];
    }
    return nulls == array->null_count ? 0 : wrong_nulls(part, nulls, err);
}

static int check_bools(const struct part *part, struct err *err) {
    const uint8_t *values = segment_at(part->base, part->array->values);
    for (uint64_t i = 0; i < part->array->length; i++)
        if (values[i] > 1)
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu holds byte %u, expected 0 or 1", part->label,
                           (unsigned long long)i, values[i]);
    return 0;
}

static int check_tail(const struct part *part, struct segment_span bitmap, struct err *err) {
    const uint8_t *bits = segment_at(part->base, bitmap);
    uint64_t length = part->array->length;
    if (length % 8 && bits[length / 8] >> (length % 8))
        return err_set(err, REASON_BAD_RESULT, "%s: bits behind the last row are set", part->label);
    return 0;
}

static int check_flags(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    const uint8_t *values = segment_at(part->base, array->values), *bitmap = segment_at(part->base, array->nulls);
    TRY(check_tail(part, array->values, err));
    if (array->null_count == 0)
        return 0;
    TRY(check_tail(part, array->nulls, err));
    BITS_EACH_MISSING(bitmap, array->length, row)
    if (bits_present(values, row))
        return err_set(err, REASON_BAD_RESULT, "%s: row %llu is missing but not 0", part->label,
                       (unsigned long long)row);
    uint64_t nulls = bits_count_missing(bitmap, array->length);
    return nulls == array->null_count ? 0 : wrong_nulls(part, nulls, err);
}

static int check_offsets(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    const int64_t *offsets = segment_at(part->base, array->offsets);
    if (offsets[0] != 0 || offsets[array->length] != (int64_t)array->values.bytes)
        return err_set(err, REASON_BAD_RESULT, "%s: its offsets run from %lld to %lld, expected 0 to %llu", part->label,
                       (long long)offsets[0], (long long)offsets[array->length],
                       (unsigned long long)array->values.bytes);
    for (uint64_t i = 0; i < array->length; i++)
        if (offsets[i + 1] < offsets[i])
            return err_set(err, REASON_BAD_RESULT, "%s: the offset falls at row %llu, from %lld to %lld", part->label,
                           (unsigned long long)i, (long long)offsets[i], (long long)offsets[i + 1]);
    return 0;
}

static int check_utf8(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    const int64_t *offsets = segment_at(part->base, array->offsets);
    const uint8_t *bytes = segment_at(part->base, array->values);
    uint64_t bad = utf8_first_bad(bytes, array->values.bytes);
    if (bad < array->values.bytes)
        return err_set(err, REASON_BAD_RESULT, "%s: byte %llu of its texts is not UTF-8", part->label,
                       (unsigned long long)bad);
    for (uint64_t i = 0; i < array->length; i++)
        if (offsets[i] < (int64_t)array->values.bytes && !utf8_starts(bytes[offsets[i]]))
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu begins inside of a character", part->label,
                           (unsigned long long)i);
    return 0;
}

static int check_bitmap(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    const int64_t *offsets = segment_at(part->base, array->offsets);
    const uint8_t *bitmap = segment_at(part->base, array->nulls);
    uint64_t nulls = 0;
    for (uint64_t i = 0; i < array->length; i++) {
        bool missing = !(bitmap[i / 8] >> (i % 8) & 1);
        if (missing && offsets[i + 1] != offsets[i])
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu is missing but not empty", part->label,
                           (unsigned long long)i);
        nulls += missing;
    }
    TRY(check_tail(part, array->nulls, err));
    return nulls == array->null_count ? 0 : wrong_nulls(part, nulls, err);
}

static int check_texts(const struct part *part, struct err *err) {
    TRY(check_offsets(part, err));
    if (part->array->kind == SEGMENT_UTF8)
        TRY(check_utf8(part, err));
    return part->array->null_count ? check_bitmap(part, err) : 0;
}

static int check_distinct(const struct part *part, struct err *err) {
    const struct segment_array *array = part->array;
    struct distinct_values values = {(enum segment_kind)array->kind, segment_at(part->base, array->values),
                                     segment_at(part->base, array->offsets)};
    auto_distinct struct distinct set = {.slots = NULL};
    if (array->null_count)
        return err_set(err, REASON_BAD_RESULT, "%s: %llu nulls among them, expected none", part->label,
                       (unsigned long long)array->null_count);
    TRY(distinct_init(&set, &values, array->length, err));
    for (uint32_t i = 0; i < array->length; i++) {
        uint32_t first = distinct_add(&set, i);
        if (first != i)
            return err_set(err, REASON_BAD_RESULT, "%s: value %u repeats value %u", part->label, i, first);
    }
    return 0;
}

// The missing ones are negative too: who counts them knows which.
static int check_times(const struct part *part, struct err *err) {
    const int64_t *values = segment_at(part->base, part->array->values);
    for (uint64_t i = 0; i < part->array->length; i++)
        if (values[i] != INT64_MIN && (values[i] < 0 || values[i] >= SEGMENT_DAY_NS))
            return err_set(err, REASON_BAD_RESULT, "%s: row %llu holds %lld ns, a day has 0 to %lld", part->label,
                           (unsigned long long)i, (long long)values[i], (long long)SEGMENT_DAY_NS - 1);
    return 0;
}

static int check_contents(const struct part *part, struct err *err) {
    enum segment_kind kind = (enum segment_kind)part->array->kind;
    if (kind == SEGMENT_NULL)
        return 0;
    if (segment_kind_is_codes(kind))
        return check_codes(part, err);
    if (segment_kind_is_bytes(kind))
        return check_texts(part, err);
    if (kind == SEGMENT_FLAGS)
        return check_flags(part, err);
    if (kind == SEGMENT_BOOL)
        TRY(check_bools(part, err));
    if (segment_nulls_rule(kind, part->array->flags) == SEGMENT_NULLS_MASK)
        return check_masked(part, err);
    if (kind == SEGMENT_TIME)
        TRY(check_times(part, err));
    uint64_t nulls = count_sentinels(part);
    return nulls == part->array->null_count ? 0 : wrong_nulls(part, nulls, err);
}

int segment_values_check(const void *base, uint32_t index, struct err *err) {
    struct part part = {.base = base, .array = segment_array(base, index)};
    segment_label(base, index, part.label);
    TRY(check_contents(&part, err));
    return index >= segment_header(base)->columns ? check_distinct(&part, err) : 0;
}
