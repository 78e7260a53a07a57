// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/worker/cpu_book.h"

// One look: processes by number, start and time, up to number 0.
static uint64_t look(struct cpu_book *book, const struct cpu_entry *processes) {
    cpu_book_begin(book);
    for (; processes->pid; processes++)
        cpu_book_see(book, processes);
    return cpu_book_end(book);
}

#define LOOK(...) look(&book, (const struct cpu_entry[]){__VA_ARGS__, {0}})

static void l_who_is_gone_keeps_his_time(void **state) {
    (void)state;
    struct cpu_book book = {0};
    assert_int_equal(LOOK({2, 10, 100}, {5, 20, 300}, {9, 30, 50}), 450);
    assert_int_equal(LOOK({2, 10, 110}, {9, 30, 60}), 470);
    assert_int_equal(LOOK({2, 10, 110}, {9, 30, 60}), 470);
    assert_int_equal(LOOK({1, 0, 0}), 470);
    assert_int_equal(LOOK({0}), 470);
    assert_int_equal(LOOK({3, 40, 1}), 471);
    cpu_book_free(&book);
}

static void l_a_number_that_comes_again_is_another_process(void **state) {
    (void)state;
    struct cpu_book book = {0};
    assert_int_equal(LOOK({5, 20, 300}), 300);
    assert_int_equal(LOOK({5, 21, 10}), 310);
    assert_int_equal(LOOK({4, 22, 1}, {5, 21, 15}, {6, 23, 2}), 318);
    cpu_book_free(&book);
}

static void l_the_book_grows_with_the_tree(void **state) {
    (void)state;
    enum { MANY = 1000 };
    struct cpu_book book = {0};
    for (int pass = 0; pass < 3; pass++) {
        cpu_book_begin(&book);
        for (pid_t pid = 2; pid < 2 + MANY; pid++)
            cpu_book_see(&book, &(struct cpu_entry){pid, 7, 3});
        assert_int_equal(cpu_book_end(&book), 3 * MANY);
    }
    cpu_book_begin(&book);
    assert_int_equal(cpu_book_end(&book), 3 * MANY);
    cpu_book_free(&book);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(l_who_is_gone_keeps_his_time),
        cmocka_unit_test(l_a_number_that_comes_again_is_another_process),
        cmocka_unit_test(l_the_book_grows_with_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
