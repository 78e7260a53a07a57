// SPDX-License-Identifier: Apache-2.0
// A segment as CSV or TSV: RFC 4180 with LF, as pandas.read_csv() reads it back.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bits.h"
#include "quern/dataset.h"
#include "quern/own.h"

enum { BUFFER_BYTES = 1 << 20, DAY_SECONDS = 86400 };
static const int64_t per_second[] = {1, 1000, 1000000, 1000000000}; // by unit

struct writer {
    int output;
    char separator;
    bool failed; // errno says how; nothing more is written
    int error;
    uint64_t written;
    char *buffer; // owned
    size_t used;
};

static void flush(struct writer *writer) {
    const char *at = writer->buffer;
    while (writer->used > 0 && !writer->failed) {
        ssize_t written = write(writer->output, at, writer->used);
        if (written < 0 && errno == EINTR)
            continue;
        writer->failed = written < 0;
        if (writer->failed) {
            writer->error = errno;
            return;
        }
        at += written;
        writer->used -= (size_t)written;
        writer->written += (uint64_t)written;
    }
}

static void put(struct writer *writer, const char *bytes, size_t count) {
    while (count > 0 && !writer->failed) {
        size_t room = BUFFER_BYTES - writer->used, part = count < room ? count : room;
        memcpy(writer->buffer + writer->used, bytes, part);
        writer->used += part;
        bytes += part;
        count -= part;
        if (writer->used == BUFFER_BYTES)
            flush(writer);
    }
}

static void put_byte(struct writer *writer, char byte) { put(writer, &byte, 1); }

/* ---- cells; a missing one is empty ---- */

// An empty text is quoted: what is not there at all is a missing value.
static bool needs_quotes(const struct writer *writer, const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (text[i] == writer->separator || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            return true;
    return bytes == 0;
}

static void put_text(struct writer *writer, const char *text, size_t bytes) {
    if (!needs_quotes(writer, text, bytes)) {
        put(writer, text, bytes);
        return;
    }
    put_byte(writer, '"');
    for (const char *quote; (quote = memchr(text, '"', bytes)); text = quote + 1) {
        put(writer, text, (size_t)(quote - text) + 1);
        put_byte(writer, '"');
        bytes -= (size_t)(quote - text) + 1;
    }
    put(writer, text, bytes);
    put_byte(writer, '"');
}

__attribute__((format(printf, 2, 3))) static void put_format(struct writer *writer, const char *format, ...) {
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(writer, text, bytes > 0 && (size_t)bytes < sizeof text ? (size_t)bytes : 0);
}

// The shortest digits that give the same value back; whole numbers keep a point, so that they stay what they are.
static void put_float(struct writer *writer, double value, bool narrow) {
    char text[40];
    if (value != value)
        return;
    int digits = narrow ? 6 : 15, most = narrow ? 9 : 17;
    for (; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (narrow ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    put(writer, text, strlen(text));
    if (!strpbrk(text, ".en"))
        put(writer, ".0", 2);
}

static void put_binary(struct writer *writer, const unsigned char *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        put_byte(writer, digits[bytes[i] >> 4]);
        put_byte(writer, digits[bytes[i] & 15]);
    }
}

static void put_bytes(struct writer *writer, const void *segment, const struct segment_array *array, uint64_t row) {
    const int64_t *offsets = segment_at(segment, array->offsets);
    const char *bytes = (const char *)segment_at(segment, array->values) + offsets[row];
    size_t count = (size_t)(offsets[row + 1] - offsets[row]);
    if (array->null_count && !bits_present(segment_at(segment, array->nulls), row))
        return;
    if (array->kind == SEGMENT_UTF8)
        put_text(writer, bytes, count);
    else
        put_binary(writer, (const unsigned char *)bytes, count);
}

// As pandas writes them: UTC with its offset where there is a zone, digits of a second only where they are needed.
static void put_time(struct writer *writer, const struct segment_array *array, int64_t value) {
    if (value == INT64_MIN)
        return;
    int64_t scale = per_second[array->unit], rest = value % scale;
    time_t seconds = value / scale - (rest < 0);
    rest += rest < 0 ? scale : 0;
    struct tm tm;
    if (!gmtime_r(&seconds, &tm)) {
        put_format(writer, "%" PRId64, value);
        return;
    }
    put_format(writer, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (rest)
        put_format(writer, ".%0*" PRId64, (int)array->unit * 3, rest);
    if (array->zone.bytes)
        put(writer, "+00:00", 6);
}

// As pandas writes them: "-1 days +23:59:59.500000000" of a duration, "23:59:59.500000" of a time of the day.
static void put_span(struct writer *writer, uint32_t unit, bool days, int64_t value) {
    if (value == INT64_MIN)
        return;
    int64_t scale = per_second[unit], rest = value % scale, seconds = value / scale - (rest < 0);
    rest += rest < 0 ? scale : 0;
    int64_t day = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0), second = seconds - day * DAY_SECONDS;
    if (days)
        put_format(writer, "%" PRId64 " days %s", day, day < 0 ? "+" : "");
    put_format(writer, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    if (rest && !days && rest % 1000 == 0)
        put_format(writer, ".%06" PRId64, rest / 1000);
    else if (rest)
        put_format(writer, ".%0*" PRId64, (int)unit * 3, rest);
}

#define AT(type) (((const type *)values)[row])

static void put_cell(struct writer *writer, const void *segment, const struct segment_array *array, uint64_t row);

static void put_code(struct writer *writer, const void *segment, const struct segment_array *array, int32_t code) {
    if (code >= 0)
        put_cell(writer, segment, segment_array(segment, array->dictionary), (uint64_t)code);
}

static void put_cell(struct writer *writer, const void *segment, const struct segment_array *array, uint64_t row) {
    const void *values = segment_at(segment, array->values);
    if (segment_is_marked(segment, array, row))
        return;
    switch ((enum segment_kind)array->kind) {
    case SEGMENT_INT8:
        return put_format(writer, "%d", AT(int8_t));
    case SEGMENT_INT16:
        return put_format(writer, "%d", AT(int16_t));
    case SEGMENT_INT32:
        return put_format(writer, "%" PRId32, AT(int32_t));
    case SEGMENT_INT64:
        return put_format(writer, "%" PRId64, AT(int64_t));
    case SEGMENT_UINT8:
        return put_format(writer, "%u", AT(uint8_t));
    case SEGMENT_UINT16:
        return put_format(writer, "%u", AT(uint16_t));
    case SEGMENT_UINT32:
        return put_format(writer, "%" PRIu32, AT(uint32_t));
    case SEGMENT_UINT64:
        return put_format(writer, "%" PRIu64, AT(uint64_t));
    case SEGMENT_FLOAT16:
        return put_float(writer, segment_half_value(AT(uint16_t)), true);
    case SEGMENT_FLOAT32:
        return put_float(writer, (double)AT(float), true);
    case SEGMENT_FLOAT64:
        return put_float(writer, AT(double), false);
    case SEGMENT_BOOL:
        return put_format(writer, "%s", AT(uint8_t) ? "True" : "False");
    case SEGMENT_FLAGS:
        return put_format(writer, "%s", bits_present(values, row) ? "True" : "False");
    case SEGMENT_TIMESTAMP:
        return put_time(writer, array, AT(int64_t));
    case SEGMENT_DURATION:
        return put_span(writer, array->unit, true, AT(int64_t));
    case SEGMENT_TIME:
        return put_span(writer, SEGMENT_UNIT_NS, false, AT(int64_t));
    case SEGMENT_CODES8:
        return put_code(writer, segment, array, AT(int8_t));
    case SEGMENT_CODES16:
        return put_code(writer, segment, array, AT(int16_t));
    case SEGMENT_CODES32:
        return put_code(writer, segment, array, AT(int32_t));
    case SEGMENT_UTF8:
    case SEGMENT_BINARY:
        return put_bytes(writer, segment, array, row);
    case SEGMENT_NULL:
    case SEGMENT_KIND_NONE:
        return;
    }
}

/* ---- lines ---- */

static void put_names(struct writer *writer, const void *segment, uint32_t columns) {
    for (uint32_t i = 0; i < columns; i++) {
        const struct segment_array *array = segment_array(segment, i);
        if (i > 0)
            put_byte(writer, writer->separator);
        put_text(writer, segment_at(segment, array->name), array->name.bytes);
    }
    put_byte(writer, '\n');
}

// A line of one missing value would be an empty line, which readers skip.
static void put_row(struct writer *writer, const void *segment, uint32_t columns, uint64_t row) {
    uint64_t before = writer->written + writer->used;
    for (uint32_t i = 0; i < columns; i++) {
        if (i > 0)
            put_byte(writer, writer->separator);
        put_cell(writer, segment, segment_array(segment, i), row);
    }
    if (writer->written + writer->used == before)
        put(writer, "\"\"", 2);
    put_byte(writer, '\n');
}

int dataset_text(const void *segment, char separator, int output, uint64_t *ret_bytes, struct err *err) {
    const struct segment_header *header = segment_header(segment);
    auto_free char *buffer = malloc(BUFFER_BYTES);
    struct writer writer = {.output = output, .separator = separator, .buffer = buffer};
    if (!buffer)
        return err_set(err, REASON_INFRA, "out of memory for a text table");
    put_names(&writer, segment, header->columns);
    for (uint64_t row = 0; row < header->rows && header->columns > 0 && !writer.failed; row++)
        put_row(&writer, segment, header->columns, row);
    flush(&writer);
    errno = writer.error;
    if (writer.failed)
        return err_sys(err,
                       errno == EFBIG    ? REASON_LIMIT_OUTPUT
                       : errno == ENOSPC ? REASON_LIMIT_DISK
                                         : REASON_INFRA,
                       "writing a text table");
    *ret_bytes = writer.written;
    return 0;
}
