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

#include "cell.h"
#include "quern/dataset.h"
#include "quern/own.h"
#include "quern/write.h"

enum { BUFFER_BYTES = 1 << 20, DAY_SECONDS = 86400 };

struct writer {
    int output;
    char separator;
    int error; // errno; nothing more is written
    uint64_t written;
    char *buffer; // owned
    size_t used;
};

static void flush(struct writer *writer) {
    if (!writer->error && write_all(writer->output, writer->buffer, writer->used) < 0)
        writer->error = errno;
    writer->written += writer->used;
    writer->used = 0;
}

static void put(struct writer *writer, const char *bytes, size_t count) {
    while (count > 0 && !writer->error) {
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

// As pandas writes them: UTC with its offset where there is a zone, digits of a second only where they are needed.
static void put_time(struct writer *writer, const struct cell *cell) {
    time_t seconds = cell->seconds;
    struct tm tm;
    // Beyond the years that a struct tm can hold.
    if (!gmtime_r(&seconds, &tm)) {
        put_format(writer, "%" PRId64, cell->integer);
        return;
    }
    put_format(writer, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (cell->fraction)
        put_format(writer, ".%0*" PRId64, cell->digits, cell->fraction);
    if (cell->zoned)
        put(writer, "+00:00", 6);
}

// As pandas writes them: "-1 days +23:59:59.500000000" of a duration, "23:59:59.500000" of a time of the day.
static void put_span(struct writer *writer, const struct cell *cell) {
    int64_t day = cell->seconds / DAY_SECONDS - (cell->seconds % DAY_SECONDS < 0);
    int64_t second = cell->seconds - day * DAY_SECONDS;
    bool days = cell->sort == CELL_DURATION;
    if (days)
        put_format(writer, "%" PRId64 " days %s", day, day < 0 ? "+" : "");
    put_format(writer, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    if (cell->fraction && !days && cell->fraction % 1000 == 0)
        put_format(writer, ".%06" PRId64, cell->fraction / 1000);
    else if (cell->fraction)
        put_format(writer, ".%0*" PRId64, cell->digits, cell->fraction);
}

static void put_cell(struct writer *writer, const struct cell *cell) {
    switch (cell->sort) {
    case CELL_MISSING:
        return;
    case CELL_INTEGER:
        return put_format(writer, "%" PRId64, cell->integer);
    case CELL_NATURAL:
        return put_format(writer, "%" PRIu64, cell->natural);
    case CELL_FLOAT:
        return put_float(writer, cell->number, cell->narrow);
    case CELL_BOOL:
        return put_format(writer, "%s", cell->natural ? "True" : "False");
    case CELL_TIMESTAMP:
        return put_time(writer, cell);
    case CELL_DURATION:
    case CELL_TIME:
        return put_span(writer, cell);
    case CELL_TEXT:
        return put_text(writer, cell->bytes, cell->count);
    case CELL_BINARY:
        return put_binary(writer, (const unsigned char *)cell->bytes, cell->count);
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
        struct cell cell = cell_read(segment, segment_array(segment, i), row);
        put_cell(writer, &cell);
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
    for (uint64_t row = 0; row < header->rows && header->columns > 0 && !writer.error; row++)
        put_row(&writer, segment, header->columns, row);
    flush(&writer);
    errno = writer.error;
    if (writer.error)
        return err_sys(err,
                       errno == EFBIG                       ? REASON_LIMIT_OUTPUT
                       : errno == ENOSPC || errno == EDQUOT ? REASON_UNWRITABLE
                                                            : REASON_INFRA,
                       "writing a text table");
    *ret_bytes = writer.written;
    return 0;
}
