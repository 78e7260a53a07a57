// SPDX-License-Identifier: Apache-2.0
// Kinds, layout and formatting; segment_check.c and segment_values.c prove foreign segments.
#include "quern/segment.h"

#include <math.h>
#include <string.h>

#include "bits.h"

static const struct {
    uint32_t width;
    enum segment_nulls nulls;
    const char *dtype;
    const char *name;
} kinds[] = {
#define KIND(NAME, number, width, nulls, dtype, word) [number] = {width, SEGMENT_NULLS_##nulls, dtype, word},
#include "../../schemas/kinds.def"
#undef KIND
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static bool known(enum segment_kind kind) { return kind > 0 && (unsigned)kind < KINDS && kinds[kind].name; }

uint32_t segment_kind_width(enum segment_kind kind) { return known(kind) ? kinds[kind].width : 0; }

enum segment_nulls segment_kind_nulls(enum segment_kind kind) {
    return known(kind) ? kinds[kind].nulls : SEGMENT_NULLS_NEVER;
}

static bool is_number(enum segment_kind kind) {
    return (kind >= SEGMENT_INT8 && kind <= SEGMENT_UINT64) || kind == SEGMENT_FLOAT32 || kind == SEGMENT_FLOAT64;
}

bool segment_kind_is_nullable(enum segment_kind kind) {
    return is_number(kind) || kind == SEGMENT_BOOL || kind == SEGMENT_UTF8;
}

enum segment_nulls segment_nulls_rule(enum segment_kind kind, uint32_t flags) {
    bool masked = flags & SEGMENT_NULLABLE && (is_number(kind) || kind == SEGMENT_BOOL);
    return masked ? SEGMENT_NULLS_MASK : segment_kind_nulls(kind);
}

bool segment_is_marked(const void *base, const struct segment_array *array, uint64_t row) {
    const uint8_t *nulls = segment_at(base, array->nulls);
    if (array->null_count == 0 || array->nulls.bytes == 0)
        return false;
    bool masked = segment_nulls_rule((enum segment_kind)array->kind, array->flags) == SEGMENT_NULLS_MASK;
    return masked ? nulls[row] : !bits_present(nulls, row);
}

const char *segment_kind_name(enum segment_kind kind) { return known(kind) ? kinds[kind].name : "?"; }

const char *segment_kind_dtype(enum segment_kind kind) { return known(kind) ? kinds[kind].dtype : "?"; }

bool segment_kind_is_codes(enum segment_kind kind) {
    return kind == SEGMENT_CODES8 || kind == SEGMENT_CODES16 || kind == SEGMENT_CODES32;
}

bool segment_kind_is_bytes(enum segment_kind kind) { return kind == SEGMENT_UTF8 || kind == SEGMENT_BINARY; }

bool segment_kind_has_unit(enum segment_kind kind) { return kind == SEGMENT_TIMESTAMP || kind == SEGMENT_DURATION; }

bool segment_kind_is_instant(enum segment_kind kind) { return segment_kind_has_unit(kind) || kind == SEGMENT_TIME; }

double segment_half_value(uint16_t half) {
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double size = exponent == 31  ? (fraction ? NAN : INFINITY)
                  : exponent == 0 ? ldexp(fraction, -24)
                                  : ldexp(fraction + 1024, exponent - 25);
    return half >> 15 ? -size : size;
}

enum segment_kind segment_codes_kind(uint64_t values) {
    return values < INT8_MAX ? SEGMENT_CODES8 : values < INT16_MAX ? SEGMENT_CODES16 : SEGMENT_CODES32;
}

static uint64_t round_up(uint64_t bytes) { return (bytes + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN; }

// Both operands are at most SEGMENT_MAX_BYTES, so that nothing overflows.
static int place(uint64_t *at, uint64_t bytes, struct segment_span *span, struct err *err) {
    uint64_t start = round_up(*at);
    if (bytes == 0) {
        *span = (struct segment_span){0};
        return 0;
    }
    if (bytes > SEGMENT_MAX_BYTES || start + bytes > SEGMENT_MAX_BYTES)
        return err_set(err, REASON_LIMIT_OUTPUT, "a table of more than %llu bytes does not fit into a segment",
                       (unsigned long long)SEGMENT_MAX_BYTES);
    *span = (struct segment_span){start, bytes};
    *at = start + bytes;
    return 0;
}

static uint64_t bitmap_bytes(uint64_t length) { return (length + 7) / 8; }

uint64_t segment_values_bytes(enum segment_kind kind, uint64_t length) {
    return kind == SEGMENT_FLAGS ? bitmap_bytes(length) : length * segment_kind_width(kind);
}

static uint64_t null_bytes(const struct segment_spec *spec) {
    enum segment_nulls rule = segment_nulls_rule(spec->kind, spec->flags);
    if (!spec->nulls)
        return 0;
    return rule == SEGMENT_NULLS_MASK ? spec->length : rule == SEGMENT_NULLS_BITMAP ? bitmap_bytes(spec->length) : 0;
}

static int place_array(uint64_t *at, const struct segment_spec *spec, struct segment_array *array, struct err *err) {
    bool bytes = segment_kind_is_bytes(spec->kind);
    TRY(place(at, null_bytes(spec), &array->nulls, err));
    TRY(place(at, bytes ? (spec->length + 1) * sizeof(int64_t) : 0, &array->offsets, err));
    return place(at, bytes ? spec->data_bytes : segment_values_bytes(spec->kind, spec->length), &array->values, err);
}

static int check_spec(const struct segment_shape *shape, uint32_t index, struct err *err) {
    const struct segment_spec *spec = &shape->specs[index];
    if (!known(spec->kind))
        return err_set(err, REASON_BUG, "array %u: kind %d is unknown", index, (int)spec->kind);
    if (spec->length > SEGMENT_MAX_ROWS)
        return err_set(err, REASON_LIMIT_OUTPUT, "a table of %llu rows is larger than the limit of %llu",
                       (unsigned long long)spec->length, (unsigned long long)SEGMENT_MAX_ROWS);
    if (index < shape->columns && spec->length != shape->rows)
        return err_set(err, REASON_BUG, "array %u: a column of %llu values in a table of %llu rows", index,
                       (unsigned long long)spec->length, (unsigned long long)shape->rows);
    if (spec->name_bytes > SEGMENT_MAX_NAME_BYTES)
        return err_set(err, REASON_LIMIT_OUTPUT, "the name of column %u has %zu bytes, the limit is %u", index,
                       spec->name_bytes, SEGMENT_MAX_NAME_BYTES);
    if (spec->zone_bytes > SEGMENT_MAX_ZONE_BYTES)
        return err_set(err, REASON_LIMIT_OUTPUT, "the time zone of column %u has %zu bytes, the limit is %u", index,
                       spec->zone_bytes, SEGMENT_MAX_ZONE_BYTES);
    return 0;
}

static int check_shape(const struct segment_shape *shape, struct err *err) {
    if (shape->columns > SEGMENT_MAX_COLUMNS)
        return err_set(err, REASON_LIMIT_OUTPUT, "a table of %u columns is larger than the limit of %u", shape->columns,
                       SEGMENT_MAX_COLUMNS);
    if (shape->rows > SEGMENT_MAX_ROWS)
        return err_set(err, REASON_LIMIT_OUTPUT, "a table of %llu rows is larger than the limit of %llu",
                       (unsigned long long)shape->rows, (unsigned long long)SEGMENT_MAX_ROWS);
    if (shape->arrays < shape->columns || shape->arrays - shape->columns > shape->columns)
        return err_set(err, REASON_BUG, "a shape of %u arrays for %u columns", shape->arrays, shape->columns);
    for (uint32_t i = 0; i < shape->arrays; i++)
        TRY(check_spec(shape, i, err));
    return 0;
}

static struct segment_header layout_header(const struct segment_shape *shape) {
    struct segment_header header = {
        .version = SEGMENT_VERSION,
        .profile = (uint32_t)shape->profile,
        .rows = shape->rows,
        .columns = shape->columns,
        .arrays = shape->arrays,
        .directory = {sizeof header, shape->arrays * sizeof(struct segment_array)},
    };
    memcpy(header.magic, SEGMENT_MAGIC, sizeof header.magic);
    header.text.offset = header.directory.offset + header.directory.bytes;
    for (uint32_t i = 0; i < shape->arrays; i++)
        header.text.bytes += shape->specs[i].name_bytes + shape->specs[i].zone_bytes;
    return header;
}

static uint64_t text_end(const struct segment_header *header) { return header->text.offset + header->text.bytes; }

int segment_layout(const struct segment_shape *shape, uint64_t *ret_bytes, struct err *err) {
    TRY(check_shape(shape, err));
    struct segment_header header = layout_header(shape);
    struct segment_array scratch;
    uint64_t at = text_end(&header);
    for (uint32_t i = 0; i < shape->arrays; i++)
        TRY(place_array(&at, &shape->specs[i], &scratch, err));
    *ret_bytes = at;
    return 0;
}

static struct segment_span write_text(void *base, uint64_t *at, const char *text, size_t bytes) {
    struct segment_span span = {*at, bytes};
    if (bytes > 0)
        memcpy(segment_at(base, span), text, bytes);
    *at += bytes;
    return span;
}

int segment_format(void *base, uint64_t bytes, const struct segment_shape *shape, struct err *err) {
    uint64_t needed = 0;
    TRY(segment_layout(shape, &needed, err));
    if (bytes < needed)
        return err_set(err, REASON_BUG, "a segment of %llu bytes was given %llu", (unsigned long long)needed,
                       (unsigned long long)bytes);
    struct segment_header header = layout_header(shape);
    header.total_bytes = needed;
    memcpy(base, &header, sizeof header);
    uint64_t text = header.text.offset, at = text_end(&header);
    for (uint32_t i = 0; i < shape->arrays; i++) {
        const struct segment_spec *spec = &shape->specs[i];
        struct segment_array array = {.kind = (uint32_t)spec->kind,
                                      .flags = spec->flags,
                                      .origin = (uint32_t)spec->origin,
                                      .length = spec->length,
                                      .unit = (uint32_t)spec->unit,
                                      .dictionary = SEGMENT_NO_DICTIONARY};
        if (segment_kind_nulls(spec->kind) == SEGMENT_NULLS_ALWAYS)
            array.null_count = array.length;
        if (segment_kind_is_codes(spec->kind))
            array.dictionary = spec->dictionary;
        array.name = write_text(base, &text, spec->name, spec->name_bytes);
        array.zone = write_text(base, &text, spec->zone, spec->zone_bytes);
        TRY(place_array(&at, spec, &array, err));
        *segment_array(base, i) = array;
    }
    return 0;
}
