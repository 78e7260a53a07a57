// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quern/host.h"

static void check(struct host_answer answer, size_t fds, const char *message) {
    struct err err;
    assert_int_equal(host_answer_check(&answer, fds, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
    assert_string_equal(err.msg, message);
}

static void f_records_that_are_none_are_refused(void **state) {
    (void)state;
    check((struct host_answer){.kind = 0}, 0, "the script's process sent a record of kind 0");
    check((struct host_answer){.kind = 99}, 0, "the script's process sent a record of kind 99");
    check((struct host_answer){.kind = HOST_DONE}, 1,
          "the script's process sent a record of kind 5 with 1 descriptors");
    check((struct host_answer){.kind = HOST_RESULT}, 0,
          "the script's process sent a record of kind 3 with 0 descriptors");
    check((struct host_answer){.kind = HOST_RESULT, .port = 65}, 1, "the script's process returned port 65");
    check((struct host_answer){.kind = HOST_RAISED, .reason = REASON_LIMIT_TIME}, 0,
          "the script's process claimed reason 6");
}

static void f_texts_are_terminated_utf8_without_controls(void **state) {
    (void)state;
    struct host_answer answer = {.kind = HOST_NOTE};
    memset(answer.value, 'x', sizeof answer.value);
    memcpy(answer.name, "a\x1b]\xff\xc3\x28\xed\xa0\x80\xc2\x9b\tb\nc\xc3\xa9", 18);
    assert_int_equal(host_answer_check(&answer, 0, NULL), 0);
    assert_string_equal(answer.name, "a?]" "?" "?" "(" "?????\tb\ncé");
    assert_int_equal(strlen(answer.value), sizeof answer.value - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f_records_that_are_none_are_refused),
        cmocka_unit_test(f_texts_are_terminated_utf8_without_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
