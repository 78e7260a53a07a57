// SPDX-License-Identifier: Apache-2.0
#include "ops/python/lend.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/own.h"

enum { FORMAT_BYTES = 8 + SEGMENT_MAX_ZONE_BYTES, MOST_BUFFERS = 3 };

static int no_memory(struct err *err) {
    return err_set(err, REASON_LIMIT_MEMORY, "out of memory for a borrowed column");
}

/* ---- schemas ---- */

static const char *plain_format(enum segment_kind kind) {
    static const char *const formats[] = {
        [SEGMENT_INT8] = "c",    [SEGMENT_INT16] = "s",   [SEGMENT_INT32] = "i",   [SEGMENT_INT64] = "l",
        [SEGMENT_UINT8] = "C",   [SEGMENT_UINT16] = "S",  [SEGMENT_UINT32] = "I",  [SEGMENT_UINT64] = "L",
        [SEGMENT_FLOAT16] = "e", [SEGMENT_FLOAT32] = "f", [SEGMENT_FLOAT64] = "g", [SEGMENT_BOOL] = "b",
        [SEGMENT_UTF8] = "U",    [SEGMENT_BINARY] = "Z",  [SEGMENT_TIME] = "ttn",  [SEGMENT_NULL] = "n",
        [SEGMENT_CODES8] = "c",  [SEGMENT_CODES16] = "s", [SEGMENT_CODES32] = "i", [SEGMENT_FLAGS] = "b",
    };
    return formats[kind];
}

static void write_format(const void *base, const struct segment_array *array, char *to) {
    static const char units[] = "smun";
    enum segment_kind kind = (enum segment_kind)array->kind;
    const char *zone = array->zone.bytes ? segment_at(base, array->zone) : "";
    if (kind == SEGMENT_TIMESTAMP)
        snprintf(to, FORMAT_BYTES, "ts%c:%.*s", units[array->unit], (int)array->zone.bytes, zone);
    else if (kind == SEGMENT_DURATION)
        snprintf(to, FORMAT_BYTES, "tD%c", units[array->unit]);
    else
        snprintf(to, FORMAT_BYTES, "%s", plain_format(kind));
}

static void release_schema(struct ArrowSchema *schema) {
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    free(schema->dictionary);
    free(schema->private_data);
    schema->release = NULL;
}

static int lend_words(const void *base, const struct segment_array *array, struct ArrowSchema *ret, struct err *err) {
    auto_free struct ArrowSchema *words = calloc(1, sizeof *words);
    if (!words)
        return no_memory(err);
    TRY(lend_schema(base, array->dictionary, words, err));
    ret->dictionary = steal_ptr(&words);
    return 0;
}

int lend_schema(const void *base, uint32_t index, struct ArrowSchema *ret, struct err *err) {
    const struct segment_array *array = segment_array(base, index);
    auto_free char *format = malloc(FORMAT_BYTES);
    if (!format)
        return no_memory(err);
    write_format(base, array, format);
    *ret = (struct ArrowSchema){.name = "", .flags = ARROW_FLAG_NULLABLE};
    if (array->flags & SEGMENT_ORDERED)
        ret->flags |= ARROW_FLAG_DICTIONARY_ORDERED;
    if (segment_kind_is_codes((enum segment_kind)array->kind))
        TRY(lend_words(base, array, ret, err));
    ret->format = format;
    ret->private_data = steal_ptr(&format);
    ret->release = release_schema;
    return 0;
}

/* ---- arrays ---- */

// What a lent array owns beside the segment.
struct loan {
    const void *buffers[MOST_BUFFERS];
    uint8_t *present; // bitmap
    uint8_t *flags;   // bits of BOOL
};

static void free_loan(struct loan *loan) {
    if (loan) {
        free(loan->present);
        free(loan->flags);
    }
    free(loan);
}

static void own_loan(struct loan **loan) { free_loan(*loan); }

#define auto_loan __attribute__((cleanup(own_loan)))

static void release_array(struct ArrowArray *array) {
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    free(array->dictionary);
    free_loan(array->private_data);
    array->release = NULL;
}

static bool is_missing(enum segment_kind kind, const char *value, size_t width) {
    int64_t instant;
    double wide;
    float narrow;
    uint16_t half;
    if (kind == SEGMENT_FLOAT64)
        return memcpy(&wide, value, sizeof wide), wide != wide;
    if (kind == SEGMENT_FLOAT32)
        return memcpy(&narrow, value, sizeof narrow), narrow != narrow;
    if (kind == SEGMENT_FLOAT16)
        return memcpy(&half, value, sizeof half), segment_half_is_nan(half);
    if (segment_kind_is_instant(kind))
        return memcpy(&instant, value, sizeof instant), instant == INT64_MIN;
    return segment_kind_is_codes(kind) && memcmp(value, "\xff\xff\xff\xff", width) == 0;
}

static uint8_t *bits_new(uint64_t count) { return calloc(1, count / 8 + 1); }

static void bits_of_mask(uint8_t *bits, const uint8_t *mask, uint64_t count, uint8_t set) {
    for (uint64_t i = 0; i < count; i++)
        bits[i / 8] |= (uint8_t)((unsigned)(mask[i] == set) << i % 8);
}

static void bits_of_values(uint8_t *bits, const struct segment_array *array, const char *values) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    size_t width = segment_kind_width(kind);
    for (uint64_t i = 0; i < array->length; i++)
        bits[i / 8] |= (uint8_t)((unsigned)!is_missing(kind, values + i * width, width) << i % 8);
}

static int tell_missing(const void *base, const struct segment_array *array, struct loan *loan, struct err *err) {
    enum segment_nulls rule = segment_nulls_rule((enum segment_kind)array->kind, array->flags);
    if (array->null_count == 0 || rule == SEGMENT_NULLS_NEVER || rule == SEGMENT_NULLS_ALWAYS)
        return 0;
    loan->buffers[0] = rule == SEGMENT_NULLS_BITMAP ? segment_at(base, array->nulls) : NULL;
    if (loan->buffers[0])
        return 0;
    loan->present = bits_new(array->length);
    if (!loan->present)
        return no_memory(err);
    if (rule == SEGMENT_NULLS_MASK)
        bits_of_mask(loan->present, segment_at(base, array->nulls), array->length, 0);
    else
        bits_of_values(loan->present, array, segment_at(base, array->values));
    loan->buffers[0] = loan->present;
    return 0;
}

static int tell_values(const void *base, const struct segment_array *array, struct loan *loan, struct err *err) {
    static const int64_t no_offsets[1];
    enum segment_kind kind = (enum segment_kind)array->kind;
    const void *values = segment_at(base, array->values);
    if (segment_kind_is_bytes(kind)) {
        loan->buffers[1] = array->offsets.bytes ? segment_at(base, array->offsets) : (const void *)no_offsets;
        loan->buffers[2] = values;
        return 0;
    }
    loan->buffers[1] = values;
    if (kind != SEGMENT_BOOL)
        return 0;
    loan->flags = bits_new(array->length);
    if (!loan->flags)
        return no_memory(err);
    bits_of_mask(loan->flags, values, array->length, 1);
    loan->buffers[1] = loan->flags;
    return 0;
}

static int lend_values(const void *base, const struct segment_array *array, struct ArrowArray *ret, struct err *err) {
    auto_free struct ArrowArray *words = calloc(1, sizeof *words);
    if (!words)
        return no_memory(err);
    TRY(lend_array(base, array->dictionary, words, err));
    ret->dictionary = steal_ptr(&words);
    return 0;
}

static int64_t buffers_of(enum segment_kind kind) {
    return kind == SEGMENT_NULL ? 0 : segment_kind_is_bytes(kind) ? 3 : 2;
}

int lend_array(const void *base, uint32_t index, struct ArrowArray *ret, struct err *err) {
    const struct segment_array *array = segment_array(base, index);
    enum segment_kind kind = (enum segment_kind)array->kind;
    auto_loan struct loan *loan = calloc(1, sizeof *loan);
    if (!loan)
        return no_memory(err);
    TRY(tell_missing(base, array, loan, err));
    TRY(tell_values(base, array, loan, err));
    *ret = (struct ArrowArray){.length = (int64_t)array->length,
                               .null_count = (int64_t)array->null_count,
                               .n_buffers = buffers_of(kind),
                               .buffers = loan->buffers};
    if (segment_kind_is_codes(kind))
        TRY(lend_values(base, array, ret, err));
    ret->private_data = steal_ptr(&loan);
    ret->release = release_array;
    return 0;
}
