// SPDX-License-Identifier: Apache-2.0
// What the verbs on a queue read and say without one: reasons, exit codes, checksums, records as JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/checksum.h"
#include "cli/record_json.h"
#include "cli/verdict.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/queue_client.h"

static void b_reasons_are_read_as_records_have_them(void **state) {
    (void)state;
    assert_int_equal(verdict_reason("exception"), REASON_EXCEPTION);
    assert_int_equal(verdict_reason("exit:75"), REASON_EXIT);
    assert_int_equal(verdict_reason("signal:SIGSEGV"), REASON_SIGNAL);
    assert_int_equal(verdict_reason("limit:memory"), REASON_LIMIT_MEMORY);
    assert_int_equal(verdict_reason("dependency:01J"), REASON_DEPENDENCY);
    assert_int_equal(verdict_reason("limit:patience"), REASON_BUG);
    assert_int_equal(verdict_reason("exitus"), REASON_BUG);
    assert_int_equal(verdict_reason(""), REASON_BUG);
}

// Every word of the table comes back, and has the exit code that stands there.
static void b_exit_codes_are_those_of_the_table(void **state) {
    (void)state;
    for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        struct err err = {.reason = reason, .detail = 3};
        char word[REASON_WORD_BYTES];
        err_word(&err, word);
        assert_int_equal(verdict_reason(word), reason);
        assert_int_equal(verdict_code(JOB_FAILED, word), err_exit_code(&err));
    }
    assert_int_equal(verdict_code(JOB_SUCCEEDED, "exception"), 0);
    assert_int_equal(verdict_code(JOB_CANCELLED, ""), 4);
}

static void b_states_end_or_go_on(void **state) {
    (void)state;
    for (enum job_state job = 0; job < JOB_STATE_COUNT; job++)
        assert_int_equal(verdict_ended(job), job == JOB_SUCCEEDED || job == JOB_FAILED || job == JOB_CANCELLED);
}

static void f_a_checksum_knows_its_bytes(void **state) {
    (void)state;
    struct err err = {0};
    auto_fd int fd = memory_from("hello", "hello", 5, NULL);
    assert_true(fd >= 0);
    assert_int_equal(
        checksum_verify(fd, "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "a", &err), 0);
    assert_int_equal(checksum_verify(fd, "sha256-2cf2", "a", &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "the store gave other bytes: expected sha256-2cf2, found "
                                 "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_int_equal(checksum_verify(-1, "sha256-2cf2", "a", &err), -1);
}

static void f_records_are_json_whatever_is_in_them(void **state) {
    (void)state;
    struct client client = {.name = "default"};
    struct queue_record record = {.state = JOB_FAILED,
                                  .number = 7,
                                  .submitted_unix_ms = 1700000000123,
                                  .why = "exit:3",
                                  .text = "a\xff\x1b\"b",
                                  .progress = ""};
    json_auto_t *object = record_json(&client, "j", &record);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "schema")), 1);
    assert_int_equal(json_integer_value(json_object_get(object, "exit_code")), 1);
    assert_string_equal(json_string_value(json_object_get(object, "message")), "a\\xff\x1b\"b");
    assert_string_equal(json_string_value(json_object_get(object, "submitted")), "2023-11-14T22:13:20.123Z");
    assert_true(json_is_null(json_object_get(object, "started")));
    assert_true(json_is_null(json_object_get(object, "worker")));
    struct queue_row row = {.id = "j", .number = 7};
    json_auto_t *line = record_json_row(&client, JOB_QUEUED, &row);
    assert_true(json_is_null(json_object_get(line, "exit_code")));
    assert_string_equal(json_string_value(json_object_get(line, "state")), "queued");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_reasons_are_read_as_records_have_them),
        cmocka_unit_test(b_exit_codes_are_those_of_the_table),
        cmocka_unit_test(b_states_end_or_go_on),
        cmocka_unit_test(f_a_checksum_knows_its_bytes),
        cmocka_unit_test(f_records_are_json_whatever_is_in_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
