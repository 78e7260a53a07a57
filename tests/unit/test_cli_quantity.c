// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/quantity.h"

static void b_durations_and_sizes_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } durations[] = {{"500ms", 500}, {"60s", 60000}, {"5m", 300000}, {"2h", 7200000}, {"1d", 86400000}};
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {{"1", 1},           {"4096", 4096},       {"3K", 3072},         {"512M", 536870912},
                 {"2G", 2147483648}, {"1GiB", 1073741824}, {"1T", 1099511627776}};
    char better[QUANTITY_BYTES];
    uint64_t found;
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        assert_int_equal(quantity_duration(durations[i].text, &found, better), 0);
        assert_int_equal(found, durations[i].ms);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(quantity_size(sizes[i].text, &found, better), 0);
        assert_int_equal(found, sizes[i].bytes);
    }
}

static void b_what_is_no_duration_gets_a_better_one(void **state) {
    (void)state;
    static const struct {
        const char *text, *better;
    } wrong[] = {{"60", "60s"},
                 {"", "60s"},
                 {"s", "60s"},
                 {"0s", "60s"},
                 {"60S", "60s"},
                 {"5min", "5m"},
                 {"2 h", "2h"},
                 {"-5s", "60s"},
                 {" 5s", "60s"},
                 {"5s ", "5s"},
                 {"1.5h", "60s"},
                 {"0x10s", "60s"},
                 {"5hours", "5h"},
                 {"3x", "3s"},
                 {"99999999999999999999s", "60s"},
                 {"18446744073709551615d", "60s"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char better[QUANTITY_BYTES];
        uint64_t untouched = 7;
        assert_int_equal(quantity_duration(wrong[i].text, &untouched, better), -1);
        assert_int_equal(untouched, 7);
        assert_string_equal(better, wrong[i].better);
    }
}

static void b_what_is_no_size_gets_a_better_one(void **state) {
    (void)state;
    static const struct {
        const char *text, *better;
    } wrong[] = {{"4GG", "4G"}, {"4g", "4G"},   {"2GB", "2G"},   {"", "2G"},   {"G", "2G"},
                 {"0", "2G"},   {"1.5G", "2G"}, {"12 M", "12M"}, {"7x", "7M"}, {"16777216T", "16777216T"},
                 {"1Gib", "1G"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char better[QUANTITY_BYTES];
        uint64_t untouched = 7;
        assert_int_equal(quantity_size(wrong[i].text, &untouched, better), -1);
        assert_int_equal(untouched, 7);
        assert_string_equal(better, wrong[i].better);
    }
}

static void b_quantities_are_told_in_words(void **state) {
    (void)state;
    char text[QUANTITY_BYTES];
    assert_string_equal(quantity_show_duration(0, text), "0.000 s");
    assert_string_equal(quantity_show_duration(4300, text), "0.004 s");
    assert_string_equal(quantity_show_duration(420000, text), "0.42 s");
    assert_string_equal(quantity_show_duration(3140000, text), "3.1 s");
    assert_string_equal(quantity_show_duration(59960000, text), "1 min 0 s");
    assert_string_equal(quantity_show_duration(123000000, text), "2 min 3 s");
    assert_string_equal(quantity_show_duration(7380000000, text), "2 h 3 min");
    assert_string_equal(quantity_show_bytes(999, text), "999 bytes");
    assert_string_equal(quantity_show_bytes(80000000, text), "80.0 MB");
    assert_string_equal(quantity_show_bytes(UINT64_MAX, text), "18.4 EB");
    assert_string_equal(quantity_show_count(0, text), "0");
    assert_string_equal(quantity_show_count(999, text), "999");
    assert_string_equal(quantity_show_count(1000000, text), "1,000,000");
    assert_string_equal(quantity_show_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_durations_and_sizes_are_read),
        cmocka_unit_test(b_what_is_no_duration_gets_a_better_one),
        cmocka_unit_test(b_what_is_no_size_gets_a_better_one),
        cmocka_unit_test(b_quantities_are_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
