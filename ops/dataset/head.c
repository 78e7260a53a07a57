// SPDX-License-Identifier: Apache-2.0
// schemas/head.md.
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cell.h"
#include "head.h"
#include "quern/dataset.h"
#include "quern/own.h"
#include "quern/write.h"

#define MAX_ROWS 1000u
#define MAX_COLUMNS 200u
#define MAX_CHARACTERS 200u
#define MAX_BINARY 100u
#define CELL_BYTES (4 * MAX_CHARACTERS + 8)
enum { DAY_SECONDS = 86400 };
static const char ellipsis[3] = "\xe2\x80\xa6"; // …

static void drop(json_t **value) { json_decref(*value); }
#define auto_json __attribute__((cleanup(drop)))

// How many bytes of valid UTF-8 its first MAX_CHARACTERS characters take.
static size_t cut_at(const char *text, size_t bytes) {
    size_t characters = 0;
    for (size_t i = 0; i < bytes; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && characters++ == MAX_CHARACTERS)
            return i;
    return bytes;
}

static json_t *cut_text(const char *text, size_t bytes) {
    char cell[CELL_BYTES];
    size_t kept = cut_at(text, bytes);
    if (kept == bytes)
        return json_stringn(text, bytes);
    memcpy(cell, text, kept);
    memcpy(cell + kept, ellipsis, sizeof ellipsis);
    return json_stringn(cell, kept + sizeof ellipsis);
}

static json_t *cut_binary(const unsigned char *from, size_t bytes) {
    static const char digits[] = "0123456789abcdef";
    char cell[2 * MAX_BINARY + 4];
    size_t shown = bytes < MAX_BINARY ? bytes : MAX_BINARY, used = 0;
    for (size_t i = 0; i < shown; i++) {
        cell[used++] = digits[from[i] >> 4];
        cell[used++] = digits[from[i] & 15];
    }
    if (shown < bytes) {
        memcpy(cell + used, ellipsis, sizeof ellipsis);
        used += sizeof ellipsis;
    }
    return json_stringn(cell, used);
}

// The rest of a second with the zeros at its end left out.
static void print_fraction(char *cell, size_t bytes, int64_t fraction, int digits) {
    while (digits > 0 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    if (digits > 0)
        snprintf(cell, bytes, ".%0*" PRId64, digits, fraction);
}

static json_t *time_cell(const struct cell *cell) {
    char date[48] = "", fraction[24] = "";
    time_t seconds = cell->seconds;
    struct tm tm;
    // Beyond the years that a struct tm can hold.
    if (!gmtime_r(&seconds, &tm))
        return json_sprintf("%" PRId64, cell->integer);
    print_fraction(fraction, sizeof fraction, cell->fraction, cell->digits);
    snprintf(date, sizeof date, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return json_sprintf("%s%s%s", date, fraction, cell->zoned ? "Z" : "");
}

// As pandas prints a Timedelta, without the days where there are none: "-1 days 23:59:59.5", "12:00:00".
static json_t *span_cell(const struct cell *cell) {
    char days[32] = "", fraction[24] = "";
    int64_t day = cell->seconds / DAY_SECONDS - (cell->seconds % DAY_SECONDS < 0);
    int64_t second = cell->seconds - day * DAY_SECONDS;
    if (day != 0)
        snprintf(days, sizeof days, "%" PRId64 " days ", day);
    print_fraction(fraction, sizeof fraction, cell->fraction, cell->digits);
    return json_sprintf("%s%02d:%02d:%02d%s", days, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60),
                        fraction);
}

json_t *head_number(double value) { return value != value ? json_null() : json_sprintf("%.6g", value); }

// A mean of int64 lies between them, but as a double it may round to one beyond.
json_t *head_mean(const struct segment_array *array, double mean) {
    if (array->kind != SEGMENT_DURATION)
        return head_number(mean);
    int64_t value = mean >= 0x1p63 ? INT64_MAX : mean <= -0x1p63 ? INT64_MIN + 1 : (int64_t)llround(mean);
    struct cell cell = cell_duration(array->unit, value);
    return span_cell(&cell);
}

json_t *head_cell(const void *segment, const struct segment_array *array, uint64_t row) {
    struct cell cell = cell_read(segment, array, row);
    switch (cell.sort) {
    case CELL_MISSING:
        return json_null();
    case CELL_INTEGER:
        return json_sprintf("%" PRId64, cell.integer);
    case CELL_NATURAL:
        return json_sprintf("%" PRIu64, cell.natural);
    case CELL_FLOAT:
        return head_number(cell.number);
    case CELL_BOOL:
        return json_string(cell.natural ? "True" : "False");
    case CELL_TIMESTAMP:
        return time_cell(&cell);
    case CELL_DURATION:
    case CELL_TIME:
        return span_cell(&cell);
    case CELL_TEXT:
        return cut_text(cell.bytes, cell.count);
    case CELL_BINARY:
        return cut_binary((const unsigned char *)cell.bytes, cell.count);
    }
    return NULL;
}

static json_t *row_cells(const void *segment, uint32_t columns, uint64_t row) {
    json_t *cells = json_array();
    for (uint32_t i = 0; i < columns; i++)
        if (json_array_append_new(cells, head_cell(segment, segment_array(segment, i), row)) < 0) {
            json_decref(cells);
            return NULL;
        }
    return cells;
}

static json_t *rows_between(const void *segment, uint32_t columns, uint64_t first, uint64_t end) {
    json_t *rows = json_array();
    for (uint64_t row = first; row < end; row++)
        if (json_array_append_new(rows, row_cells(segment, columns, row)) < 0) {
            json_decref(rows);
            return NULL;
        }
    return rows;
}

static json_t *kind_text(const struct segment_array *array) {
    return json_string(segment_kind_name((enum segment_kind)array->kind));
}

static int describe_time(json_t *object, const void *segment, const struct segment_array *array) {
    static const char *const units[] = {"s", "ms", "us", "ns"};
    if (json_object_set_new(object, "unit", json_string(units[array->unit])) < 0)
        return -1;
    if (array->zone.bytes == 0)
        return 0;
    return json_object_set_new(object, "zone", cut_text(segment_at(segment, array->zone), array->zone.bytes));
}

static int describe_dictionary(json_t *object, const void *segment, const struct segment_array *array) {
    if (json_object_set_new(object, "values", kind_text(segment_array(segment, array->dictionary))) < 0)
        return -1;
    return json_object_set_new(object, "ordered", json_boolean(array->flags & SEGMENT_ORDERED));
}

static int describe_more(json_t *object, const void *segment, const struct segment_array *array) {
    if (segment_kind_has_unit((enum segment_kind)array->kind))
        return describe_time(object, segment, array);
    return array->dictionary == SEGMENT_NO_DICTIONARY ? 0 : describe_dictionary(object, segment, array);
}

json_t *head_column(const void *segment, uint32_t index) {
    const struct segment_array *array = segment_array(segment, index);
    json_t *object = json_pack("{s:o, s:o, s:I}", "name", cut_text(segment_at(segment, array->name), array->name.bytes),
                               "type", kind_text(array), "nulls", (json_int_t)array->null_count);
    if (!object || describe_more(object, segment, array) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *columns_shown(const void *segment, uint32_t columns) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < columns; i++)
        if (json_array_append_new(list, head_column(segment, i)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *describe(const void *segment, uint64_t asked) {
    const struct segment_header *header = segment_header(segment);
    uint32_t shown = header->columns < MAX_COLUMNS ? header->columns : MAX_COLUMNS;
    uint64_t head = header->rows < asked ? header->rows : asked;
    uint64_t tail = header->rows - head < asked ? head : header->rows - asked;
    json_t *object = json_pack("{s:I, s:o, s:o, s:o}", "rows", (json_int_t)header->rows, "columns",
                               columns_shown(segment, shown), "head", rows_between(segment, shown, 0, head), "tail",
                               rows_between(segment, shown, tail, header->rows));
    if (object && header->columns > shown &&
        json_object_set_new(object, "columns_left", json_integer(header->columns - shown)) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int head_write(const json_t *object, const char *what, int output, uint64_t *ret_bytes, struct err *err) {
    auto_free char *text = json_dumps(object, JSON_ENSURE_ASCII | JSON_COMPACT);
    if (!text)
        return err_set(err, REASON_INFRA, "out of memory for the text of the %s of a dataset", what);
    size_t bytes = strlen(text);
    if (write_all(output, text, bytes) < 0 || write_all(output, "\n", 1) < 0)
        return err_sys(err, errno == EFBIG ? REASON_LIMIT_OUTPUT : REASON_INFRA, "writing the %s of a dataset", what);
    *ret_bytes = bytes + 1;
    return 0;
}

int dataset_head(const void *segment, uint32_t rows, int output, uint64_t *ret_bytes, struct err *err) {
    auto_json json_t *object = describe(segment, rows < MAX_ROWS ? rows : MAX_ROWS);
    if (!object)
        return err_set(err, REASON_INFRA, "out of memory for the first and last rows of a dataset");
    return head_write(object, "first and last rows", output, ret_bytes, err);
}
