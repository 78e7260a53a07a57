// SPDX-License-Identifier: Apache-2.0
// Columns lent through the Arrow C data interface: formats, buffers that are the segment's own, bitmaps that are not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/python/lend.h"
#include "segment_sample.h"

enum { ROWS = 23 };

static const char *const formats[SAMPLE_WITH_BYTES] = {
    "c", "s", "i", "l", "C", "S", "I", "L", "f", "g", "b", "tsn:", "tsn:Europe/Vienna",
    "U", "c", "s", "i", "g", "i", "Z"};

struct lent {
    struct ArrowSchema schema;
    struct ArrowArray array;
};

static struct lent lend(const void *base, uint32_t index) {
    struct lent lent;
    struct err err = {0};
    assert_int_equal(lend_schema(base, index, &lent.schema, &err), 0);
    assert_int_equal(lend_array(base, index, &lent.array, &err), 0);
    return lent;
}

static void give_back(struct lent *lent) {
    lent->schema.release(&lent->schema);
    lent->array.release(&lent->array);
    assert_null(lent->schema.release);
    assert_null(lent->array.release);
}

static bool bit(const void *bits, uint64_t i) { return ((const uint8_t *)bits)[i / 8] >> i % 8 & 1; }

static void b_formats_tell_kind_unit_and_zone(void **state) {
    (void)state;
    uint64_t bytes;
    void *base = segment_sample(ROWS, SAMPLE_WITH_BYTES, false, &bytes);
    for (uint32_t i = 0; i < SAMPLE_WITH_BYTES; i++) {
        struct lent lent = lend(base, i);
        assert_string_equal(lent.schema.format, formats[i]);
        assert_int_equal(lent.schema.n_children, 0);
        give_back(&lent);
    }
    free(base);
}

static void b_values_are_the_segments_own(void **state) {
    (void)state;
    uint64_t bytes;
    void *base = segment_sample(ROWS, SAMPLE_WITH_BYTES, true, &bytes);
    for (uint32_t i = 0; i < SAMPLE_WITH_BYTES; i++) {
        const struct segment_array *array = segment_array(base, i);
        bool text = segment_kind_is_bytes((enum segment_kind)array->kind);
        struct lent lent = lend(base, i);
        assert_int_equal(lent.array.length, ROWS);
        assert_int_equal(lent.array.offset, 0);
        assert_int_equal(lent.array.n_buffers, text ? 3 : 2);
        if (text)
            assert_ptr_equal(lent.array.buffers[1], segment_at(base, array->offsets));
        if (array->kind != SEGMENT_BOOL) // which are bits to Arrow; FLAGS are bits here too
            assert_ptr_equal(lent.array.buffers[text ? 2 : 1], segment_at(base, array->values));
        give_back(&lent);
    }
    free(base);
}

static void b_missing_ones_are_bits(void **state) {
    (void)state;
    uint64_t bytes;
    void *base = segment_sample(ROWS, SAMPLE_WITH_BYTES, true, &bytes);
    for (uint32_t i = 0; i < SAMPLE_WITH_BYTES; i++) {
        struct lent lent = lend(base, i);
        const void *present = lent.array.buffers[0];
        bool can = segment_kind_nulls((enum segment_kind)segment_array(base, i)->kind) != SEGMENT_NULLS_NEVER;
        assert_int_equal(lent.array.null_count, can ? 4 : 0);
        assert_int_equal(present != NULL, can);
        for (uint64_t row = 0; can && row < ROWS; row++)
            assert_int_equal(bit(present, row), row % 5 != 3);
        give_back(&lent);
    }
    free(base);
}

static void b_nothing_missing_needs_no_bits(void **state) {
    (void)state;
    uint64_t bytes;
    void *base = segment_sample(ROWS, SAMPLE_WITH_BYTES, false, &bytes);
    for (uint32_t i = 0; i < SAMPLE_WITH_BYTES; i++) {
        struct lent lent = lend(base, i);
        assert_null(lent.array.buffers[0]);
        assert_int_equal(lent.array.null_count, 0);
        if (segment_array(base, i)->kind == SEGMENT_BOOL)
            for (uint64_t row = 0; row < ROWS; row++)
                assert_int_equal(bit(lent.array.buffers[1], row), row % 3 == 0);
        give_back(&lent);
    }
    free(base);
}

static void b_codes_bring_their_words(void **state) {
    (void)state;
    uint64_t bytes;
    void *base = segment_sample(ROWS, SAMPLE_WITH_BYTES, true, &bytes);
    for (uint32_t i = 0; i < SAMPLE_WITH_BYTES; i++) {
        const struct segment_array *array = segment_array(base, i);
        bool codes = segment_kind_is_codes((enum segment_kind)array->kind);
        struct lent lent = lend(base, i);
        assert_int_equal(lent.schema.dictionary != NULL, codes);
        assert_int_equal(lent.array.dictionary != NULL, codes);
        assert_int_equal(lent.schema.flags & ARROW_FLAG_DICTIONARY_ORDERED, array->kind == SEGMENT_CODES16);
        if (codes) {
            assert_string_equal(lent.schema.dictionary->format, "U");
            assert_int_equal(lent.array.dictionary->length, 3);
            assert_memory_equal(lent.array.dictionary->buffers[2], "rotgrün", strlen("rotgrün"));
        }
        give_back(&lent);
    }
    free(base);
}

static void l_no_rows(void **state) {
    (void)state;
    uint64_t bytes;
    void *base = segment_sample(0, SAMPLE_WITH_BYTES, false, &bytes);
    for (uint32_t i = 0; i < SAMPLE_WITH_BYTES; i++) {
        struct lent lent = lend(base, i);
        assert_int_equal(lent.array.length, 0);
        if (lent.array.n_buffers == 3)
            assert_int_equal(*(const int64_t *)lent.array.buffers[1], 0);
        give_back(&lent);
    }
    free(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_formats_tell_kind_unit_and_zone), cmocka_unit_test(b_values_are_the_segments_own),
        cmocka_unit_test(b_missing_ones_are_bits),           cmocka_unit_test(b_nothing_missing_needs_no_bits),
        cmocka_unit_test(b_codes_bring_their_words),         cmocka_unit_test(l_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
