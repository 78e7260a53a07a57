// SPDX-License-Identifier: Apache-2.0
#include "arrow_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"
#include "quern/utf8.h"
#include "remedies.h"

// Slots and numbers of Schema.fbs.
enum { SCHEMA_ENDIANNESS = 0, SCHEMA_FIELDS = 1 };
enum { FIELD_NAME = 0, FIELD_TYPE_ID = 2, FIELD_TYPE = 3, FIELD_DICTIONARY = 4, FIELD_CHILDREN = 5 };
enum { ENCODING_ID = 0, ENCODING_INDEX = 1, ENCODING_ORDERED = 2 };
enum { PRECISION_HALF = 0, PRECISION_SINGLE = 1, PRECISION_DOUBLE = 2 };
enum { MAX_DECIMAL_SCALE = 1000 };
enum { UNIT_MILLISECOND = 1 };
enum { DATE_DAY = 0, DATE_MILLISECOND = 1 };

// All names together: fields can share one text, so that the file's size bounds nothing.
#define MAX_NAMES_BYTES ((size_t)64 << 20)

typedef int type_reader(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                        struct err *err);

int arrow_refuse(const struct arrow_column *column, struct err *err, const char *format, ...) {
    char label[UTF8_LABEL_BYTES], text[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    utf8_label(column->name, column->name_bytes, label);
    return err_set(err, REASON_BAD_INPUT, "column \"%s\": %s", label, text);
}

static int read_int(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                    struct err *err) {
    int32_t bits;
    uint8_t is_signed;
    TRY(flat_i32(table, 0, 0, &bits, err));
    TRY(flat_u8(table, 1, 0, &is_signed, err));
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
        return arrow_refuse(column, err, "an integer of %d bits, expected 8, 16, 32 or 64", bits);
    *ret = (struct arrow_type){.form = ARROW_INT, .width = (uint32_t)bits / 8, .is_signed = is_signed != 0};
    return 0;
}

static int read_float(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                      struct err *err) {
    int16_t precision;
    TRY(flat_i16(table, 0, PRECISION_HALF, &precision, err));
    if (precision < PRECISION_HALF || precision > PRECISION_DOUBLE)
        return arrow_refuse(column, err, "a float of unknown precision %d", precision);
    *ret = (struct arrow_type){.form = ARROW_FLOAT, .width = 2u << precision};
    return 0;
}

static int read_decimal(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                        struct err *err) {
    int32_t scale, bits;
    TRY(flat_i32(table, 1, 0, &scale, err));
    TRY(flat_i32(table, 2, 128, &bits, err));
    if (bits != 32 && bits != 64 && bits != 128 && bits != 256)
        return arrow_refuse(column, err, "a decimal of %d bits, expected 32, 64, 128 or 256", bits);
    if (scale < -MAX_DECIMAL_SCALE || scale > MAX_DECIMAL_SCALE)
        return arrow_refuse(column, err, "a decimal of scale %d, expected %d to %d", scale, -MAX_DECIMAL_SCALE,
                            MAX_DECIMAL_SCALE);
    *ret = (struct arrow_type){.form = ARROW_DECIMAL, .width = (uint32_t)bits / 8, .scale = scale};
    return 0;
}

static int read_date(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                     struct err *err) {
    int16_t unit;
    TRY(flat_i16(table, 0, DATE_MILLISECOND, &unit, err));
    if (unit != DATE_DAY && unit != DATE_MILLISECOND)
        return arrow_refuse(column, err, "a date of unknown unit %d", unit);
    *ret = (struct arrow_type){.form = ARROW_DATE, .width = unit == DATE_DAY ? 4 : 8};
    ret->unit = unit == DATE_DAY ? SEGMENT_UNIT_S : SEGMENT_UNIT_MS;
    return 0;
}

static int read_timestamp(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                          struct err *err) {
    int16_t unit;
    *ret = (struct arrow_type){.form = ARROW_TIMESTAMP, .width = 8};
    TRY(flat_i16(table, 0, 0, &unit, err));
    TRY(flat_text(table, 1, &ret->zone, &ret->zone_bytes, err));
    if (unit < SEGMENT_UNIT_S || unit > SEGMENT_UNIT_NS)
        return arrow_refuse(column, err, "a timestamp of unknown unit %d", unit);
    ret->unit = (enum segment_unit)unit;
    if (ret->zone_bytes > SEGMENT_MAX_ZONE_BYTES)
        return arrow_refuse(column, err, "its time zone has %zu bytes, the limit is %u", ret->zone_bytes,
                            SEGMENT_MAX_ZONE_BYTES);
    if (!utf8_ok(ret->zone, ret->zone_bytes))
        return arrow_refuse(column, err, "its time zone is not UTF-8");
    return 0;
}

static int read_time(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                     struct err *err) {
    int16_t unit;
    int32_t bits;
    TRY(flat_i16(table, 0, UNIT_MILLISECOND, &unit, err));
    TRY(flat_i32(table, 1, 32, &bits, err));
    if (unit < SEGMENT_UNIT_S || unit > SEGMENT_UNIT_NS)
        return arrow_refuse(column, err, "a time of unknown unit %d", unit);
    if (bits != (unit <= SEGMENT_UNIT_MS ? 32 : 64))
        return arrow_refuse(column, err, "a time of %d bits, expected %d for its unit", bits,
                            unit <= SEGMENT_UNIT_MS ? 32 : 64);
    *ret = (struct arrow_type){.form = ARROW_TIME, .width = (uint32_t)bits / 8, .unit = (enum segment_unit)unit};
    return 0;
}

static int read_duration(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                         struct err *err) {
    int16_t unit;
    TRY(flat_i16(table, 0, UNIT_MILLISECOND, &unit, err));
    if (unit < SEGMENT_UNIT_S || unit > SEGMENT_UNIT_NS)
        return arrow_refuse(column, err, "a duration of unknown unit %d", unit);
    *ret = (struct arrow_type){.form = ARROW_DURATION, .width = 8, .unit = (enum segment_unit)unit};
    return 0;
}

#define READ_PLAIN(name, its_form, binary)                                                                             \
    static int name(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,         \
                    struct err *err) {                                                                                 \
        (void)column, (void)table, (void)err;                                                                          \
        *ret = (struct arrow_type){.form = its_form, .is_binary = (binary)};                                           \
        return 0;                                                                                                      \
    }
READ_PLAIN(read_null, ARROW_NULL, false)
READ_PLAIN(read_bool, ARROW_BOOL, false)
READ_PLAIN(read_utf8, ARROW_TEXT, false)
READ_PLAIN(read_large_utf8, ARROW_LARGE_TEXT, false)
READ_PLAIN(read_utf8_view, ARROW_TEXT_VIEW, false)
READ_PLAIN(read_binary, ARROW_TEXT, true)
READ_PLAIN(read_large_binary, ARROW_LARGE_TEXT, true)
READ_PLAIN(read_binary_view, ARROW_TEXT_VIEW, true)

static int read_fixed_bytes(const struct arrow_column *column, const struct flat_table *table, struct arrow_type *ret,
                            struct err *err) {
    int32_t width;
    TRY(flat_i32(table, 0, 0, &width, err));
    if (width < 1)
        return arrow_refuse(column, err, "fixed-size binary of %d bytes, expected 1 or more", width);
    *ret = (struct arrow_type){.form = ARROW_FIXED_BYTES, .width = (uint32_t)width, .is_binary = true};
    return 0;
}

// By type id. What has no reader is refused with what a user can do instead.
static const struct {
    const char *name;
    type_reader *read;
    const char *instead;
} types[] = {
    [1] = {"null", read_null, NULL},
    [2] = {"int", read_int, NULL},
    [3] = {"float", read_float, NULL},
    [4] = {"binary", read_binary, NULL},
    [5] = {"utf8", read_utf8, NULL},
    [6] = {"bool", read_bool, NULL},
    [7] = {"decimal", read_decimal, NULL},
    [8] = {"date", read_date, NULL},
    [9] = {"time", read_time, NULL},
    [10] = {"timestamp", read_timestamp, NULL},
    [11] = {"interval", NULL, "as text: " REMEDY_TEXT},
    [12] = {"list", NULL, "as text: " REMEDY_TEXT},
    [13] = {"struct", NULL, "a column for each field: " REMEDY_FLATTEN},
    [14] = {"union", NULL, "as text: " REMEDY_TEXT},
    [15] = {"fixed-size binary", read_fixed_bytes, NULL},
    [16] = {"fixed-size list", NULL, "as text: " REMEDY_TEXT},
    [17] = {"map", NULL, "as text: " REMEDY_TEXT},
    [18] = {"duration", read_duration, NULL},
    [19] = {"large binary", read_large_binary, NULL},
    [20] = {"large utf8", read_large_utf8, NULL},
    [21] = {"large list", NULL, "as text: " REMEDY_TEXT},
    [22] = {"run-end encoded", NULL, "as text: " REMEDY_TEXT},
    [23] = {"binary view", read_binary_view, NULL},
    [24] = {"utf8 view", read_utf8_view, NULL},
    [25] = {"list view", NULL, "as text: " REMEDY_TEXT},
    [26] = {"large list view", NULL, "as text: " REMEDY_TEXT},
};

enum { TYPES = sizeof types / sizeof types[0] };

static int read_type(const struct flat_table *field, struct arrow_column *column, struct err *err) {
    uint8_t id;
    bool present;
    struct flat_table table;
    TRY(flat_u8(field, FIELD_TYPE_ID, 0, &id, err));
    if (id >= TYPES || !types[id].name)
        return arrow_refuse(column, err, "Arrow type %u is unknown", id);
    if (!types[id].read)
        return arrow_refuse(column, err, "%s is not supported by datasets; %s", types[id].name, types[id].instead);
    TRY(flat_child(field, FIELD_TYPE, &present, &table, err));
    if (!present)
        return arrow_refuse(column, err, "its type %s is not described", types[id].name);
    return types[id].read(column, &table, &column->type, err);
}

static int read_encoding(const struct flat_table *encoding, struct arrow_column *column, struct err *err) {
    bool present;
    uint8_t ordered;
    struct flat_table index;
    column->has_dictionary = true;
    column->index = (struct arrow_type){.form = ARROW_INT, .width = 4, .is_signed = true};
    TRY(flat_i64(encoding, ENCODING_ID, 0, &column->dictionary, err));
    TRY(flat_u8(encoding, ENCODING_ORDERED, 0, &ordered, err));
    column->ordered = ordered != 0;
    TRY(flat_child(encoding, ENCODING_INDEX, &present, &index, err));
    if (present)
        TRY(read_int(column, &index, &column->index, err));
    if (column->type.form == ARROW_NULL)
        return arrow_refuse(column, err,
                            "a dictionary of null is not supported by datasets; without it: " REMEDY_VALUES);
    if (column->type.form == ARROW_DECIMAL)
        return arrow_refuse(column, err,
                            "a dictionary of decimal is not supported by datasets; without it: " REMEDY_VALUES);
    if (column->type.form == ARROW_BOOL)
        return arrow_refuse(column, err,
                            "a dictionary of bool is not supported by datasets; without it: " REMEDY_VALUES);
    return 0;
}

static int read_name(const struct flat_table *field, uint32_t index, struct arrow_column *column, struct err *err) {
    TRY(flat_text(field, FIELD_NAME, &column->name, &column->name_bytes, err));
    if (column->name_bytes > SEGMENT_MAX_NAME_BYTES)
        return err_set(err, REASON_BAD_INPUT, "the name of column %u has %zu bytes, the limit is %u", index,
                       column->name_bytes, SEGMENT_MAX_NAME_BYTES);
    if (!utf8_ok(column->name, column->name_bytes))
        return err_set(err, REASON_BAD_INPUT, "the name of column %u is not UTF-8", index);
    return 0;
}

static int read_field(const struct flat_table *field, const struct arrow_wish *wish, struct arrow_column *column,
                      struct err *err) {
    bool present;
    struct flat_table encoding;
    struct flat_vector children;
    TRY(read_type(field, column, err));
    if (wish->decimals_as_text && column->type.form == ARROW_DECIMAL)
        column->type.form = ARROW_DECIMAL_TEXT;
    TRY(flat_vector(field, FIELD_CHILDREN, 4, &children, err));
    if (children.count)
        return arrow_refuse(column, err, "expected no child fields, found %u", children.count);
    TRY(flat_child(field, FIELD_DICTIONARY, &present, &encoding, err));
    return present ? read_encoding(&encoding, column, err) : 0;
}

static int no_such_column(const struct flat_vector *fields, const struct arrow_choice_name *name, struct err *err) {
    char text[600], label[UTF8_LABEL_BYTES];
    uint32_t shown = 0;
    size_t used = 0;
    for (; shown < fields->count && used < sizeof text - UTF8_LABEL_BYTES - 8; shown++) {
        struct flat_table field;
        struct arrow_column column;
        TRY(flat_vector_child(fields, shown, &field, err));
        TRY(read_name(&field, shown, &column, err));
        utf8_label(column.name, column.name_bytes, label);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"", shown ? ", " : "", label);
    }
    utf8_label(name->text, name->bytes, label);
    if (fields->count == 0)
        return err_set(err, REASON_BAD_INPUT, "there is no column \"%s\", nor any other", label);
    if (shown < fields->count)
        return err_set(err, REASON_BAD_INPUT, "there is no column \"%s\"; the columns are %s and %u more", label, text,
                       fields->count - shown);
    return err_set(err, REASON_BAD_INPUT, "there is no column \"%s\"; the columns are %s", label, text);
}

// A field that is wanted, and when.
struct pick {
    uint32_t place, field;
};

static int by_place(const void *a, const void *b) {
    const struct pick *left = a, *right = b;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return left->field < right->field ? -1 : left->field > right->field;
}

static int choose(const struct flat_vector *fields, const struct arrow_wish *wish, struct arrow_schema *schema,
                  struct pick *picks, struct err *err) {
    uint32_t visited = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        struct flat_table field;
        struct arrow_column column;
        TRY(flat_vector_child(fields, i, &field, err));
        TRY(read_name(&field, i, &column, err));
        schema->name_bytes += column.name_bytes;
        uint32_t place = arrow_choice_find(wish->choice, column.name, column.name_bytes);
        if (place == ARROW_NOT_CHOSEN)
            TRY(arrow_extent_read(&field, &visited, &schema->fields[i].extent, err));
        else
            picks[schema->column_count++] = (struct pick){place, i};
        schema->fields[i].column = ARROW_NOT_CHOSEN;
    }
    if (schema->name_bytes > MAX_NAMES_BYTES)
        return err_set(err, REASON_LIMIT_OUTPUT, "the names of the columns have more than %zu bytes", MAX_NAMES_BYTES);
    const struct arrow_choice_name *missing = arrow_choice_missing(wish->choice);
    if (missing)
        return no_such_column(fields, missing, err);
    qsort(picks, schema->column_count, sizeof *picks, by_place);
    return 0;
}

static int read_columns(const struct flat_vector *fields, const struct arrow_wish *wish, const struct pick *picks,
                        struct arrow_schema *schema, struct err *err) {
    for (uint32_t i = 0; i < schema->column_count; i++) {
        struct arrow_column *column = &schema->columns[i];
        struct flat_table field;
        TRY(flat_vector_child(fields, picks[i].field, &field, err));
        TRY(read_name(&field, picks[i].field, column, err));
        TRY(read_field(&field, wish, column, err));
        schema->fields[picks[i].field].column = i;
    }
    return 0;
}

static int read_all(const struct flat_vector *fields, const struct arrow_wish *wish, struct arrow_schema *schema,
                    struct err *err) {
    auto_free struct pick *picks = calloc((size_t)fields->count + 1, sizeof *picks);
    schema->columns = calloc((size_t)fields->count + 1, sizeof *schema->columns);
    schema->fields = calloc((size_t)fields->count + 1, sizeof *schema->fields);
    schema->field_count = fields->count;
    if (!picks || !schema->columns || !schema->fields)
        return err_set(err, REASON_INFRA, "out of memory for %u columns", fields->count);
    TRY(choose(fields, wish, schema, picks, err));
    return read_columns(fields, wish, picks, schema, err);
}

int arrow_schema_read(const struct flat_table *schema, const struct arrow_wish *wish, struct arrow_schema *ret,
                      struct err *err) {
    int16_t endianness;
    struct flat_vector fields;
    struct arrow_schema made = {0};
    TRY(flat_i16(schema, SCHEMA_ENDIANNESS, 0, &endianness, err));
    if (endianness != 0)
        return err_set(
            err, REASON_BAD_INPUT,
            "expected a little-endian Arrow IPC file, found a big-endian one; as little-endian: " REMEDY_REWRITE);
    TRY(flat_vector(schema, SCHEMA_FIELDS, 4, &fields, err));
    if (fields.count > wish->max_columns)
        return err_set(err, REASON_LIMIT_OUTPUT, "the file has %u columns, the limit is %u", fields.count,
                       wish->max_columns);
    if (read_all(&fields, wish, &made, err) < 0) {
        arrow_schema_done(&made);
        return -1;
    }
    *ret = made;
    return 0;
}

void arrow_schema_done(struct arrow_schema *schema) {
    free(schema->columns);
    free(schema->fields);
    *schema = (struct arrow_schema){0};
}

bool arrow_type_is_text(const struct arrow_type *type) {
    return type->form == ARROW_TEXT || type->form == ARROW_LARGE_TEXT || type->form == ARROW_TEXT_VIEW ||
           type->form == ARROW_FIXED_BYTES || type->form == ARROW_DECIMAL_TEXT;
}

bool arrow_type_is_unmeasured(const struct arrow_type *type) {
    return type->form == ARROW_TEXT_VIEW || type->form == ARROW_DECIMAL_TEXT;
}

bool arrow_type_has_offsets(const struct arrow_type *type) {
    return type->form == ARROW_TEXT || type->form == ARROW_LARGE_TEXT || type->form == ARROW_TEXT_VIEW;
}

bool arrow_type_same(const struct arrow_type *a, const struct arrow_type *b) {
    return a->form == b->form && a->width == b->width && a->is_signed == b->is_signed && a->is_binary == b->is_binary &&
           a->scale == b->scale && a->unit == b->unit && a->zone_bytes == b->zone_bytes &&
           (a->zone_bytes == 0 || memcmp(a->zone, b->zone, a->zone_bytes) == 0);
}
