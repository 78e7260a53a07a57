// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ops/dataset/bits.h"

enum { BYTES = 40, ROOM = 64 };

static void random_bytes(uint8_t *bytes, uint32_t seed) {
    for (int i = 0; i < BYTES; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

// Bit by bit, into a place whose other bits are set: they are others' and stay.
static void b_bits_are_put_anywhere(void **state) {
    (void)state;
    uint8_t from[BYTES];
    random_bytes(from, 1);
    for (uint64_t at = 0; at < 24; at++)
        for (uint64_t rows = 0; rows < 200; rows++)
            for (int ones = 0; ones < 2; ones++) {
                uint8_t made[ROOM], expected[ROOM];
                memset(made, 0xff, sizeof made);
                for (uint64_t row = 0; row < rows; row++)
                    made[(at + row) / 8] &= (uint8_t) ~(1u << (at + row) % 8);
                memcpy(expected, made, sizeof made);
                for (uint64_t row = 0; row < rows; row++)
                    if (ones || bits_present(from, row))
                        expected[(at + row) / 8] |= (uint8_t)(1u << (at + row) % 8);
                bits_put(made, at, ones ? NULL : from, rows);
                assert_memory_equal(made, expected, sizeof made);
            }
}

static void b_bits_that_both_have(void **state) {
    (void)state;
    uint8_t left[BYTES], right[BYTES];
    random_bytes(right, 2);
    for (uint64_t bytes = 0; bytes <= BYTES; bytes++) {
        uint8_t expected[BYTES];
        random_bytes(left, 3);
        for (uint64_t i = 0; i < BYTES; i++)
            expected[i] = i < bytes ? left[i] & right[i] : left[i];
        bits_both(left, left, right, bytes);
        assert_memory_equal(left, expected, BYTES);
    }
}

static void b_bits_become_bytes(void **state) {
    (void)state;
    uint8_t bits[BYTES], present[BYTES];
    random_bytes(bits, 5);
    random_bytes(present, 6);
    present[3] = 0xff;
    for (uint64_t rows = 0; rows < 300; rows++) {
        uint8_t all[301] = {0}, both[301] = {0}, missing[301] = {0};
        bits_spread(all, bits, NULL, rows);
        bits_spread(both, bits, present, rows);
        bits_spread_missing(missing, present, rows);
        for (uint64_t row = 0; row <= rows; row++) {
            assert_int_equal(all[row], row < rows && bits_present(bits, row));
            assert_int_equal(both[row], row < rows && bits_present(bits, row) && bits_present(present, row));
            assert_int_equal(missing[row], row < rows && !bits_present(present, row));
        }
    }
}

static void b_missing_ones_are_counted_and_walked(void **state) {
    (void)state;
    uint8_t bits[BYTES];
    random_bytes(bits, 4);
    for (uint64_t rows = 0; rows < 300; rows++) {
        uint64_t count = 0, walked = 0;
        for (uint64_t row = 0; row < rows; row++)
            count += !bits_present(bits, row);
        BITS_EACH_MISSING(bits, rows, row) {
            assert_false(bits_present(bits, row));
            assert_true(row < rows);
            walked++;
        }
        assert_int_equal(bits_count_missing(bits, rows), count);
        assert_int_equal(walked, count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_bits_are_put_anywhere),
        cmocka_unit_test(b_bits_that_both_have),
        cmocka_unit_test(b_bits_become_bytes),
        cmocka_unit_test(b_missing_ones_are_counted_and_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
