// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "quern/job.h"
#include "quern/json_text.h"
#include "quern/own.h"

static json_t *encode(const struct manifest *manifest) {
    auto_free char *json = NULL;
    size_t bytes = 0;
    json_error_t fault;
    assert_int_equal(manifest_encode(manifest, &json, &bytes, NULL), 0);
    assert_int_equal(strlen(json), bytes);
    assert_int_equal(json[bytes - 1], '\n');
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, &fault);
    if (!object)
        fail_msg("%s", fault.text);
    return object;
}

static void assert_text(json_t *object, const char *name, const char *expected) {
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static json_t *detail_of(json_t *object) {
    return json_array_get(json_object_get(json_object_get(object, "error"), "details"), 0);
}

static struct manifest failed(enum reason reason, const char *message) {
    struct manifest manifest = {.id = "j", .state = JOB_FAILED, .environment = "default", .python = "3.11.2"};
    err_set(&manifest.err, reason, "%s", message);
    return manifest;
}

static void assert_detail(const struct manifest *manifest, const char *code, const char *message) {
    json_auto_t *object = encode(manifest);
    assert_text(detail_of(object), "code", code);
    assert_text(detail_of(object), "target", "Execute Python Script");
    assert_text(detail_of(object), "message", message);
    assert_text(json_object_get(object, "error"), "code", "ModuleExecutionError");
    assert_text(json_object_get(object, "error"), "message", "Module execution encountered an error.");
}

static void b_success_has_no_error(void **state) {
    (void)state;
    struct manifest manifest = {.id = "j", .state = JOB_SUCCEEDED, .started_unix_us = 1754300000123456};
    manifest.step_us[STEP_RUN] = 1234567;
    manifest.jail = (struct jail_facts){
        .level = JAIL_FULL, .user_ns = 1, .landlock_abi = 7, .seccomp = 1, .bound = JAIL_BOUND_POLLED};
    json_auto_t *object = encode(&manifest);
    json_t *steps = json_object_get(object, "steps"), *jail = json_object_get(object, "jail");
    assert_text(object, "state", "succeeded");
    assert_text(object, "started", "2025-08-04T09:33:20.123456Z");
    assert_null(json_object_get(object, "error"));
    assert_true(json_is_null(json_object_get(object, "reason")));
    assert_true(json_is_null(json_object_get(object, "exception")));
    assert_int_equal(json_integer_value(json_object_get(object, "exit_code")), 0);
    assert_int_equal(json_object_size(steps), STEP_COMPLETE);
    assert_null(json_object_get(steps, "complete"));
    assert_true(json_real_value(json_object_get(json_object_get(steps, "run"), "ms")) == 1234.567);
    assert_text(jail, "level", "full");
    assert_text(jail, "bound", "polled");
    assert_true(json_is_true(json_object_get(jail, "user_namespace")));
    assert_int_equal(json_integer_value(json_object_get(jail, "landlock_abi")), 7);
}

static void m_an_exception_is_error_0085(void **state) {
    (void)state;
    struct manifest manifest = failed(REASON_EXCEPTION, "it's \"b\xc3\xa4"
                                                        "d\"");
    snprintf(manifest.exception, sizeof manifest.exception, "ValueError");
    manifest.line = 17;
    manifest.in_entry = true;
    assert_detail(
        &manifest, "0085",
        "Error 0085: The following error occurred during script evaluation, please view the output log for "
        "more information:\n"
        "---------- Start of error message from Python interpreter ----------\n"
        "Got exception when invoking script at line 17 in function azureml_main: 'ValueError: it's \"b\xc3\xa4"
        "d\"'.\n"
        "---------- End of error message from Python  interpreter  ----------");
    json_auto_t *object = encode(&manifest);
    assert_text(object, "reason", "exception");
    assert_text(object, "message",
                "ValueError: it's \"b\xc3\xa4"
                "d\"");
    assert_text(json_object_get(object, "exception"), "type", "ValueError");
    assert_text(json_object_get(object, "exception"), "message",
                "it's \"b\xc3\xa4"
                "d\"");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(object, "exception"), "line")), 17);
    manifest.in_entry = false;
    json_auto_t *outside = encode(&manifest);
    assert_non_null(strstr(json_string_value(json_object_get(detail_of(outside), "message")),
                           "\nGot exception when invoking script: 'ValueError: it's"));
    manifest.line = 0;
    json_auto_t *unplaced = encode(&manifest);
    assert_non_null(strstr(json_string_value(json_object_get(detail_of(unplaced), "message")),
                           "\nGot exception when invoking script: 'ValueError: it's"));
    assert_true(json_is_null(json_object_get(json_object_get(unplaced, "exception"), "line")));
}

static void m_the_classic_message_has_the_traceback_and_cr_lf(void **state) {
    (void)state;
    struct manifest manifest = failed(REASON_EXCEPTION, "bad");
    snprintf(manifest.exception, sizeof manifest.exception, "ValueError");
    snprintf(
        manifest.traceback, sizeof manifest.traceback,
        "Traceback (most recent call last):\n  File \"user_script.py\", line 2, in azureml_main\nValueError: bad\n");
    manifest.dialect = HOST_STUDIO;
    assert_detail(&manifest, "0085",
                  "Error 0085: The following error occurred during script evaluation, please view the output log for "
                  "more information:\r\n"
                  "---------- Start of error message from Python interpreter ----------\r\n"
                  "Caught exception while executing function: Traceback (most recent call last):\r\n"
                  "  File \"user_script.py\", line 2, in azureml_main\r\n"
                  "ValueError: bad\r\n"
                  "---------- End of error message from Python  interpreter  ----------");
    json_auto_t *object = encode(&manifest);
    assert_text(object, "dialect", "studio");
    assert_text(object, "message", "ValueError: bad");
    manifest.dialect = HOST_DESIGNER;
    json_auto_t *other = encode(&manifest);
    assert_null(strstr(json_string_value(json_object_get(detail_of(other), "message")), "Traceback"));
}

static void l_the_longest_classic_message_is_whole(void **state) {
    (void)state;
    struct manifest manifest = failed(REASON_EXCEPTION, "bad");
    manifest.exception[0] = 'E';
    memset(manifest.traceback, '\n', sizeof manifest.traceback - 2);
    manifest.traceback[sizeof manifest.traceback - 2] = 'x';
    manifest.dialect = HOST_CLASSIC;
    json_auto_t *object = encode(&manifest);
    const char *message = json_string_value(json_object_get(detail_of(object), "message"));
    assert_non_null(strstr(message, "\r\nx\r\n---------- End of error message from Python  interpreter  ----------"));
}

static void m_other_failures_have_the_numbers_of_the_original_or_none(void **state) {
    (void)state;
    struct manifest manifest = failed(REASON_BAD_INPUT, "b.zip: not a zip");
    manifest.error_number = 102;
    assert_detail(&manifest, "0102", "Error 0102: Given ZIP file is not in the correct format.");
    manifest = failed(REASON_BAD_INPUT, "p.arrow: cut short");
    manifest.error_number = 49;
    assert_detail(&manifest, "0049", "Error 0049: p.arrow: cut short");
    manifest.error_number = 0;
    assert_detail(&manifest, "bad_input", "p.arrow: cut short");
    manifest = failed(REASON_LIMIT_MEMORY, "4 GB");
    assert_detail(&manifest, "0138", "Error 0138: Memory has been exhausted, unable to complete running of module.");
    manifest = failed(REASON_LIMIT_TIME, "no end after 1000 ms");
    assert_detail(&manifest, "limit:time", "no end after 1000 ms");
    manifest = failed(REASON_SIGNAL, "the script died");
    manifest.err.detail = 11;
    assert_detail(&manifest, "signal:SIGSEGV", "the script died");
    manifest = failed(REASON_EXIT, "the script ended its process");
    manifest.err.detail = 7;
    assert_detail(&manifest, "exit:7", "the script ended its process");
}

static void m_sys_exit_is_an_exception_too(void **state) {
    (void)state;
    struct manifest manifest = failed(REASON_EXIT, "3");
    manifest.err.detail = 3;
    manifest.line = 2;
    snprintf(manifest.exception, sizeof manifest.exception, "SystemExit");
    json_auto_t *object = encode(&manifest);
    assert_text(object, "reason", "exit:3");
    assert_text(detail_of(object), "code", "0085");
    assert_non_null(strstr(json_string_value(json_object_get(detail_of(object), "message")), "'SystemExit: 3'"));
}

static void f_bytes_that_are_no_text_are_escaped(void **state) {
    (void)state;
    struct manifest manifest = failed(REASON_INFRA, "a\xff\xc3(\xed\xa0\x80\xe2\x82");
    manifest.warning_count = 33;
    memset(manifest.warnings, 0xfe, sizeof manifest.warnings);
    json_auto_t *object = encode(&manifest);
    assert_text(object, "message", "a\\xff\\xc3(\\xed\\xa0\\x80\\xe2\\x82");
    assert_int_equal(json_array_size(json_object_get(object, "warnings")), 32);
    assert_int_equal(json_integer_value(json_object_get(object, "warnings_left")), 1);
    assert_int_equal(strlen(json_string_value(json_array_get(json_object_get(object, "warnings"), 31))),
                     4 * ERR_MSG_BYTES);
}

static json_t *encode_briefly(const struct manifest *manifest, size_t most) {
    auto_free char *json = NULL;
    size_t bytes = 0;
    struct err err = {0};
    if (manifest_encode_brief(manifest, most, &json, &bytes, &err) < 0)
        fail_msg("%s", err.msg);
    assert_true(bytes <= most);
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    return object;
}

static void assert_left(json_t *object, size_t columns, size_t warnings) {
    json_t *input = json_array_get(json_object_get(object, "inputs"), 0);
    assert_int_equal(json_array_size(json_object_get(input, "column_report")), columns);
    assert_int_equal(json_integer_value(json_object_get(input, "columns_left")), 300 - columns);
    assert_int_equal(json_array_size(json_object_get(object, "warnings")), warnings);
    assert_int_equal(json_integer_value(json_object_get(object, "warnings_left")), 40 - warnings);
}

static void l_a_brief_one_leaves_out_columns_then_warnings(void **state) {
    (void)state;
    struct manifest *manifest = calloc(1, sizeof *manifest);
    struct err err;
    auto_free char *json = NULL;
    size_t whole = 0, bytes = 0;
    manifest->input_count = 1;
    manifest->inputs[0].columns = 300;
    manifest->inputs[0].listed_count = 200;
    manifest->inputs[0].listed = calloc(200, sizeof *manifest->inputs[0].listed);
    for (int i = 0; i < 200; i++)
        manifest->inputs[0].listed[i] =
            (struct manifest_column){.name = "c", .type = "t", .treatment = "x", .why = "y"};
    manifest->warning_count = 40;
    for (int i = 0; i < 32; i++)
        memset(manifest->warnings[i], 'w', 1000);
    assert_int_equal(manifest_encode(manifest, &json, &whole, NULL), 0);
    json_auto_t *all = encode_briefly(manifest, whole);
    assert_left(all, 200, 32);
    json_auto_t *without_columns = encode_briefly(manifest, whole - 1);
    assert_left(without_columns, 0, 32);
    json_auto_t *short_one = encode_briefly(manifest, 20000);
    assert_left(short_one, 0, 0);
    assert_int_equal(manifest_encode_brief(manifest, 100, &json, &bytes, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    manifest_done(manifest);
    free(manifest);
}

static json_t *list_of(json_t *object, const char *name, size_t count, const char *counter, size_t left) {
    assert_int_equal(json_array_size(json_object_get(object, name)), count);
    assert_int_equal(json_integer_value(json_object_get(object, counter)), left);
    return json_object_get(object, name);
}

// 400 metrics of two names and 100 files.
static struct manifest *logged(void) {
    struct manifest *manifest = calloc(1, sizeof *manifest);
    manifest->metrics = calloc(400, sizeof *manifest->metrics);
    manifest->files = calloc(100, sizeof *manifest->files);
    for (int i = 0; i < 400; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d.5", i);
        manifest->metrics[i] = (struct manifest_metric){strdup(i % 2 ? "loss" : "accuracy"), strdup(number)};
    }
    for (int i = 0; i < 100; i++)
        snprintf(manifest->files[i].name, sizeof manifest->files[i].name, "outputs/%d", i);
    manifest->metric_count = 400;
    manifest->file_count = 100;
    return manifest;
}

static void l_a_brief_one_keeps_the_last_of_each_metric(void **state) {
    (void)state;
    struct manifest *manifest = logged();
    auto_free char *json = NULL;
    size_t whole = 0, most;
    assert_int_equal(manifest_encode(manifest, &json, &whole, NULL), 0);
    json_auto_t *all = encode_briefly(manifest, whole);
    list_of(all, "metrics", 400, "metrics_left", 0);
    json_auto_t *last = encode_briefly(manifest, whole - 1);
    json_t *kept = list_of(last, "metrics", 2, "metrics_left", 398);
    assert_true(json_real_value(json_object_get(json_array_get(kept, 0), "value")) == 398.5);
    assert_text(json_array_get(kept, 1), "name", "loss");
    assert_true(json_real_value(json_object_get(json_array_get(kept, 1), "value")) == 399.5);
    list_of(last, "files", 100, "files_left", 0);
    auto_free char *shorter = json_text(last, JSON_INDENT(2));
    most = strlen(shorter) - 100;
    json_auto_t *none = encode_briefly(manifest, most);
    list_of(none, "metrics", 0, "metrics_left", 400);
    list_of(none, "files", 100, "files_left", 0);
    json_auto_t *bare = encode_briefly(manifest, 5000);
    list_of(bare, "files", 0, "files_left", 100);
    manifest_done(manifest);
    free(manifest);
}

static void m_doubles_keep_all_bits_and_no_more_digits_than_that_takes(void **state) {
    (void)state;
    static const char text[] =
        "[0.1,0.30000000000000004,0.7682291666666666,1.0,-0.0,1e22,1.1e22,4.94065645841247e-324,1.7976931348623157e308,"
        "9007199254740993,-2.5e-07,{\"1.10000000000000009\":\"e 0.10000000000000001 \\\" 2.50\"},true,null]";
    json_auto_t *value = json_loads(text, 0, NULL);
    auto_free char *told = json_text(value, JSON_COMPACT);
    assert_string_equal(told, text);
    json_auto_t *again = json_loads(told, 0, NULL);
    assert_true(json_equal(again, value));
    json_auto_t *alone = json_real(0.1 + 0.2);
    auto_free char *number = json_text(alone, JSON_ENCODE_ANY);
    assert_string_equal(number, "0.30000000000000004");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_success_has_no_error),
        cmocka_unit_test(m_doubles_keep_all_bits_and_no_more_digits_than_that_takes),
        cmocka_unit_test(l_a_brief_one_leaves_out_columns_then_warnings),
        cmocka_unit_test(l_a_brief_one_keeps_the_last_of_each_metric),
        cmocka_unit_test(m_an_exception_is_error_0085),
        cmocka_unit_test(m_the_classic_message_has_the_traceback_and_cr_lf),
        cmocka_unit_test(l_the_longest_classic_message_is_whole),
        cmocka_unit_test(m_other_failures_have_the_numbers_of_the_original_or_none),
        cmocka_unit_test(m_sys_exit_is_an_exception_too),
        cmocka_unit_test(f_bytes_that_are_no_text_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
