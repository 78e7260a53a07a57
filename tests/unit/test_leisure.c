// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/python/leisure.h"

static void b_as_many_as_there_are_processors_is_leisure(void **state) {
    (void)state;
    assert_true(leisure_of("0.00 0.01 0.05 1/208 11739\n", 2));
    assert_true(leisure_of("14.12 17.63 18.78 2/208 11739\n", 2));
    assert_false(leisure_of("0.00 0.00 0.00 3/208 11739\n", 2));
    assert_true(leisure_of("0.00 0.00 0.00 3/208 11739\n", 4));
}

static void b_what_is_not_known_is_none(void **state) {
    (void)state;
    assert_false(leisure_of("", 2));
    assert_false(leisure_of("0.00 0.00 0.00\n", 2));
    assert_false(leisure_of("0.00 0.00 0.00 x/208 11739\n", 2));
    assert_false(leisure_of("0.00 0.00 0.00 99999999999999999999/208 11739\n", 2));
    assert_false(leisure_of("0.00 0.00 0.00 1/208 11739\n", 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(b_as_many_as_there_are_processors_is_leisure),
                                       cmocka_unit_test(b_what_is_not_known_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
