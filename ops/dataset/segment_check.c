// SPDX-License-Identifier: Apache-2.0
#include "segment_check.h"

#include <stdio.h>
#include <string.h>

#include "quern/utf8.h"

void segment_label(const void *base, uint32_t index, char label[SEGMENT_LABEL_BYTES]) {
    char name[UTF8_LABEL_BYTES];
    struct segment_span span = segment_array(base, index)->name;
    if (index >= segment_header(base)->columns) {
        snprintf(label, SEGMENT_LABEL_BYTES, "array %u (values of a dictionary)", index);
        return;
    }
    utf8_label(segment_at(base, span), span.bytes, name);
    snprintf(label, SEGMENT_LABEL_BYTES, "column \"%s\"", name);
}

static bool all_zero(const uint64_t *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (words[i])
            return false;
    return true;
}

static bool inside(struct segment_span span, uint64_t start, uint64_t end) {
    return span.offset >= start && span.offset <= end && span.bytes <= end - span.offset;
}

static int check_identity(const struct segment_header *header, uint64_t bytes, struct err *err) {
    if (memcmp(header->magic, SEGMENT_MAGIC, sizeof header->magic) != 0)
        return err_set(err, REASON_BAD_RESULT,
                       "segment: expected it to begin with " SEGMENT_MAGIC ", found other bytes");
    if (header->version != SEGMENT_VERSION)
        return err_set(err, REASON_BAD_RESULT, "segment: expected version %u, found %u", SEGMENT_VERSION,
                       header->version);
    if (header->profile != SEGMENT_PROFILE_NS && header->profile != SEGMENT_PROFILE_UNITS)
        return err_set(err, REASON_BAD_RESULT, "segment: profile %u is unknown", header->profile);
    if (header->total_bytes > bytes)
        return err_set(err, REASON_BAD_RESULT, "segment: the header speaks of %llu bytes, there are %llu",
                       (unsigned long long)header->total_bytes, (unsigned long long)bytes);
    if (!all_zero(header->reserved, sizeof header->reserved / sizeof header->reserved[0]))
        return err_set(err, REASON_BAD_RESULT, "segment: reserved fields of the header are not 0");
    return 0;
}

static int check_ceilings(const struct segment_header *header, struct err *err) {
    if (header->total_bytes > SEGMENT_MAX_BYTES)
        return err_set(err, REASON_LIMIT_OUTPUT, "segment: %llu bytes are more than the limit of %llu",
                       (unsigned long long)header->total_bytes, (unsigned long long)SEGMENT_MAX_BYTES);
    if (header->rows > SEGMENT_MAX_ROWS)
        return err_set(err, REASON_LIMIT_OUTPUT, "segment: %llu rows are more than the limit of %llu",
                       (unsigned long long)header->rows, (unsigned long long)SEGMENT_MAX_ROWS);
    if (header->columns > SEGMENT_MAX_COLUMNS)
        return err_set(err, REASON_LIMIT_OUTPUT, "segment: %u columns are more than the limit of %u", header->columns,
                       SEGMENT_MAX_COLUMNS);
    if (header->arrays < header->columns || header->arrays - header->columns > header->columns)
        return err_set(err, REASON_BAD_RESULT, "segment: %u arrays for %u columns", header->arrays, header->columns);
    return 0;
}

static int check_header(const struct segment_header *header, uint64_t bytes, struct err *err) {
    TRY(check_identity(header, bytes, err));
    TRY(check_ceilings(header, err));
    uint64_t directory_bytes = header->arrays * sizeof(struct segment_array);
    if (!inside(header->directory, sizeof *header, header->total_bytes) || header->directory.offset % SEGMENT_ALIGN ||
        header->directory.bytes != directory_bytes)
        return err_set(err, REASON_BAD_RESULT, "segment: a directory of %llu bytes at %llu, expected %llu bytes inside",
                       (unsigned long long)header->directory.bytes, (unsigned long long)header->directory.offset,
                       (unsigned long long)directory_bytes);
    if (!inside(header->text, header->directory.offset + directory_bytes, header->total_bytes))
        return err_set(err, REASON_BAD_RESULT, "segment: the text lies outside");
    return 0;
}

static int check_text(const void *base, uint32_t index, struct err *err) {
    const struct segment_header *header = segment_header(base);
    const struct segment_array *array = segment_array(base, index);
    uint64_t start = header->text.offset, end = start + header->text.bytes;
    bool column = index < header->columns;
    if (!inside(array->name, start, end) || !inside(array->zone, start, end))
        return err_set(err, REASON_BAD_RESULT, "array %u: its name or time zone lies outside of the text", index);
    if (array->name.bytes > (column ? SEGMENT_MAX_NAME_BYTES : 0))
        return err_set(err, REASON_BAD_RESULT, "array %u: a name of %llu bytes, at most %u are expected", index,
                       (unsigned long long)array->name.bytes, column ? SEGMENT_MAX_NAME_BYTES : 0);
    if (!utf8_ok(segment_at(base, array->name), array->name.bytes))
        return err_set(err, REASON_BAD_RESULT, "array %u: its name is not UTF-8", index);
    if (array->zone.bytes > SEGMENT_MAX_ZONE_BYTES || (array->zone.bytes && array->kind != SEGMENT_TIMESTAMP) ||
        !utf8_ok(segment_at(base, array->zone), array->zone.bytes))
        return err_set(err, REASON_BAD_RESULT, "array %u: its time zone is not a short text of a timestamp", index);
    return 0;
}

static int check_dictionary(const void *base, uint32_t index, const char *label, struct err *err) {
    const struct segment_header *header = segment_header(base);
    const struct segment_array *array = segment_array(base, index);
    if (!segment_kind_is_codes((enum segment_kind)array->kind)) {
        if (array->dictionary != SEGMENT_NO_DICTIONARY)
            return err_set(err, REASON_BAD_RESULT, "%s: a %s points to a dictionary", label,
                           segment_kind_name((enum segment_kind)array->kind));
        if (index >= header->columns && (array->kind == SEGMENT_NULL || array->kind == SEGMENT_FLAGS))
            return err_set(err, REASON_BAD_RESULT, "%s: %s cannot be the values of a dictionary", label,
                           array->kind == SEGMENT_NULL ? "nulls" : "bits");
        return 0;
    }
    if (index >= header->columns)
        return err_set(err, REASON_BAD_RESULT, "%s: codes cannot be the values of a dictionary", label);
    if (array->dictionary < header->columns || array->dictionary >= header->arrays)
        return err_set(err, REASON_BAD_RESULT, "%s: its dictionary is array %u, expected %u to %u", label,
                       array->dictionary, header->columns, header->arrays - 1);
    if (array->flags & SEGMENT_CELLS && segment_array(base, array->dictionary)->kind != SEGMENT_UTF8)
        return err_set(err, REASON_BAD_RESULT, "%s: its cells are no texts", label);
    return 0;
}

static int check_unit(const void *base, const struct segment_array *array, const char *label, struct err *err) {
    bool time = segment_kind_has_unit((enum segment_kind)array->kind);
    bool only_ns = segment_header(base)->profile == SEGMENT_PROFILE_NS;
    if (array->unit > (time ? SEGMENT_UNIT_NS : 0) || (time && only_ns && array->unit != SEGMENT_UNIT_NS))
        return err_set(err, REASON_BAD_RESULT, "%s: unit %u does not fit a %s of this profile", label, array->unit,
                       segment_kind_name((enum segment_kind)array->kind));
    return 0;
}

static uint32_t known_flags(const void *base, uint32_t index) {
    enum segment_kind kind = (enum segment_kind)segment_array(base, index)->kind;
    uint32_t flags = SEGMENT_ORDERED;
    if (kind == SEGMENT_FLOAT64)
        flags |= SEGMENT_DECIMAL;
    bool column = index < segment_header(base)->columns, cells = segment_array(base, index)->flags & SEGMENT_CELLS;
    if (column && segment_kind_is_codes(kind))
        flags |= SEGMENT_CELLS;
    if (column && (segment_kind_is_nullable(kind) || (segment_kind_is_codes(kind) && cells)))
        flags |= SEGMENT_NULLABLE;
    if (column && kind == SEGMENT_UTF8)
        flags |= SEGMENT_JSON;
    return flags;
}

static int check_entry(const void *base, uint32_t index, const char *label, struct err *err) {
    const struct segment_header *header = segment_header(base);
    const struct segment_array *array = segment_array(base, index);
    if (strcmp(segment_kind_name((enum segment_kind)array->kind), "?") == 0)
        return err_set(err, REASON_BAD_RESULT, "%s: kind %u is unknown", label, array->kind);
    if (array->flags & ~known_flags(base, index) || array->origin > SEGMENT_MAX_ORIGIN || array->reserved)
        return err_set(err, REASON_BAD_RESULT, "%s: unknown flags or reserved fields are set", label);
    if (array->inexact > (array->kind == SEGMENT_FLOAT64 ? array->length : 0))
        return err_set(err, REASON_BAD_RESULT, "%s: %llu inexact values among %llu of kind %s", label,
                       (unsigned long long)array->inexact, (unsigned long long)array->length,
                       segment_kind_name((enum segment_kind)array->kind));
    if (index < header->columns && array->length != header->rows)
        return err_set(err, REASON_BAD_RESULT, "%s: expected %llu values, found %llu", label,
                       (unsigned long long)header->rows, (unsigned long long)array->length);
    if (array->length > SEGMENT_MAX_ROWS)
        return err_set(err, REASON_LIMIT_OUTPUT, "%s: %llu values are more than the limit of %llu", label,
                       (unsigned long long)array->length, (unsigned long long)SEGMENT_MAX_ROWS);
    if (array->null_count > array->length)
        return err_set(err, REASON_BAD_RESULT, "%s: %llu nulls among %llu values", label,
                       (unsigned long long)array->null_count, (unsigned long long)array->length);
    if (array->kind == SEGMENT_NULL && array->null_count != array->length)
        return err_set(err, REASON_BAD_RESULT, "%s: %llu nulls among %llu values of kind null", label,
                       (unsigned long long)array->null_count, (unsigned long long)array->length);
    TRY(check_unit(base, array, label, err));
    return check_dictionary(base, index, label, err);
}

struct walk {
    const void *base;
    uint64_t at; // where the next span may begin
    char label[SEGMENT_LABEL_BYTES];
};

static int check_span(struct walk *walk, struct segment_span span, const char *what, uint64_t expected,
                      struct err *err) {
    uint64_t end = segment_header(walk->base)->total_bytes;
    if (span.bytes != expected)
        return err_set(err, REASON_BAD_RESULT, "%s: its %s have %llu bytes, expected %llu", walk->label, what,
                       (unsigned long long)span.bytes, (unsigned long long)expected);
    if (!inside(span, span.bytes ? walk->at : 0, end))
        return err_set(err, REASON_BAD_RESULT, "%s: its %s lie outside or overlap", walk->label, what);
    if (span.bytes && span.offset % SEGMENT_ALIGN)
        return err_set(err, REASON_BAD_RESULT, "%s: its %s are not aligned to %u bytes", walk->label, what,
                       SEGMENT_ALIGN);
    if (span.bytes)
        walk->at = span.offset + span.bytes;
    return 0;
}

static int check_spans(struct walk *walk, const struct segment_array *array, struct err *err) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    enum segment_nulls rule = segment_nulls_rule(kind, array->flags);
    bool bytes = segment_kind_is_bytes(kind);
    uint64_t nulls = array->null_count == 0         ? 0
                     : rule == SEGMENT_NULLS_MASK   ? array->length
                     : rule == SEGMENT_NULLS_BITMAP ? (array->length + 7) / 8
                                                    : 0;
    TRY(check_span(walk, array->nulls, "nulls", nulls, err));
    TRY(check_span(walk, array->offsets, "offsets", bytes ? (array->length + 1) * sizeof(int64_t) : 0, err));
    uint64_t values = bytes ? array->values.bytes : segment_values_bytes(kind, array->length);
    return check_span(walk, array->values, "values", values, err);
}

static int check_array(struct walk *walk, uint32_t index, struct err *err) {
    TRY(check_text(walk->base, index, err));
    segment_label(walk->base, index, walk->label);
    TRY(check_entry(walk->base, index, walk->label, err));
    return check_spans(walk, segment_array(walk->base, index), err);
}

int segment_check_layout(const void *base, uint64_t bytes, struct err *err) {
    const struct segment_header *header = base;
    if (bytes < sizeof *header)
        return err_set(err, REASON_BAD_RESULT, "segment: expected at least %zu bytes, found %llu", sizeof *header,
                       (unsigned long long)bytes);
    TRY(check_header(header, bytes, err));
    struct walk walk = {.base = base, .at = header->text.offset + header->text.bytes};
    for (uint32_t i = 0; i < header->arrays; i++)
        TRY(check_array(&walk, i, err));
    return 0;
}

int segment_check(const void *base, uint64_t bytes, struct err *err) {
    TRY(segment_check_layout(base, bytes, err));
    for (uint32_t i = segment_header(base)->arrays; i-- > 0;)
        TRY(segment_values_check(base, i, err));
    return 0;
}
