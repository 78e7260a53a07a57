// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/segment.h"

// The sample has a column of each null rule, three rows, and one dictionary.
enum { DOUBLES, FLAGS, TEXTS, TIMES, CODES, WORDS, ARRAYS, COLUMNS = WORDS };
enum { ROWS = 3, ROOM = 4096 };

static const struct segment_spec sample_specs[ARRAYS] = {
    [DOUBLES] = {.kind = SEGMENT_FLOAT64, .length = ROWS, .name = "d", .name_bytes = 1},
    [FLAGS] = {.kind = SEGMENT_FLAGS, .length = ROWS, .nulls = true, .name = "flag", .name_bytes = 4},
    [TEXTS] = {.kind = SEGMENT_UTF8, .length = ROWS, .nulls = true, .data_bytes = 4, .name = "t", .name_bytes = 1},
    [TIMES] = {.kind = SEGMENT_TIMESTAMP,
               .unit = SEGMENT_UNIT_NS,
               .length = ROWS,
               .name = "when",
               .name_bytes = 4,
               .zone = "UTC",
               .zone_bytes = 3},
    [CODES] = {.kind = SEGMENT_CODES8, .length = ROWS, .dictionary = WORDS, .name = "c", .name_bytes = 1},
    [WORDS] = {.kind = SEGMENT_UTF8, .length = 2, .data_bytes = 3},
};

struct sample {
    _Alignas(64) uint8_t base[ROOM];
    uint64_t bytes;
};

static void *values(struct sample *sample, uint32_t index) {
    return segment_at(sample->base, segment_array(sample->base, index)->values);
}

static int64_t *offsets(struct sample *sample, uint32_t index) {
    return segment_at(sample->base, segment_array(sample->base, index)->offsets);
}

static uint8_t *nulls(struct sample *sample, uint32_t index) {
    return segment_at(sample->base, segment_array(sample->base, index)->nulls);
}

// d = 1.5, null, -0.0 · flag = true, null, false · t = "é", null, "ab" · when = 1, NaT, 3 · c = "x", null, "yz"
static struct segment_header *sample_fill(struct sample *sample) {
    const struct segment_shape shape = {sample_specs, COLUMNS, ARRAYS, ROWS, SEGMENT_PROFILE_NS};
    memset(sample, 0, sizeof *sample);
    assert_int_equal(segment_layout(&shape, &sample->bytes, NULL), 0);
    assert_true(sample->bytes <= ROOM);
    assert_int_equal(segment_format(sample->base, sample->bytes, &shape, NULL), 0);
    for (uint32_t i = 0; i < COLUMNS; i++)
        segment_array(sample->base, i)->null_count = 1;
    memcpy(values(sample, DOUBLES), (double[]){1.5, NAN, -0.0}, 24);
    memcpy(values(sample, FLAGS), (uint8_t[]){1}, 1);
    nulls(sample, FLAGS)[0] = 5;
    memcpy(offsets(sample, TEXTS), (int64_t[]){0, 2, 2, 4}, 32);
    memcpy(values(sample, TEXTS),
           "\xc3\xa9"
           "ab",
           4);
    nulls(sample, TEXTS)[0] = 5;
    memcpy(values(sample, TIMES), (int64_t[]){1, INT64_MIN, 3}, 24);
    memcpy(values(sample, CODES), (int8_t[]){0, -1, 1}, 3);
    memcpy(offsets(sample, WORDS), (int64_t[]){0, 1, 3}, 24);
    memcpy(values(sample, WORDS), "xyz", 3);
    return (struct segment_header *)(void *)sample->base;
}

static void b_segment_of_every_rule_passes(void **state) {
    (void)state;
    struct sample sample;
    struct err err = {0};
    struct segment_header *header = sample_fill(&sample);
    assert_int_equal(segment_check(sample.base, sample.bytes, &err), 0);
    assert_string_equal(err.msg, "");
    assert_int_equal(header->total_bytes, sample.bytes);
    assert_int_equal(header->columns, COLUMNS);
    for (uint32_t i = 0; i < ARRAYS; i++)
        assert_int_equal(segment_array(sample.base, i)->values.offset % SEGMENT_ALIGN, 0);
    assert_memory_equal(segment_at(sample.base, segment_array(sample.base, TIMES)->zone), "UTC", 3);
    // A file may be longer than its segment.
    assert_int_equal(segment_check(sample.base, ROOM, &err), 0);
}

static void b_segment_of_each_kind_passes(void **state) {
    (void)state;
    for (int kind = SEGMENT_INT8; kind <= SEGMENT_FLAGS; kind++) {
        struct segment_spec specs[2] = {{.kind = (enum segment_kind)kind, .length = 5, .nulls = true, .data_bytes = 7},
                                        {.kind = SEGMENT_INT64, .length = 1}};
        bool codes = segment_kind_is_codes(specs[0].kind);
        specs[0].unit = segment_kind_has_unit(specs[0].kind) ? SEGMENT_UNIT_NS : 0;
        specs[0].dictionary = 1;
        struct segment_shape shape = {specs, 1, codes ? 2 : 1, 5, SEGMENT_PROFILE_NS};
        _Alignas(64) uint8_t base[1024] = {0};
        struct err err = {0};
        uint64_t bytes;
        assert_int_equal(segment_layout(&shape, &bytes, &err), 0);
        assert_int_equal(segment_format(base, bytes, &shape, &err), 0);
        segment_array(base, 0)->nulls = (struct segment_span){0};
        if (segment_kind_is_bytes(specs[0].kind))
            segment_array(base, 0)->values.bytes = 0;
        assert_int_equal(segment_check(base, bytes, &err), 0);
        assert_string_equal(err.msg, "");
    }
}

static void b_segment_kinds_follow_the_table(void **state) {
    (void)state;
    assert_int_equal(segment_kind_width(SEGMENT_UINT16), 2);
    assert_int_equal(segment_kind_width(SEGMENT_UTF8), 0);
    assert_string_equal(segment_kind_name(SEGMENT_FLOAT64), "double");
    assert_string_equal(segment_kind_dtype(SEGMENT_CODES32), "i4");
    assert_string_equal(segment_kind_name((enum segment_kind)99), "?");
    assert_int_equal(segment_kind_nulls(SEGMENT_BOOL), SEGMENT_NULLS_NEVER);
    assert_int_equal(segment_nulls_rule(SEGMENT_BOOL, SEGMENT_NULLABLE), SEGMENT_NULLS_MASK);
    assert_int_equal(segment_nulls_rule(SEGMENT_FLAGS, SEGMENT_NULLABLE), SEGMENT_NULLS_BITMAP);
    assert_int_equal(segment_values_bytes(SEGMENT_INT32, 9), 36);
    assert_int_equal(segment_values_bytes(SEGMENT_FLAGS, 9), 2);
    assert_int_equal(segment_values_bytes(SEGMENT_UTF8, 9), 0);
    assert_int_equal(segment_codes_kind(126), SEGMENT_CODES8);
    assert_int_equal(segment_codes_kind(127), SEGMENT_CODES16);
    assert_int_equal(segment_codes_kind(32766), SEGMENT_CODES16);
    assert_int_equal(segment_codes_kind(32767), SEGMENT_CODES32);
}

static void b_segment_halves_are_numbers(void **state) {
    (void)state;
    static const struct {
        uint16_t half;
        double value;
    } known[] = {{0x3c00, 1},       {0xc000, -2},        {0x7bff, 65504},    {0x0001, 0x1p-24},
                 {0x0400, 0x1p-14}, {0x03ff, 0x3ffp-24}, {0x7c00, INFINITY}, {0xfc00, -INFINITY}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_true(segment_half_value(known[i].half) == known[i].value);
        assert_false(segment_half_is_nan(known[i].half));
    }
    assert_true(signbit(segment_half_value(0x8000)) && segment_half_value(0x8000) == 0);
    assert_true(segment_half_is_nan(0x7c01) && segment_half_is_nan(0xfe00) && isnan(segment_half_value(0x7e00)));
}

static void l_segment_layout_refuses_what_does_not_fit(void **state) {
    (void)state;
    struct segment_spec spec = {.kind = SEGMENT_INT64, .length = SEGMENT_MAX_ROWS + 1};
    struct segment_shape shape = {&spec, 1, 1, spec.length, SEGMENT_PROFILE_NS};
    struct err err;
    uint64_t bytes = 0;
    assert_int_equal(segment_layout(&shape, &bytes, &err), -1);
    assert_string_equal(err.msg, "a table of 1099511627777 rows is larger than the limit of 1099511627776");
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    spec = (struct segment_spec){.kind = SEGMENT_UTF8, .data_bytes = UINT64_MAX};
    shape.rows = 0;
    assert_int_equal(segment_layout(&shape, &bytes, &err), -1);
    assert_string_equal(err.msg, "a table of more than 17592186044416 bytes does not fit into a segment");
    shape.columns = shape.arrays = SEGMENT_MAX_COLUMNS + 1;
    assert_int_equal(segment_layout(&shape, &bytes, &err), -1);
    assert_string_equal(err.msg, "a table of 100001 columns is larger than the limit of 100000");
    assert_int_equal(bytes, 0);
}

// One field of a good segment is overwritten.
struct damage {
    const char *message;
    size_t offset; // in the header, or in the entry of `array`
    int array;     // -1: the header
    size_t width;
    uint64_t value;
};

#define HEADER(field) offsetof(struct segment_header, field), -1, sizeof(((struct segment_header *)0)->field)
#define ENTRY(index, field) offsetof(struct segment_array, field), index, sizeof(((struct segment_array *)0)->field)

static const struct damage damages[] = {
    {"segment: expected it to begin with QUERNSEG, found other bytes", HEADER(magic), 1},
    {"segment: expected version 2, found 1", HEADER(version), 1},
    {"segment: profile 3 is unknown", HEADER(profile), 3},
    {"segment: the header speaks of 4097 bytes, there are 1539", HEADER(total_bytes), 4097},
    {"segment: reserved fields of the header are not 0", HEADER(reserved[6]), 1},
    {"segment: 1099511627777 rows are more than the limit of 1099511627776", HEADER(rows), SEGMENT_MAX_ROWS + 1},
    {"segment: 100001 columns are more than the limit of 100000", HEADER(columns), 100001},
    {"segment: 11 arrays for 5 columns", HEADER(arrays), 11},
    {"segment: a directory of 768 bytes at 64, expected 768 bytes inside", HEADER(directory.offset), 64},
    {"segment: a directory of 768 bytes at 18446744073709551552, expected 768 bytes inside", HEADER(directory.offset),
     UINT64_MAX - 63},
    {"segment: a directory of 640 bytes at 128, expected 768 bytes inside", HEADER(directory.bytes), 640},
    {"segment: the text lies outside", HEADER(text.bytes), UINT64_MAX},
    {"array 1: its name or time zone lies outside of the text", ENTRY(FLAGS, name.offset), 128},
    {"array 5: its name or time zone lies outside of the text", ENTRY(WORDS, name.bytes), 1},
    {"array 1: its time zone is not a short text of a timestamp", ENTRY(FLAGS, zone.bytes), 1},
    {"column \"d\": kind 0 is unknown", ENTRY(DOUBLES, kind), 0},
    {"column \"d\": kind 99 is unknown", ENTRY(DOUBLES, kind), 99},
    {"column \"d\": unknown flags or reserved fields are set", ENTRY(DOUBLES, flags), 64},
    {"column \"flag\": unknown flags or reserved fields are set", ENTRY(FLAGS, flags), SEGMENT_DECIMAL},
    {"column \"flag\": unknown flags or reserved fields are set", ENTRY(FLAGS, flags), SEGMENT_NULLABLE},
    {"column \"when\": unknown flags or reserved fields are set", ENTRY(TIMES, flags), SEGMENT_NULLABLE},
    {"array 5 (values of a dictionary): unknown flags or reserved fields are set", ENTRY(WORDS, flags),
     SEGMENT_NULLABLE},
    {"column \"d\": unknown flags or reserved fields are set", ENTRY(DOUBLES, reserved), 1},
    {"column \"d\": unknown flags or reserved fields are set", ENTRY(DOUBLES, flags), SEGMENT_CELLS},
    {"column \"c\": unknown flags or reserved fields are set", ENTRY(CODES, flags), SEGMENT_NULLABLE},
    {"column \"d\": unknown flags or reserved fields are set", ENTRY(DOUBLES, origin), SEGMENT_MAX_ORIGIN + 1},
    {"column \"d\": 1000 inexact values among 3 of kind double", ENTRY(DOUBLES, inexact), 1000},
    {"column \"d\": expected 3 values, found 2", ENTRY(DOUBLES, length), 2},
    {"array 5 (values of a dictionary): 1099511627777 values are more than the limit of 1099511627776",
     ENTRY(WORDS, length), SEGMENT_MAX_ROWS + 1},
    {"column \"d\": 4 nulls among 3 values", ENTRY(DOUBLES, null_count), 4},
    {"column \"d\": unit 1 does not fit a double of this profile", ENTRY(DOUBLES, unit), 1},
    {"column \"when\": unit 0 does not fit a timestamp of this profile", ENTRY(TIMES, unit), SEGMENT_UNIT_S},
    {"column \"when\": unit 4 does not fit a timestamp of this profile", ENTRY(TIMES, unit), 4},
    {"array 3: its time zone is not a short text of a timestamp", ENTRY(TIMES, kind), SEGMENT_DURATION},
    {"column \"d\": unit 0 does not fit a duration of this profile", ENTRY(DOUBLES, kind), SEGMENT_DURATION},
    {"column \"d\": a double points to a dictionary", ENTRY(DOUBLES, dictionary), WORDS},
    {"column \"c\": its dictionary is array 4, expected 5 to 5", ENTRY(CODES, dictionary), CODES},
    {"column \"c\": its dictionary is array 6, expected 5 to 5", ENTRY(CODES, dictionary), ARRAYS},
    {"array 5 (values of a dictionary): codes cannot be the values of a dictionary", ENTRY(WORDS, kind),
     SEGMENT_CODES8},
    {"array 5 (values of a dictionary): bits cannot be the values of a dictionary", ENTRY(WORDS, kind), SEGMENT_FLAGS},
    {"column \"flag\": its values have 2 bytes, expected 1", ENTRY(FLAGS, values.bytes), 2},
    {"column \"d\": its values have 16 bytes, expected 24", ENTRY(DOUBLES, values.bytes), 16},
    {"column \"d\": its nulls have 1 bytes, expected 0", ENTRY(DOUBLES, nulls.bytes), 1},
    {"column \"flag\": its nulls have 0 bytes, expected 1", ENTRY(FLAGS, nulls.bytes), 0},
    {"column \"t\": its offsets have 24 bytes, expected 32", ENTRY(TEXTS, offsets.bytes), 24},
    {"column \"d\": its values are not aligned to 64 bytes", ENTRY(DOUBLES, values.offset), 968},
    {"column \"when\": its values lie outside or overlap", ENTRY(TIMES, values.offset), 960},
    {"column \"when\": its values lie outside or overlap", ENTRY(TIMES, values.offset), UINT64_MAX - 63},
    {"column \"t\": its values lie outside or overlap", ENTRY(TEXTS, values.bytes), UINT64_MAX},
    {"column \"d\": its entry counts 2 nulls, its values 1", ENTRY(DOUBLES, null_count), 2},
    {"column \"when\": its entry counts 0 nulls, its values 1", ENTRY(TIMES, null_count), 0},
    {"column \"c\": its entry counts 3 nulls, its values 1", ENTRY(CODES, null_count), 3},
    {"column \"flag\": its entry counts 2 nulls, its values 1", ENTRY(FLAGS, null_count), 2},
    {"column \"t\": its entry counts 3 nulls, its values 1", ENTRY(TEXTS, null_count), 3},
};

static void f_segment_with_one_wrong_field_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct sample sample;
        struct err err = {0};
        uint8_t *at = (uint8_t *)sample_fill(&sample);
        if (damages[i].array >= 0)
            at = (uint8_t *)segment_array(sample.base, (uint32_t)damages[i].array);
        memcpy(at + damages[i].offset, &damages[i].value, damages[i].width);
        assert_int_equal(segment_check(sample.base, sample.bytes, &err), -1);
        assert_string_equal(err.msg, damages[i].message);
    }
}

static void refused(struct sample *sample, const char *message) {
    struct err err = {0};
    assert_int_equal(segment_check(sample->base, sample->bytes, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
    sample_fill(sample);
}

static void f_segment_with_a_wrong_byte_in_an_array_is_refused(void **state) {
    (void)state;
    struct sample sample;
    sample_fill(&sample);
    ((uint8_t *)values(&sample, FLAGS))[0] = 2;
    refused(&sample, "column \"flag\": row 1 is missing but not 0");
    ((uint8_t *)values(&sample, FLAGS))[0] = 8;
    refused(&sample, "column \"flag\": bits behind the last row are set");
    nulls(&sample, FLAGS)[0] = 13;
    refused(&sample, "column \"flag\": bits behind the last row are set");
    ((int8_t *)values(&sample, CODES))[2] = 2;
    refused(&sample, "column \"c\": row 2 has code 2, its dictionary 2 values");
    ((int8_t *)values(&sample, CODES))[0] = -2;
    refused(&sample, "column \"c\": row 0 has code -2, its dictionary 2 values");
    nulls(&sample, TEXTS)[0] = 13;
    refused(&sample, "column \"t\": bits behind the last row are set");
    nulls(&sample, TEXTS)[0] = 6;
    refused(&sample, "column \"t\": row 0 is missing but not empty");
}

static void f_segment_with_bad_texts_is_refused(void **state) {
    (void)state;
    struct sample sample;
    sample_fill(&sample);
    offsets(&sample, TEXTS)[0] = -1;
    refused(&sample, "column \"t\": its offsets run from -1 to 4, expected 0 to 4");
    offsets(&sample, TEXTS)[3] = 5;
    refused(&sample, "column \"t\": its offsets run from 0 to 5, expected 0 to 4");
    offsets(&sample, TEXTS)[1] = 3;
    refused(&sample, "column \"t\": the offset falls at row 1, from 3 to 2");
    offsets(&sample, TEXTS)[1] = INT64_MAX;
    refused(&sample, "column \"t\": the offset falls at row 1, from 9223372036854775807 to 2");
    ((uint8_t *)values(&sample, TEXTS))[2] = 0xff;
    refused(&sample, "column \"t\": byte 2 of its texts is not UTF-8");
    offsets(&sample, TEXTS)[1] = offsets(&sample, TEXTS)[2] = 1;
    refused(&sample, "column \"t\": row 1 begins inside of a character");
    memcpy(values(&sample, WORDS), "xxx", 3);
    offsets(&sample, WORDS)[1] = 1;
    offsets(&sample, WORDS)[2] = 2;
    segment_array(sample.base, WORDS)->values.bytes = 2;
    refused(&sample, "array 5 (values of a dictionary): value 1 repeats value 0");
}

static void f_segment_with_a_time_beyond_the_day_is_refused(void **state) {
    (void)state;
    const struct segment_spec spec = {.kind = SEGMENT_TIME, .length = 3, .name = "t", .name_bytes = 1};
    const struct segment_shape shape = {&spec, 1, 1, 3, SEGMENT_PROFILE_NS};
    _Alignas(64) uint8_t base[1024] = {0};
    struct err err;
    uint64_t bytes;
    assert_int_equal(segment_layout(&shape, &bytes, NULL), 0);
    assert_int_equal(segment_format(base, bytes, &shape, NULL), 0);
    int64_t *times = segment_at(base, segment_array(base, 0)->values);
    times[0] = SEGMENT_DAY_NS - 1;
    times[1] = INT64_MIN;
    segment_array(base, 0)->null_count = 1;
    assert_int_equal(segment_check(base, bytes, &err), 0);
    times[2] = SEGMENT_DAY_NS;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"t\": row 2 holds 86400000000000 ns, a day has 0 to 86399999999999");
    times[2] = -1;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"t\": row 2 holds -1 ns, a day has 0 to 86399999999999");
}

static void f_segment_of_cells_has_texts_for_values(void **state) {
    (void)state;
    struct sample sample;
    struct err err;
    sample_fill(&sample);
    segment_array(sample.base, CODES)->flags = SEGMENT_CELLS | SEGMENT_NULLABLE;
    assert_int_equal(segment_check(sample.base, sample.bytes, &err), 0);
    segment_array(sample.base, WORDS)->kind = SEGMENT_BINARY;
    refused(&sample, "column \"c\": its cells are no texts");
}

static void f_segment_of_nullable_numbers_is_proved(void **state) {
    (void)state;
    const struct segment_spec spec = {
        .kind = SEGMENT_FLOAT32, .flags = SEGMENT_NULLABLE, .length = 3, .nulls = true, .name = "f", .name_bytes = 1};
    const struct segment_shape shape = {&spec, 1, 1, 3, SEGMENT_PROFILE_NS};
    _Alignas(64) uint8_t base[1024] = {0};
    struct err err;
    uint64_t bytes;
    assert_int_equal(segment_layout(&shape, &bytes, NULL), 0);
    assert_int_equal(segment_format(base, bytes, &shape, NULL), 0);
    float *values = segment_at(base, segment_array(base, 0)->values);
    uint8_t *mask = segment_at(base, segment_array(base, 0)->nulls);
    values[0] = NAN;
    mask[1] = 1;
    segment_array(base, 0)->null_count = 1;
    assert_int_equal(segment_check(base, bytes, &err), 0);
    mask[2] = 1;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"f\": its entry counts 1 nulls, its values 2");
    mask[2] = 3;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"f\": row 2 has a mask of 3, expected 0 or 1");
    values[1] = 0.5f;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"f\": row 1 is missing but not 0");
}

static void f_segment_of_bools_is_proved(void **state) {
    (void)state;
    const struct segment_spec spec = {
        .kind = SEGMENT_BOOL, .flags = SEGMENT_NULLABLE, .length = 3, .nulls = true, .name = "b", .name_bytes = 1};
    const struct segment_shape shape = {&spec, 1, 1, 3, SEGMENT_PROFILE_NS};
    _Alignas(64) uint8_t base[1024] = {0};
    struct err err;
    uint64_t bytes;
    assert_int_equal(segment_layout(&shape, &bytes, NULL), 0);
    assert_int_equal(segment_format(base, bytes, &shape, NULL), 0);
    uint8_t *values = segment_at(base, segment_array(base, 0)->values);
    uint8_t *mask = segment_at(base, segment_array(base, 0)->nulls);
    values[0] = mask[1] = 1;
    segment_array(base, 0)->null_count = 1;
    assert_int_equal(segment_check(base, bytes, &err), 0);
    values[1] = 1;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"b\": row 1 is missing but not 0");
    values[1] = 2;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"b\": row 1 holds byte 2, expected 0 or 1");
    values[1] = 0;
    segment_array(base, 0)->flags = 0;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"b\": its nulls have 3 bytes, expected 0");
    segment_array(base, 0)->nulls = (struct segment_span){0};
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"b\": its entry counts 1 nulls, its values 0");
}

static void f_segment_of_nulls_counts_all_and_is_no_dictionary(void **state) {
    (void)state;
    const struct segment_spec specs[] = {
        {.kind = SEGMENT_CODES8, .length = 3, .dictionary = 2, .name = "c", .name_bytes = 1},
        {.kind = SEGMENT_NULL, .length = 3, .name = "n", .name_bytes = 1},
        {.kind = SEGMENT_INT8, .length = 1}};
    const struct segment_shape shape = {specs, 2, 3, 3, SEGMENT_PROFILE_NS};
    _Alignas(64) uint8_t base[1024] = {0};
    struct err err;
    uint64_t bytes;
    assert_int_equal(segment_layout(&shape, &bytes, NULL), 0);
    assert_int_equal(segment_format(base, bytes, &shape, NULL), 0);
    assert_int_equal(segment_array(base, 1)->null_count, 3);
    assert_int_equal(segment_array(base, 1)->values.bytes, 0);
    assert_int_equal(segment_check(base, bytes, &err), 0);
    segment_array(base, 1)->null_count = 2;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "column \"n\": 2 nulls among 3 values of kind null");
    segment_array(base, 1)->null_count = 3;
    segment_array(base, 2)->kind = SEGMENT_NULL;
    segment_array(base, 2)->null_count = 1;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "array 2 (values of a dictionary): nulls cannot be the values of a dictionary");
}

static void f_segment_dictionary_of_floats_knows_one_zero_and_no_null(void **state) {
    (void)state;
    const struct segment_spec specs[] = {{.kind = SEGMENT_CODES8, .dictionary = 1},
                                         {.kind = SEGMENT_FLOAT64, .length = 2}};
    const struct segment_shape shape = {specs, 1, 2, 0, SEGMENT_PROFILE_NS};
    _Alignas(64) uint8_t base[1024] = {0};
    struct err err;
    uint64_t bytes;
    assert_int_equal(segment_layout(&shape, &bytes, NULL), 0);
    assert_int_equal(segment_format(base, bytes, &shape, NULL), 0);
    double *words = segment_at(base, segment_array(base, 1)->values);
    words[1] = -0.0;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "array 1 (values of a dictionary): value 1 repeats value 0");
    words[1] = NAN;
    segment_array(base, 1)->null_count = 1;
    assert_int_equal(segment_check(base, bytes, &err), -1);
    assert_string_equal(err.msg, "array 1 (values of a dictionary): 1 nulls among them, expected none");
    segment_array(base, 1)->null_count = 0;
    words[1] = 1;
    assert_int_equal(segment_check(base, bytes, &err), 0);
}

static void f_segment_cut_anywhere_is_refused(void **state) {
    (void)state;
    struct sample sample;
    struct err err;
    sample_fill(&sample);
    for (uint64_t bytes = 0; bytes < sample.bytes; bytes++)
        assert_int_equal(segment_check(sample.base, bytes, &err), -1);
    assert_int_equal(segment_check(sample.base, 127, &err), -1);
    assert_string_equal(err.msg, "segment: expected at least 128 bytes, found 127");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_segment_of_every_rule_passes),
        cmocka_unit_test(b_segment_of_each_kind_passes),
        cmocka_unit_test(b_segment_kinds_follow_the_table),
        cmocka_unit_test(b_segment_halves_are_numbers),
        cmocka_unit_test(l_segment_layout_refuses_what_does_not_fit),
        cmocka_unit_test(f_segment_with_one_wrong_field_is_refused),
        cmocka_unit_test(f_segment_with_a_wrong_byte_in_an_array_is_refused),
        cmocka_unit_test(f_segment_with_bad_texts_is_refused),
        cmocka_unit_test(f_segment_with_a_time_beyond_the_day_is_refused),
        cmocka_unit_test(f_segment_of_cells_has_texts_for_values),
        cmocka_unit_test(f_segment_of_nullable_numbers_is_proved),
        cmocka_unit_test(f_segment_of_bools_is_proved),
        cmocka_unit_test(f_segment_of_nulls_counts_all_and_is_no_dictionary),
        cmocka_unit_test(f_segment_dictionary_of_floats_knows_one_zero_and_no_null),
        cmocka_unit_test(f_segment_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
