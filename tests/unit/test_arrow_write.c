// SPDX-License-Identifier: Apache-2.0
// Writing: what pyarrow and polars think of the files is tested in tests/interop/test_writer.py.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/dataset/flat_build.h"
#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

static char *file_of(const void *segment, uint32_t threads, size_t *ret_bytes) {
    struct err err;
    uint64_t written;
    char *bytes;
    auto_fd int fd = memory_new("arrow", 0, &err);
    assert_true(fd >= 0);
    if (dataset_write(segment, fd, 0, threads, &written, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(fd, "arrow", (size_t)1 << 30, &bytes, ret_bytes, &err), 0);
    assert_int_equal(*ret_bytes, written);
    return bytes;
}

// The reader's segment of a file, checked.
static void *segment_of(const void *file, size_t bytes) {
    struct err err;
    struct codec_ceilings ceilings = {1u << 30, 1u << 30, 100000, 1, 1};
    struct dataset_reader *reader;
    struct dataset_shape shape;
    if (dataset_reader_open(file, bytes, SEGMENT_PROFILE_UNITS, &ceilings, &reader, &err) < 0)
        fail_msg("%s", err.msg);
    dataset_reader_shape(reader, &shape);
    size_t room = (shape.bytes + SEGMENT_ALIGN) / SEGMENT_ALIGN * SEGMENT_ALIGN;
    void *base = aligned_alloc(SEGMENT_ALIGN, room);
    assert_non_null(base);
    memset(base, 0, room);
    if (dataset_reader_decode(reader, base, 2, &err) < 0 || segment_check(base, shape.bytes, &err) < 0)
        fail_msg("%s", err.msg);
    dataset_reader_close(reader);
    return base;
}

static void assert_same_span(const void *a, struct segment_span x, const void *b, struct segment_span y) {
    assert_int_equal(x.bytes, y.bytes);
    assert_memory_equal(segment_at(a, x), segment_at(b, y), x.bytes);
}

static void assert_same_array(const void *a, const void *b, uint32_t index) {
    const struct segment_array *x = segment_array(a, index), *y = segment_array(b, index);
    assert_string_equal(segment_kind_name((enum segment_kind)x->kind), segment_kind_name((enum segment_kind)y->kind));
    assert_int_equal(x->flags, y->flags);
    assert_int_equal(x->length, y->length);
    assert_int_equal(x->null_count, y->null_count);
    assert_int_equal(x->unit, y->unit);
    assert_same_span(a, x->name, b, y->name);
    assert_same_span(a, x->zone, b, y->zone);
    assert_same_span(a, x->nulls, b, y->nulls);
    assert_same_span(a, x->offsets, b, y->offsets);
    // NaNs are equal where they are; codes may come back narrower.
    if (x->kind == y->kind)
        assert_same_span(a, x->values, b, y->values);
}

static void round_trip(uint64_t rows, bool nulls) {
    uint64_t bytes;
    size_t file_bytes;
    struct err err;
    auto_free void *segment = segment_sample(rows, SAMPLE_COLUMNS, nulls, &bytes);
    if (segment_check(segment, bytes, &err) < 0)
        fail_msg("%s", err.msg);
    auto_free char *file = file_of(segment, 2, &file_bytes);
    auto_free void *again = segment_of(file, file_bytes);
    assert_int_equal(segment_header(again)->rows, rows);
    assert_int_equal(segment_header(again)->columns, SAMPLE_COLUMNS);
    for (uint32_t i = 0; i < SAMPLE_COLUMNS; i++)
        assert_same_array(segment, again, i);
}

static void b_every_kind_comes_back(void **state) {
    (void)state;
    static const uint64_t rows[] = {0, 1, 4, 8, 9, 1000, 70001};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        round_trip(rows[i], false);
        round_trip(rows[i], true);
    }
}

static void b_no_columns(void **state) {
    (void)state;
    struct segment_shape shape = {NULL, 0, 0, 7, SEGMENT_PROFILE_NS};
    uint64_t bytes;
    size_t file_bytes;
    auto_free void *segment = segment_make(&shape, &bytes);
    auto_free char *file = file_of(segment, 2, &file_bytes);
    auto_free void *again = segment_of(file, file_bytes);
    assert_int_equal(segment_header(again)->rows, 7);
    assert_int_equal(segment_header(again)->columns, 0);
}

static void b_threads_do_not_change_the_file(void **state) {
    (void)state;
    uint64_t bytes;
    size_t one_bytes, four_bytes;
    auto_free void *segment = segment_sample(50000, SAMPLE_WITH_BYTES, true, &bytes);
    auto_free char *one = file_of(segment, 1, &one_bytes);
    auto_free char *four = file_of(segment, 4, &four_bytes);
    assert_int_equal(one_bytes, four_bytes);
    assert_memory_equal(one, four, one_bytes);
}

static void *one_column(enum segment_kind kind, uint64_t rows, const char *name, size_t name_bytes, uint64_t *bytes) {
    struct segment_spec spec = {
        .kind = kind,
        .length = rows,
        .data_bytes = segment_kind_is_bytes(kind) ? 4096 : 0,
        .unit = segment_kind_has_unit(kind) ? SEGMENT_UNIT_NS : 0,
        .dictionary = SEGMENT_NO_DICTIONARY,
        .name = name,
        .name_bytes = name_bytes,
    };
    struct segment_shape shape = {&spec, 1, 1, rows, SEGMENT_PROFILE_NS};
    return segment_make(&shape, bytes);
}

// Large enough for zstd to share it among threads.
static void b_one_column_larger_than_all_others(void **state) {
    (void)state;
    enum { ROWS = 9000000 };
    uint64_t bytes;
    size_t one_bytes, three_bytes;
    auto_free void *segment = one_column(SEGMENT_INT64, ROWS, "n", 1, &bytes);
    int64_t *values = segment_at(segment, segment_array(segment, 0)->values);
    for (int64_t i = 0; i < ROWS; i++)
        values[i] = i * i % 1000003;
    auto_free char *one = file_of(segment, 1, &one_bytes);
    auto_free char *three = file_of(segment, 3, &three_bytes);
    assert_int_equal(one_bytes, three_bytes);
    assert_memory_equal(one, three, one_bytes);
    auto_free void *again = segment_of(three, three_bytes);
    assert_same_array(segment, again, 0);
}

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static void b_what_does_not_compress_stays_raw(void **state) {
    (void)state;
    enum { ROWS = 400000 };
    uint64_t bytes, seed = 88172645463325252u;
    size_t file_bytes;
    auto_free void *segment = one_column(SEGMENT_INT64, ROWS, "n", 1, &bytes);
    uint64_t *values = segment_at(segment, segment_array(segment, 0)->values);
    for (size_t i = 0; i < ROWS; i++)
        values[i] = next_random(&seed);
    auto_free char *file = file_of(segment, 2, &file_bytes);
    assert_non_null(memmem(file, file_bytes, values, ROWS * sizeof *values));
    memset(values, 1, ROWS * sizeof *values);
    auto_free char *small = file_of(segment, 2, &file_bytes);
    assert_memory_equal(small, "ARROW1", 6);
    assert_true(file_bytes < 10000);
}

// Negative zero and the bits of a number survive; each NaN is a null, whatever its bits.
static void b_floats_bit_by_bit(void **state) {
    (void)state;
    uint64_t bytes;
    size_t file_bytes;
    auto_free void *segment = one_column(SEGMENT_FLOAT64, 5, "x", 1, &bytes);
    const double wanted[] = {-0.0, INFINITY, 0x1p-1074, -NAN, 9007199254740993.0};
    memcpy(segment_at(segment, segment_array(segment, 0)->values), wanted, sizeof wanted);
    segment_array(segment, 0)->null_count = 1;
    auto_free char *file = file_of(segment, 1, &file_bytes);
    auto_free void *again = segment_of(file, file_bytes);
    const double *found = segment_at(again, segment_array(again, 0)->values);
    assert_int_equal(segment_array(again, 0)->null_count, 1);
    assert_memory_equal(found, wanted, 3 * sizeof *wanted);
    assert_true(found[3] != found[3]);
    assert_memory_equal(found + 4, wanted + 4, sizeof *wanted);
}

// Only a script's process can have made them: quern itself shares texts of inputs, which are never written as they are.
static void r_shared_texts_of_a_nullable_column(void **state) {
    (void)state;
    enum { C8 = 14, C16, C32 };
    uint64_t bytes;
    size_t file_bytes;
    auto_free void *segment = segment_sample(5, SAMPLE_COLUMNS, false, &bytes);
    for (uint32_t i = C8; i <= C32; i++)
        segment_array(segment, i)->flags = SEGMENT_CELLS | SEGMENT_NULLABLE;
    auto_free char *file = file_of(segment, 1, &file_bytes);
    static const char wanted[] = "\"numpy_type\":\"string\"";
    size_t found = 0;
    for (char *at = file; (at = memmem(at, file_bytes - (size_t)(at - file), wanted, sizeof wanted - 1)); at++)
        found++;
    assert_int_equal(found, 2 * 3); // the schema stands in front and in the footer
}

static void assert_refused(int output) {
    uint64_t bytes, written = 77;
    struct err err;
    auto_free void *segment = one_column(SEGMENT_INT8, 1, "n", 1, &bytes);
    assert_int_equal(dataset_write(segment, output, 0, 1, &written, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "the output of an Arrow file: expected an empty regular file that is not append-only");
    assert_int_equal(written, 77);
}

static void l_outputs_that_cannot_be_positioned_are_refused(void **state) {
    (void)state;
    int ends[2];
    struct err err;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    auto_fd int reading = ends[0], writing = ends[1];
    assert_true(reading >= 0);
    assert_refused(writing);
    auto_fd int full = memory_new("full", 1, &err);
    assert_refused(full);
    auto_fd int append = memory_new("append", 0, &err);
    assert_int_equal(fcntl(append, F_SETFL, O_APPEND), 0);
    assert_refused(append);
}

static void l_a_level_zstd_does_not_have(void **state) {
    (void)state;
    uint64_t bytes, written;
    struct err err;
    auto_free void *segment = one_column(SEGMENT_INT8, 1, "n", 1, &bytes);
    auto_fd int output = memory_new("arrow", 0, &err);
    assert_int_equal(dataset_write(segment, output, 4000000000u, 1, &written, &err), -1);
    assert_string_equal(err.msg, "compression level 4000000000: at most 22 is known");
}

static char *head_of(const void *segment, uint32_t rows) {
    struct err err;
    uint64_t written;
    size_t bytes;
    char *text;
    auto_fd int fd = memory_new("head", 0, &err);
    if (dataset_head(segment, rows, fd, &written, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(fd, "head", (size_t)1 << 26, &text, &bytes, &err), 0);
    assert_int_equal(bytes, written);
    return text;
}

static void b_head_of_doubles(void **state) {
    (void)state;
    uint64_t bytes;
    const double values[] = {0.1, 1e300, NAN, -INFINITY, 123456789};
    auto_free void *segment = one_column(SEGMENT_FLOAT64, 5, "x", 1, &bytes);
    memcpy(segment_at(segment, segment_array(segment, 0)->values), values, sizeof values);
    segment_array(segment, 0)->null_count = 1;
    auto_free char *two = head_of(segment, 2);
    assert_string_equal(two, "{\"rows\":5,\"columns\":[{\"name\":\"x\",\"type\":\"double\",\"nulls\":1}],"
                             "\"head\":[[\"0.1\"],[\"1e+300\"]],\"tail\":[[\"-inf\"],[\"1.23457e+08\"]]}\n");
    auto_free char *three = head_of(segment, 3);
    assert_string_equal(three, "{\"rows\":5,\"columns\":[{\"name\":\"x\",\"type\":\"double\",\"nulls\":1}],"
                               "\"head\":[[\"0.1\"],[\"1e+300\"],[null]],\"tail\":[[\"-inf\"],[\"1.23457e+08\"]]}\n");
    auto_free char *all = head_of(segment, 5);
    assert_non_null(strstr(all, "[\"1.23457e+08\"]],\"tail\":[]}"));
    auto_free char *none = head_of(segment, 0);
    assert_non_null(strstr(none, "\"head\":[],\"tail\":[]}"));
}

static void b_head_of_times(void **state) {
    (void)state;
    static const int64_t values[] = {0, -1, 250000000, INT64_MIN, 1709208000123456789, INT64_MIN + 1};
    uint64_t bytes;
    auto_free void *segment = one_column(SEGMENT_TIMESTAMP, 6, "t", 1, &bytes);
    memcpy(segment_at(segment, segment_array(segment, 0)->values), values, sizeof values);
    segment_array(segment, 0)->null_count = 1;
    auto_free char *text = head_of(segment, 6);
    assert_non_null(strstr(text, "\"type\":\"timestamp\",\"nulls\":1,\"unit\":\"ns\"}"));
    assert_non_null(strstr(text, "[\"1970-01-01T00:00:00\"],[\"1969-12-31T23:59:59.999999999\"],"
                                 "[\"1970-01-01T00:00:00.25\"],[null],[\"2024-02-29T12:00:00.123456789\"],"
                                 "[\"1677-09-21T00:12:43.145224193\"]"));
}

static void b_head_of_durations(void **state) {
    (void)state;
    static const int64_t values[] = {0, -1, 43200250000000, INT64_MIN, -86400000000000, INT64_MIN + 1};
    uint64_t bytes;
    auto_free void *segment = one_column(SEGMENT_DURATION, 6, "t", 1, &bytes);
    memcpy(segment_at(segment, segment_array(segment, 0)->values), values, sizeof values);
    segment_array(segment, 0)->null_count = 1;
    auto_free char *text = head_of(segment, 6);
    assert_non_null(strstr(text, "\"type\":\"duration\",\"nulls\":1,\"unit\":\"ns\"}"));
    assert_non_null(strstr(text, "[\"00:00:00\"],[\"-1 days 23:59:59.999999999\"],[\"12:00:00.25\"],[null],"
                                 "[\"-1 days 00:00:00\"],[\"-106752 days 00:12:43.145224193\"]"));
}

static void b_head_of_times_of_day(void **state) {
    (void)state;
    static const int64_t values[] = {0, INT64_MIN, SEGMENT_DAY_NS - 1};
    uint64_t bytes;
    auto_free void *segment = one_column(SEGMENT_TIME, 3, "t", 1, &bytes);
    memcpy(segment_at(segment, segment_array(segment, 0)->values), values, sizeof values);
    segment_array(segment, 0)->null_count = 1;
    auto_free char *text = head_of(segment, 3);
    assert_non_null(strstr(text, "\"type\":\"time\",\"nulls\":1}"));
    assert_non_null(strstr(text, "[\"00:00:00\"],[null],[\"23:59:59.999999999\"]"));
}

static void b_head_of_halves(void **state) {
    (void)state;
    static const uint16_t values[] = {0x3e00, 0x7e00, 0xfbff};
    uint64_t bytes;
    auto_free void *segment = one_column(SEGMENT_FLOAT16, 3, "h", 1, &bytes);
    memcpy(segment_at(segment, segment_array(segment, 0)->values), values, sizeof values);
    segment_array(segment, 0)->null_count = 1;
    auto_free char *text = head_of(segment, 3);
    assert_non_null(strstr(text, "\"type\":\"halffloat\",\"nulls\":1}"));
    assert_non_null(strstr(text, "[\"1.5\"],[null],[\"-65504\"]"));
}

static void b_head_of_nulls(void **state) {
    (void)state;
    uint64_t bytes;
    auto_free void *segment = one_column(SEGMENT_NULL, 3, "n", 1, &bytes);
    auto_free char *text = head_of(segment, 1);
    assert_string_equal(text, "{\"rows\":3,\"columns\":[{\"name\":\"n\",\"type\":\"null\",\"nulls\":3}],"
                              "\"head\":[[null]],\"tail\":[[null]]}\n");
}

static void b_head_of_every_kind(void **state) {
    (void)state;
    uint64_t bytes;
    auto_free void *segment = segment_sample(9, SAMPLE_WITH_BYTES, true, &bytes);
    auto_free char *text = head_of(segment, 4);
    assert_non_null(strstr(text,
                           "[\"7\",\"7\",\"7\",\"7\",\"7\",\"7\",\"7\",\"7\",\"0.25\",\"0.25\",\"False\","
                           "\"2024-02-29T00:00:01.000000001\",\"2024-02-29T00:00:01.000000001Z\","
                           "\"zeile 1 \\u00E4\",\"gr\\u00FCn\",\"gr\\u00FCn\",\"gr\\u00FCn\",\"0.25\",\"7\",\"01\"]"));
    assert_non_null(strstr(text,
                           "[\"21\",\"21\",\"21\",\"21\",\"21\",\"21\",\"21\",\"21\",null,null,null,null,null,null,"
                           "null,null,null,null,\"21\",null]"));
    assert_non_null(strstr(text, "{\"name\":\"c16\",\"type\":\"dictionary\",\"nulls\":2,\"values\":\"string\","
                                 "\"ordered\":true}"));
    assert_non_null(strstr(text, "{\"name\":\"time_zoned\",\"type\":\"timestamp\",\"nulls\":2,\"unit\":\"ns\","
                                 "\"zone\":\"Europe/Vienna\"}"));
}

static void *text_column(const char *text, size_t count, const char *name, size_t name_bytes) {
    uint64_t bytes;
    struct err err;
    void *segment = one_column(SEGMENT_UTF8, 1, name, name_bytes, &bytes);
    struct segment_array *array = segment_array(segment, 0);
    memcpy(segment_at(segment, array->values), text, count);
    ((int64_t *)segment_at(segment, array->offsets))[1] = (int64_t)count;
    array->values.bytes = count;
    if (segment_check(segment, bytes, &err) < 0)
        fail_msg("%s", err.msg);
    return segment;
}

static void f_head_escapes_hostile_text(void **state) {
    (void)state;
    static const char text[] = "\x1b[2J\"\\\0</script>\xc2\x9b", name[] = "a\nb";
    auto_free void *segment = text_column(text, sizeof text - 1, name, sizeof name - 1);
    auto_free char *head = head_of(segment, 1);
    assert_string_equal(head, "{\"rows\":1,\"columns\":[{\"name\":\"a\\nb\",\"type\":\"string\",\"nulls\":0}],"
                              "\"head\":[[\"\\u001B[2J\\\"\\\\\\u0000</script>\\u009B\"]],\"tail\":[]}\n");
}

static void l_head_cuts_long_texts(void **state) {
    (void)state;
    char text[402], wanted[1300] = "\"";
    for (size_t i = 0; i < 201; i++)
        memcpy(text + 2 * i, "\xc3\xa4", 2);
    for (size_t i = 0; i < 200; i++)
        memcpy(wanted + 1 + 6 * i, "\\u00E4", 6);
    auto_free void *fits = text_column(text, 400, "t", 1);
    auto_free char *whole = head_of(fits, 1);
    memcpy(wanted + 1201, "\"", 2);
    assert_non_null(strstr(whole, wanted));
    auto_free void *long_one = text_column(text, 402, "t", 1);
    auto_free char *cut = head_of(long_one, 1);
    memcpy(wanted + 1201, "\\u2026\"", 8);
    assert_non_null(strstr(cut, wanted));
}

static void l_head_shows_200_columns(void **state) {
    (void)state;
    struct segment_spec specs[203];
    struct segment_shape shape = {specs, 203, 203, 1, SEGMENT_PROFILE_NS};
    uint64_t bytes;
    for (size_t i = 0; i < 203; i++)
        specs[i] = (struct segment_spec){
            .kind = SEGMENT_INT8, .length = 1, .dictionary = SEGMENT_NO_DICTIONARY, .name = "n", .name_bytes = 1};
    auto_free void *segment = segment_make(&shape, &bytes);
    auto_free char *text = head_of(segment, 1);
    assert_non_null(strstr(text, ",\"columns_left\":3}"));
    size_t cells = 0;
    for (const char *at = text; (at = strstr(at, "\"0\"")); at++)
        cells++;
    assert_int_equal(cells, 200);
}

// Followed as a reader would: root, vtable, fields.
static void b_flatbuffer_bytes(void **state) {
    (void)state;
    struct flat_build flat;
    struct flat_build_table table;
    struct err err;
    flat_init(&flat);
    uint32_t text = flat_string(&flat, "", 0);
    flat_table_begin(&flat, &table);
    flat_set_ref(&table, 2, text);
    flat_set_i16(&table, 1, 7);
    assert_int_equal(flat_finish(&flat, flat_table_end(&table), &err), 0);
    assert_int_equal(flat.used % 8, 0);
    const uint8_t *bytes = flat_bytes(&flat);
    uint32_t root;
    int32_t back;
    uint16_t vtable[5];
    memcpy(&root, bytes, sizeof root);
    memcpy(&back, bytes + root, sizeof back);
    memcpy(vtable, bytes + root - (uint32_t)back, sizeof vtable);
    assert_int_equal(vtable[0], 10);
    assert_int_equal(vtable[2], 0);
    assert_int_equal(bytes[root + vtable[3]], 7);
    assert_int_equal((root + vtable[4]) % 4, 0);
    uint32_t to_text, length;
    memcpy(&to_text, bytes + root + vtable[4], sizeof to_text);
    memcpy(&length, bytes + root + vtable[4] + to_text, sizeof length);
    assert_int_equal(length, 0);
    assert_int_equal(bytes[root + vtable[4] + to_text + 4], 0);
    flat_done(&flat);
}

// One row fits into the buffer, a thousand times as many do not: both are found out.
static void l_a_text_table_on_a_full_disk_is_an_error(void **state) {
    (void)state;
    for (uint64_t rows = 1; rows <= 20000; rows += 19999) {
        struct err err = {0};
        uint64_t bytes, written;
        auto_free void *segment = segment_sample(rows, SAMPLE_COLUMNS, true, &bytes);
        auto_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        assert_int_equal(dataset_text(segment, ',', full, &written, &err), -1);
        assert_int_equal(err.reason, REASON_UNWRITABLE);
        assert_string_equal(err.msg, "writing a text table: No space left on device");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_every_kind_comes_back),
        cmocka_unit_test(b_no_columns),
        cmocka_unit_test(b_threads_do_not_change_the_file),
        cmocka_unit_test(b_one_column_larger_than_all_others),
        cmocka_unit_test(b_what_does_not_compress_stays_raw),
        cmocka_unit_test(b_floats_bit_by_bit),
        cmocka_unit_test(b_flatbuffer_bytes),
        cmocka_unit_test(b_head_of_doubles),
        cmocka_unit_test(b_head_of_times),
        cmocka_unit_test(b_head_of_durations),
        cmocka_unit_test(b_head_of_times_of_day),
        cmocka_unit_test(b_head_of_halves),
        cmocka_unit_test(b_head_of_nulls),
        cmocka_unit_test(l_a_text_table_on_a_full_disk_is_an_error),
        cmocka_unit_test(b_head_of_every_kind),
        cmocka_unit_test(f_head_escapes_hostile_text),
        cmocka_unit_test(l_head_cuts_long_texts),
        cmocka_unit_test(l_head_shows_200_columns),
        cmocka_unit_test(r_shared_texts_of_a_nullable_column),
        cmocka_unit_test(l_outputs_that_cannot_be_positioned_are_refused),
        cmocka_unit_test(l_a_level_zstd_does_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
