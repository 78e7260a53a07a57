// SPDX-License-Identifier: Apache-2.0
// segment_dump FILE [ns|units [threads [bytes-ceiling [decimals [columns [memory [share]]]]]]]: decodes an Arrow IPC file, checks the segment and prints it as
// JSON lines, the table first, then a line per column. Exit 1 and `reason: message` for a file that is refused, 3 for a
// segment that breaks a rule; `decimals` float or text, `columns` a name per line; bytes are shown in hexadecimal. `-m FILE...` prints one line per file, `ok` or the error; `-w FILE` writes the segment.
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/treatment.h"

static void print_text(const char *text, uint64_t count) {
    putchar('"');
    for (uint64_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_hex(const char *bytes, uint64_t count) {
    putchar('"');
    for (uint64_t i = 0; i < count; i++)
        printf("%02X", (unsigned char)bytes[i]);
    putchar('"');
}

// 17 digits give back the same bits, and a minus before zero needs a point to survive JSON.
static void print_double(double value) {
    if (isinf(value))
        fputs(value < 0 ? "-Infinity" : "Infinity", stdout);
    else if (value == 0)
        fputs(signbit(value) ? "-0.0" : "0.0", stdout);
    else
        printf("%.17g", value);
}

static bool is_null(const void *base, const struct segment_array *array, uint64_t row) {
    const char *values = segment_at(base, array->values);
    const uint8_t *nulls = array->null_count ? segment_at(base, array->nulls) : NULL;
    if (array->kind == SEGMENT_NULL)
        return true;
    if (segment_nulls_rule((enum segment_kind)array->kind, array->flags) == SEGMENT_NULLS_MASK)
        return nulls && nulls[row];
    if (segment_kind_nulls((enum segment_kind)array->kind) == SEGMENT_NULLS_BITMAP)
        return nulls && !(nulls[row / 8] >> (row % 8) & 1);
    if (array->kind == SEGMENT_FLOAT16)
        return segment_half_is_nan(((const uint16_t *)(const void *)values)[row]);
    if (array->kind == SEGMENT_FLOAT32)
        return isnan(((const float *)(const void *)values)[row]);
    if (array->kind == SEGMENT_FLOAT64)
        return isnan(((const double *)(const void *)values)[row]);
    return segment_kind_is_instant((enum segment_kind)array->kind) &&
           ((const int64_t *)(const void *)values)[row] == INT64_MIN;
}

static int64_t code_at(const struct segment_array *array, const void *values, uint64_t row) {
    return array->kind == SEGMENT_CODES8    ? ((const int8_t *)values)[row]
           : array->kind == SEGMENT_CODES16 ? ((const int16_t *)values)[row]
                                            : ((const int32_t *)values)[row];
}

static void print_value(const void *base, const struct segment_array *array, uint64_t row) {
    const void *values = segment_at(base, array->values);
    const int64_t *offsets = segment_at(base, array->offsets);
    if (is_null(base, array, row)) {
        fputs("null", stdout);
        return;
    }
    switch ((enum segment_kind)array->kind) {
    case SEGMENT_INT8:
        printf("%d", ((const int8_t *)values)[row]);
        break;
    case SEGMENT_INT16:
        printf("%d", ((const int16_t *)values)[row]);
        break;
    case SEGMENT_INT32:
        printf("%d", ((const int32_t *)values)[row]);
        break;
    case SEGMENT_UINT8:
        printf("%u", ((const uint8_t *)values)[row]);
        break;
    case SEGMENT_UINT16:
        printf("%u", ((const uint16_t *)values)[row]);
        break;
    case SEGMENT_UINT32:
        printf("%u", ((const uint32_t *)values)[row]);
        break;
    case SEGMENT_UINT64:
        printf("%" PRIu64, ((const uint64_t *)values)[row]);
        break;
    case SEGMENT_INT64:
    case SEGMENT_TIMESTAMP:
    case SEGMENT_DURATION:
    case SEGMENT_TIME:
        printf("%" PRId64, ((const int64_t *)values)[row]);
        break;
    case SEGMENT_FLOAT16:
        print_double(segment_half_value(((const uint16_t *)values)[row]));
        break;
    case SEGMENT_FLOAT32:
        print_double((double)((const float *)values)[row]);
        break;
    case SEGMENT_FLOAT64:
        print_double(((const double *)values)[row]);
        break;
    case SEGMENT_BOOL:
        fputs(((const uint8_t *)values)[row] ? "true" : "false", stdout);
        break;
    case SEGMENT_FLAGS:
        fputs(((const uint8_t *)values)[row / 8] >> row % 8 & 1 ? "true" : "false", stdout);
        break;
    case SEGMENT_UTF8:
        print_text((const char *)values + offsets[row], (uint64_t)(offsets[row + 1] - offsets[row]));
        break;
    case SEGMENT_BINARY:
        print_hex((const char *)values + offsets[row], (uint64_t)(offsets[row + 1] - offsets[row]));
        break;
    case SEGMENT_CODES8:
    case SEGMENT_CODES16:
    case SEGMENT_CODES32:
        printf("%" PRId64, code_at(array, values, row));
        break;
    case SEGMENT_NULL:
    case SEGMENT_KIND_NONE:
        break;
    }
}

static void print_values(const char *key, const void *base, const struct segment_array *array) {
    printf(", \"%s\": [", key);
    for (uint64_t row = 0; row < array->length; row++) {
        if (row)
            fputs(", ", stdout);
        print_value(base, array, row);
    }
    putchar(']');
}

static void print_column(const void *base, uint32_t index) {
    static const char *const units[] = {"s", "ms", "us", "ns"};
    const struct segment_array *array = segment_array(base, index);
    fputs("{\"name\": ", stdout);
    print_text(segment_at(base, array->name), array->name.bytes);
    printf(", \"kind\": \"%s\", \"dtype\": \"%s\", \"nulls\": %" PRIu64 ", \"inexact\": %" PRIu64 ", \"ordered\": %s",
           segment_kind_name((enum segment_kind)array->kind), segment_kind_dtype((enum segment_kind)array->kind),
           array->null_count, array->inexact, array->flags & SEGMENT_ORDERED ? "true" : "false");
    struct treatment treatment;
    treatment_of(base, index, &treatment);
    printf(", \"treatment\": \"%s\", \"why\": \"%s\", \"bytes\": %" PRIu64, treatment.word, treatment.why,
           treatment.bytes);
    if (array->flags & SEGMENT_CELLS)
        fputs(", \"cells\": true", stdout);
    if (array->flags & SEGMENT_NULLABLE)
        fputs(", \"nullable\": true", stdout);
    if (segment_kind_has_unit((enum segment_kind)array->kind)) {
        printf(", \"unit\": \"%s\", \"zone\": ", units[array->unit]);
        print_text(segment_at(base, array->zone), array->zone.bytes);
    }
    print_values("values", base, array);
    if (array->dictionary != SEGMENT_NO_DICTIONARY) {
        printf(", \"array\": %u, \"dictionary_kind\": \"%s\"", array->dictionary,
               segment_kind_name((enum segment_kind)segment_array(base, array->dictionary)->kind));
        print_values("dictionary", base, segment_array(base, array->dictionary));
    }
    puts("}");
}

static void print_segment(const void *base) {
    const struct segment_header *header = segment_header(base);
    printf("{\"rows\": %" PRIu64 ", \"columns\": %u, \"arrays\": %u, \"bytes\": %" PRIu64 "}\n", header->rows,
           header->columns, header->arrays, header->total_bytes);
    for (uint32_t i = 0; i < header->columns; i++)
        print_column(base, i);
}

struct wish {
    struct codec_wish codec;
    uint32_t threads;
    struct codec_ceilings ceilings;
};

// 0, 1 for a refused file, 3 for a broken segment.
static int decode(const char *file, size_t bytes, const struct wish *wish, void **ret, struct err *err) {
    struct dataset_reader *reader;
    struct dataset_shape shape;
    if (dataset_reader_open_wish(file, bytes, &wish->codec, &wish->ceilings, &reader, err) < 0)
        return 1;
    dataset_reader_shape(reader, &shape);
    auto_free void *base = aligned_alloc(64, (shape.bytes + 63) / 64 * 64);
    if (!base)
        abort();
    memset(base, 0, shape.bytes);
    int failed = dataset_reader_decode(reader, base, wish->threads, err);
    dataset_reader_close(reader);
    if (failed)
        return 1;
    if (segment_check(base, shape.bytes, err) < 0)
        return 3;
    *ret = steal_ptr(&base);
    return 0;
}

static int decode_file(const char *path, const struct wish *wish, void **ret, struct err *err) {
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    auto_free char *bytes = NULL;
    size_t count;
    if (fd < 0 || memory_read(fd, path, (size_t)1 << 34, &bytes, &count, err) < 0) {
        perror(path);
        exit(2);
    }
    // Without the NUL that memory_read() appends, so that a sanitizer sees each byte too many.
    auto_free char *exact = malloc(count ? count : 1);
    if (!exact)
        abort();
    memcpy(exact, bytes, count);
    return decode(exact, count, wish, ret, err);
}

static int report_many(int count, char **paths, const struct wish *wish) {
    int worst = 0;
    for (int i = 0; i < count; i++) {
        auto_free void *base = NULL;
        struct err err = {0};
        int result = decode_file(paths[i], wish, &base, &err);
        printf("%s%s\n", result == 0 ? "ok" : result == 3 ? "BROKEN SEGMENT: " : "", result ? err.msg : "");
        worst = result == 3 ? 3 : worst;
    }
    return worst;
}

static int write_segment(const char *path, const struct wish *wish) {
    auto_free void *base = NULL;
    struct err err = {0};
    int result = decode_file(path, wish, &base, &err);
    if (result == 0)
        fwrite(base, 1, segment_header(base)->total_bytes, stdout);
    return result;
}

static void take_columns(struct codec_wish *wish, char *lines) {
    if (strcmp(lines, "*") == 0)
        return;
    wish->columns = lines;
    wish->column_bytes = strlen(lines) + 1;
    for (; *lines; lines++)
        if (*lines == '\n')
            *lines = 0;
}

int main(int argc, char **argv) {
    struct wish wish = {
        {.profile = SEGMENT_PROFILE_NS}, 2, {.bytes = (uint64_t)1 << 30, .rows = 1u << 30, .columns = 10000}};
    auto_free void *base = NULL;
    struct err err = {0};
    if (argc > 2 && strcmp(argv[1], "-m") == 0)
        return report_many(argc - 2, argv + 2, &wish);
    if (argc == 3 && strcmp(argv[1], "-w") == 0)
        return write_segment(argv[2], &wish);
    if (argc < 2)
        return 2;
    if (argc > 2 && strcmp(argv[2], "units") == 0)
        wish.codec.profile = SEGMENT_PROFILE_UNITS;
    if (argc > 3)
        wish.threads = (uint32_t)strtoul(argv[3], NULL, 10);
    if (argc > 4)
        wish.ceilings.bytes = strtoull(argv[4], NULL, 10);
    if (argc > 5 && strcmp(argv[5], "text") == 0)
        wish.codec.decimals = CODEC_DECIMALS_TEXT;
    if (argc > 6)
        take_columns(&wish.codec, argv[6]);
    if (argc > 7)
        wish.codec.memory_bytes = strtoull(argv[7], NULL, 10);
    wish.codec.share_texts = argc > 8;
    wish.codec.threads = wish.threads;
    int result = decode_file(argv[1], &wish, &base, &err);
    if (result == 0)
        print_segment(base);
    else
        fprintf(stderr, "%s: %s\n", reason_word((enum reason)err.reason), err.msg);
    return result;
}
