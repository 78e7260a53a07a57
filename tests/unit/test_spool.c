// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/worker/spool.h"
#include "quern/memory.h"
#include "quern/own.h"

static void take_all(struct spool *spool, size_t *ret_new) {
    char buffer[16];
    size_t count = 0;
    *ret_new = 0;
    while (spool_take(spool, buffer, sizeof buffer, &count, NULL) == 1 && count)
        *ret_new += count;
}

static void b_keeps_what_comes_until_the_end(void **state) {
    (void)state;
    struct spool spool;
    auto_free char *text = NULL;
    size_t bytes = 0, count = 0;
    char buffer[16];
    spool_init(&spool);
    assert_int_equal(spool_open(&spool, "stdout", 100, NULL), 0);
    assert_int_equal(write(spool.write_end, "hello ", 6), 6);
    take_all(&spool, &count);
    assert_int_equal(count, 6);
    assert_int_equal(write(spool.write_end, "world", 5), 5);
    spool_close_write_end(&spool);
    assert_int_equal(spool_take(&spool, buffer, sizeof buffer, &count, NULL), 1);
    assert_int_equal(spool_take(&spool, buffer, sizeof buffer, &count, NULL), 0);
    assert_int_equal(spool.read_end, -1);
    assert_int_equal(spool_finish(&spool, NULL), 0);
    assert_int_equal(memory_read(spool.file, "spool", 100, &text, &bytes, NULL), 0);
    assert_string_equal(text, "hello world");
    assert_false(spool_truncated(&spool));
    spool_done(&spool);
}

static void l_what_is_beyond_the_limit_is_counted_and_marked(void **state) {
    (void)state;
    struct spool spool;
    auto_free char *text = NULL;
    size_t bytes = 0, count = 0;
    spool_init(&spool);
    assert_int_equal(spool_open(&spool, "stdout", 4, NULL), 0);
    assert_int_equal(write(spool.write_end, "0123456789", 10), 10);
    take_all(&spool, &count);
    assert_int_equal(count, 4);
    assert_true(spool_truncated(&spool));
    assert_int_equal(spool_finish(&spool, NULL), 0);
    assert_int_equal(memory_read(spool.file, "spool", 1000, &text, &bytes, NULL), 0);
    assert_string_equal(text, "0123\n[quern: cut here: 10 bytes came, the limit is 4]\n");
    spool_done(&spool);
}

// Whether the mark is ours, the record says: nothing in the text could.
static void f_a_mark_of_the_script_is_not_ours(void **state) {
    (void)state;
    static const char forged[] = "\n[quern: cut here: 10 bytes came, the limit is 4]\n";
    struct spool spool;
    auto_free char *text = NULL;
    size_t bytes = 0, count = 0;
    spool_init(&spool);
    assert_int_equal(spool_open(&spool, "stdout", sizeof forged - 1, NULL), 0);
    assert_int_equal(write(spool.write_end, forged, sizeof forged - 1), sizeof forged - 1);
    spool_close_write_end(&spool);
    take_all(&spool, &count);
    assert_int_equal(spool_finish(&spool, NULL), 0);
    assert_false(spool_truncated(&spool));
    assert_int_equal(memory_read(spool.file, "spool", 1000, &text, &bytes, NULL), 0);
    assert_string_equal(text, forged);
    spool_done(&spool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_keeps_what_comes_until_the_end),
        cmocka_unit_test(l_what_is_beyond_the_limit_is_counted_and_marked),
        cmocka_unit_test(f_a_mark_of_the_script_is_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
