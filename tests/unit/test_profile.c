// SPDX-License-Identifier: Apache-2.0
// Profiles of every kind there is, and of columns of several slices, which threads share.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../ops/dataset/profile_work.h"
#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

enum { MANY = (1 << 22) + 12345 }; // three slices

static const enum segment_kind kinds[] = {
#define KIND(NAME, number, width, nulls, dtype, word) SEGMENT_##NAME,
#include "../../schemas/kinds.def"
#undef KIND
};

enum { KINDS = sizeof kinds / sizeof *kinds };

// One column, and a dictionary of two empty texts where it has codes, all bytes 0.
static void *column_of(enum segment_kind kind, uint64_t rows, uint64_t *ret_bytes) {
    bool codes = segment_kind_is_codes(kind);
    const struct segment_spec specs[] = {
        {.kind = kind,
         .unit = segment_kind_has_unit(kind) ? SEGMENT_UNIT_NS : SEGMENT_UNIT_S,
         .length = rows,
         .dictionary = codes ? 1 : SEGMENT_NO_DICTIONARY,
         .name = "x",
         .name_bytes = 1},
        {.kind = SEGMENT_UTF8, .length = 1, .dictionary = SEGMENT_NO_DICTIONARY},
    };
    const struct segment_shape shape = {specs, 1, codes ? 2 : 1, rows, SEGMENT_PROFILE_NS};
    return segment_make(&shape, ret_bytes);
}

static json_t *profile_of(const void *segment) {
    struct err err;
    size_t bytes;
    uint64_t written;
    auto_free char *text = NULL;
    auto_fd int output = memory_new("profile", 0, &err);
    assert_int_equal(dataset_profile(segment, 2, output, &written, &err), 0);
    assert_int_equal(memory_read(output, "profile", 1u << 20, &text, &bytes, &err), 0);
    assert_int_equal(written, bytes);
    json_t *profile = json_loadb(text, bytes, 0, NULL);
    assert_non_null(profile);
    return profile;
}

static const char *said(const json_t *column, const char *member) {
    return json_string_value(json_object_get(column, member));
}

// Zeros of every kind: a kind that nobody thought of would fall out here.
static void b_every_kind_has_a_profile_and_a_text(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct err err;
        uint64_t bytes, written;
        auto_free void *segment = column_of(kinds[i], 3, &bytes);
        if (segment_check(segment, bytes, &err) < 0)
            fail_msg("%s", err.msg);
        json_auto_t *profile = profile_of(segment);
        const json_t *column = json_array_get(json_object_get(profile, "columns"), 0);
        bool none = segment_kind_nulls(kinds[i]) == SEGMENT_NULLS_ALWAYS;
        assert_string_equal(said(column, "type"), segment_kind_name(kinds[i]));
        assert_int_equal(json_integer_value(json_object_get(column, "nulls")), none ? 3 : 0);
        assert_int_equal(json_integer_value(json_object_get(column, "distinct")), none ? 0 : 1);
        assert_true(none ? said(column, "min") == NULL : strcmp(said(column, "min"), said(column, "max")) == 0);
        auto_fd int output = memory_new("text", 0, &err);
        assert_int_equal(dataset_text(segment, ',', output, &written, &err), 0);
        assert_true(written > 4);
    }
}

static void m_the_sample(void **state) {
    static const struct {
        const char *name, *min, *max, *mean;
        int64_t nulls, distinct;
    } expected[] = {
        {"i8", "-127", "126", "3.46", 0, 100},
        {"u64", "0", "693", "346.5", 0, 100},
        {"f4", "0", "24.75", "12.3125", 20, 80},
        {"bool", "False", "True", "0.3375", 20, 2},
        {"time", "2024-02-29T00:00:00.000000001", "2024-02-29T00:01:39.000000001", NULL, 20, 80},
        {"text", "zeile 0 \xc3\xa4", "zeile 99 \xc3\xa4", NULL, 20, 80},
        {"c8", "", "rot", NULL, 20, 3},
    };
    uint64_t bytes;
    auto_free void *segment = segment_sample(100, SAMPLE_WITH_BYTES, true, &bytes);
    json_auto_t *profile = profile_of(segment);
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        size_t index;
        json_t *column;
        json_array_foreach(json_object_get(profile, "columns"), index, column) {
            if (strcmp(said(column, "name"), expected[i].name) != 0)
                continue;
            assert_string_equal(said(column, "min"), expected[i].min);
            assert_string_equal(said(column, "max"), expected[i].max);
            if (expected[i].mean)
                assert_string_equal(said(column, "mean"), expected[i].mean);
            else
                assert_true(json_is_null(json_object_get(column, "mean")));
            assert_int_equal(json_integer_value(json_object_get(column, "nulls")), expected[i].nulls);
            assert_int_equal(json_integer_value(json_object_get(column, "distinct")), expected[i].distinct);
            break;
        }
        assert_true(index < json_array_size(json_object_get(profile, "columns")));
    }
}

static int64_t *long_column(void **ret_segment, enum segment_kind kind) {
    uint64_t bytes;
    *ret_segment = column_of(kind, MANY, &bytes);
    return segment_at(*ret_segment, segment_array(*ret_segment, 0)->values);
}

static struct profile_column worked(const void *segment, uint32_t threads) {
    struct profile_column column;
    struct err err;
    if (profile_work(segment, 1, threads, &column, &err) < 0)
        fail_msg("%s", err.msg);
    return column;
}

// Beyond 2^53 two of them are one double: the greatest is still the greatest.
static void m_slices_are_put_together(void **state) {
    auto_free void *segment = NULL;
    int64_t *values = long_column(&segment, SEGMENT_INT64);
    (void)state;
    for (int64_t row = 0; row < MANY; row++)
        values[row] = row % 1000;
    values[7] = values[MANY - 9] = INT64_MAX - 1;
    values[MANY - 5] = values[MANY - 2] = INT64_MAX;
    values[3000000] = values[4100000] = -1;
    struct profile_column one = worked(segment, 1), four = worked(segment, 4);
    assert_int_equal(one.present, MANY);
    assert_int_equal(one.least, 3000000);
    assert_int_equal(one.most, MANY - 5);
    assert_int_equal(one.distinct, 1003);
    assert_false(one.distinct_more);
    assert_int_equal(one.bin_count, PROFILE_BINS);
    assert_int_equal(one.bins[0], MANY - 4);
    assert_int_equal(one.bins[PROFILE_BINS - 1], 4);
    assert_int_equal(one.mean, four.mean);
    assert_int_equal(one.least, four.least);
    assert_int_equal(one.most, four.most);
    assert_memory_equal(one.bins, four.bins, sizeof one.bins);
}

static void l_distinct_values_are_exact_up_to_a_bound(void **state) {
    auto_free void *segment = NULL;
    int64_t *values = long_column(&segment, SEGMENT_DURATION);
    (void)state;
    for (int64_t row = 0; row < MANY; row++)
        values[row] = row < 100 ? INT64_MIN : row % PROFILE_DISTINCT;
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        struct profile_column column = worked(segment, threads);
        assert_int_equal(column.present, MANY - 100);
        assert_int_equal(column.distinct, PROFILE_DISTINCT);
        assert_false(column.distinct_more);
    }
    values[MANY - 1] = -1;
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        struct profile_column column = worked(segment, threads);
        assert_int_equal(column.distinct, PROFILE_DISTINCT);
        assert_true(column.distinct_more);
    }
}

static void m_halves_and_signed_zeros(void **state) {
    uint64_t bytes;
    auto_free void *segment = column_of(SEGMENT_FLOAT16, 5, &bytes);
    uint16_t *values = segment_at(segment, segment_array(segment, 0)->values);
    (void)state;
    values[0] = 0x7e00; // NaN
    values[1] = 0x8000; // -0
    values[3] = 0x3c00; // 1
    values[4] = 0xc000; // -2
    struct profile_column column = worked(segment, 1);
    assert_int_equal(column.present, 4);
    assert_int_equal(column.least, 4);
    assert_int_equal(column.most, 3);
    assert_int_equal(column.distinct, 3);
    assert_true(fabs(column.mean + 0.25) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_every_kind_has_a_profile_and_a_text),
        cmocka_unit_test(m_the_sample),
        cmocka_unit_test(m_slices_are_put_together),
        cmocka_unit_test(l_distinct_values_are_exact_up_to_a_bound),
        cmocka_unit_test(m_halves_and_signed_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
