// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ops/python/answer.h"
#include "ops/python/call.h"
#include "ops/python/text.h"
#include "quern/own.h"

static int null_device(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

static struct host_call record_of(enum host_call_kind kind, const char *name) {
    struct host_call record = {.kind = kind};
    snprintf(record.name, sizeof record.name, "%s", name);
    return record;
}

// Gives one record to the call, with a descriptor or without; what is not taken is closed.
static int take(struct call *call, const struct host_call *record, bool with_fd, struct err *err) {
    auto_fd int fd = with_fd ? null_device() : -1;
    return call_take(call, record, &fd, err);
}

static void assert_refused(struct call *call, const struct host_call *record, bool with_fd, const char *message) {
    struct err err;
    assert_int_equal(take(call, record, with_fd, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_BUG);
}

static void b_call_is_put_together(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = record_of(HOST_SCRIPT, "score.py");
    assert_int_equal(take(&call, &record, true, &err), 0);
    record = record_of(HOST_BUNDLE, "tools.zip");
    assert_int_equal(take(&call, &record, true, &err), 0);
    const uint32_t ports[] = {3, 1, 64, 2};
    for (int i = 0; i < 4; i++) {
        record = (struct host_call){.kind = HOST_INPUT, .port = ports[i]};
        assert_int_equal(take(&call, &record, true, &err), 0);
    }
    record = record_of(HOST_PARAM, "alpha");
    snprintf(record.value, sizeof record.value, "0.1");
    assert_int_equal(take(&call, &record, false, &err), 0);
    record =
        (struct host_call){.kind = HOST_START, .task = HOST_TASK_RUN, .dialect = HOST_CLASSIC, .flags = HOST_DEBUG};
    assert_int_equal(take(&call, &record, false, &err), 1);
    assert_string_equal(call.script_name, "score.py");
    assert_string_equal(call.bundle_name, "tools.zip");
    assert_int_equal(call.input_count, 4);
    assert_int_equal(call.inputs[0].port, 1);
    assert_int_equal(call.inputs[1].port, 2);
    assert_int_equal(call.inputs[2].port, 3);
    assert_int_equal(call.inputs[3].port, 64);
    assert_string_equal(call.params[0].key, "alpha");
    assert_string_equal(call.params[0].value, "0.1");
    assert_int_equal(call.dialect, HOST_CLASSIC);
    assert_int_equal(call.flags, HOST_DEBUG);
    call_close(&call);
}

static void b_call_to_type_a_table(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = record_of(HOST_TABLE, "patients.tsv");
    record.separator = '\t';
    assert_int_equal(take(&call, &record, true, &err), 0);
    record = (struct host_call){.kind = HOST_START, .task = HOST_TASK_TYPE, .dialect = HOST_QUERN};
    assert_int_equal(take(&call, &record, false, &err), 1);
    assert_int_equal(call.separator, '\t');
    call_close(&call);
}

static void b_columns_of_a_table_are_kept_in_order(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = {.kind = HOST_COLUMN, .value = "a"};
    assert_int_equal(take(&call, &record, false, &err), 0);
    record.value[0] = '\0';
    assert_int_equal(take(&call, &record, false, &err), 0);
    assert_int_equal(call.column_count, 2);
    assert_string_equal(call.columns[0], "a");
    assert_string_equal(call.columns[1], "");
    memset(record.value, 'x', sizeof record.value);
    assert_refused(&call, &record, false, "COLUMN: expected a text of at most 4095 bytes, found no end");
    record = (struct host_call){.kind = HOST_COLUMN};
    for (uint32_t i = call.column_count; i < CALL_MAX_COLUMNS; i++)
        assert_int_equal(take(&call, &record, false, &err), 0);
    assert_refused(&call, &record, false, "COLUMN: expected at most 10000 records, found more");
    record = record_of(HOST_SCRIPT, "a.py");
    assert_int_equal(take(&call, &record, true, &err), 0);
    record = (struct host_call){.kind = HOST_START, .task = HOST_TASK_RUN, .dialect = HOST_QUERN};
    assert_refused(&call, &record, false, "START: a run needs a SCRIPT and neither TABLE nor COLUMN");
    call_close(&call);
}

static void f_call_has_one_channel_for_requests(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = record_of(HOST_REQUESTS, "");
    assert_refused(&call, &record, false, "record 9: expected 1 descriptors, found 0");
    assert_int_equal(take(&call, &record, true, &err), 0);
    assert_true(call.requests >= 0);
    assert_refused(&call, &record, true, "REQUESTS: expected one record, found a second");
    call_close(&call);
}

static void f_call_refuses_wrong_files_and_ports(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = record_of(HOST_SCRIPT, "../score.py");
    assert_refused(&call, &record, true, "SCRIPT: expected a file name without a directory, found '../score.py'");
    record = record_of(HOST_SCRIPT, "..");
    assert_refused(&call, &record, true, "SCRIPT: expected a file name without a directory, found '..'");
    record = record_of(HOST_BUNDLE, "");
    assert_refused(&call, &record, true, "BUNDLE: expected a file name without a directory, found ''");
    record = record_of(HOST_BUNDLE, "a.zip");
    assert_int_equal(take(&call, &record, true, &err), 0);
    assert_refused(&call, &record, true, "BUNDLE: expected one record, found a second");
    record = record_of(HOST_TABLE, "a.csv");
    record.separator = ';';
    assert_refused(&call, &record, true, "TABLE: expected a comma or a tab as separator, found 59");
    record = (struct host_call){.kind = HOST_INPUT};
    assert_refused(&call, &record, true, "INPUT: expected a port from 1 to 64, found 0");
    record.port = 65;
    assert_refused(&call, &record, true, "INPUT: expected a port from 1 to 64, found 65");
    record.port = 7;
    assert_int_equal(take(&call, &record, true, &err), 0);
    assert_refused(&call, &record, true, "INPUT: port 7 came twice");
    record.port = 8;
    record.flags = OBJECT_KIND_COUNT;
    assert_refused(&call, &record, true, "INPUT: kind 7 is unknown");
    record.flags = OBJECT_PICKLE;
    memset(record.value, 'x', sizeof record.value);
    assert_refused(&call, &record, true, "INPUT: expected a text of at most 255 bytes, found no end");
    record = record_of(HOST_COMMIT, "");
    assert_refused(&call, &record, true, "record 1 is not expected here");
    call_close(&call);
}

static void f_call_refuses_wrong_parameters(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = record_of(HOST_PARAM, "");
    assert_refused(&call, &record, false, "PARAM: expected a key, found none");
    assert_refused(&call, &record, true, "record 6: expected 0 descriptors, found 1");
    memset(record.value, 'x', sizeof record.value);
    assert_refused(&call, &record, false, "PARAM: expected a text of at most 4095 bytes, found no end");
    for (uint32_t i = 0; i < CALL_MAX_PARAMS; i++) {
        record = (struct host_call){.kind = HOST_PARAM};
        snprintf(record.name, sizeof record.name, "key%u", i);
        assert_int_equal(take(&call, &record, false, &err), 0);
    }
    assert_refused(&call, &record, false, "PARAM: key 'key255' came twice");
    record = record_of(HOST_PARAM, "one more");
    assert_refused(&call, &record, false, "PARAM: expected at most 256 records, found more");
    call_close(&call);
}

static void f_call_refuses_a_wrong_start(void **state) {
    (void)state;
    struct call call;
    struct err err;
    call_open(&call, -1, 1);
    struct host_call record = {.kind = HOST_START, .task = HOST_TASK_RUN, .dialect = HOST_QUERN};
    assert_refused(&call, &record, false, "START: a run needs a SCRIPT and neither TABLE nor COLUMN");
    struct host_call script = record_of(HOST_SCRIPT, "a.py");
    assert_int_equal(take(&call, &script, true, &err), 0);
    record.task = HOST_TASK_TYPE;
    assert_refused(&call, &record, false, "START: typing needs a TABLE and neither SCRIPT nor INPUT nor REQUESTS");
    record.task = HOST_TASK_LINT;
    assert_int_equal(take(&call, &record, false, &err), 1);
    record.task = 4;
    assert_refused(&call, &record, false, "START: task 4 is unknown");
    record.task = HOST_TASK_RUN;
    record.dialect = 5;
    assert_refused(&call, &record, false, "START: dialect 5 is unknown");
    record.dialect = HOST_QUERN;
    record.flags = 2;
    assert_refused(&call, &record, false, "START: flags 0x2 are unknown");
    call_close(&call);
}

static void assert_text(const char *text, size_t bytes, const char *expected) {
    char home[64];
    text_copy(home, bytes, text);
    assert_string_equal(home, expected);
}

static void b_text_is_cut_at_whole_characters(void **state) {
    (void)state;
    assert_text("höllo", 64, "höllo");
    assert_text("höllo", 3, "h");
    assert_text("höllo", 4, "hö");
    assert_text("a😀", 5, "a");
    assert_text("a😀", 6, "a😀");
    assert_text(NULL, 64, "");
    assert_text("abc", 1, "");
}

static void f_text_has_no_controls_and_no_broken_characters(void **state) {
    (void)state;
    assert_text("a\n\tb", 64, "a\n\tb");
    assert_text("\x1b]52;\x07\x7f\r", 64, "?]52;???");
    assert_text("\xc2\x9b"
                "31m",
                64, "??31m");
    assert_text("\xff\xc3", 64, "??");
    assert_text("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe0\x80\x80", 64, "?? ??? ???? ???");
}

static void assert_answer(struct host_answer answer, size_t fd_count, const char *message) {
    struct err err = {.msg = ""};
    assert_int_equal(host_answer_check(&answer, fd_count, &err), *message ? -1 : 0);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, *message ? REASON_BAD_RESULT : REASON_NONE);
}

static void f_answers_are_checked(void **state) {
    (void)state;
    assert_answer((struct host_answer){.kind = 0}, 0, "answer 0 of the script's process is unknown");
    assert_answer((struct host_answer){.kind = 7}, 0, "answer 7 of the script's process is unknown");
    assert_answer((struct host_answer){.kind = HOST_READY}, 0,
                  "answer 1 of the script's process: expected 1 descriptors, found 0");
    assert_answer((struct host_answer){.kind = HOST_DONE}, 1,
                  "answer 5 of the script's process: expected 0 descriptors, found 1");
    assert_answer((struct host_answer){.kind = HOST_RESULT, .port = 65}, 1,
                  "a result came for port 65: expected 1 to 64, or 0 and a name");
    assert_answer((struct host_answer){.kind = HOST_RESULT}, 1,
                  "a result came for port 0: expected 1 to 64, or 0 and a name");
    assert_answer((struct host_answer){.kind = HOST_RESULT, .name = "x"}, 1, "");
    assert_answer((struct host_answer){.kind = HOST_RESULT, .name = "x", .detail = OBJECT_FILE}, 1, "");
    assert_answer((struct host_answer){.kind = HOST_RESULT, .name = "x", .detail = OBJECT_KIND_COUNT}, 1,
                  "a result of the unknown kind 7 came for port 0");
    assert_answer((struct host_answer){.kind = HOST_RESULT, .name = "x", .detail = -1}, 1,
                  "a result of the unknown kind -1 came for port 0");
    assert_answer((struct host_answer){.kind = HOST_RESULT, .port = 1, .detail = OBJECT_PICKLE}, 1,
                  "a result of the unknown kind 1 came for port 1");
    assert_answer((struct host_answer){.kind = HOST_RAISED, .reason = REASON_DENIED}, 0,
                  "the script's process raised with the unknown reason 21");
    assert_answer((struct host_answer){.kind = HOST_RAISED, .reason = REASON_EXCEPTION}, 0, "");
}

static void f_answer_texts_are_cleaned(void **state) {
    (void)state;
    struct host_answer answer = {.kind = HOST_NOTE};
    struct err err;
    memset(answer.name, 0x9b, sizeof answer.name);
    memset(answer.value, 'v', sizeof answer.value);
    assert_int_equal(host_answer_check(&answer, 0, &err), 0);
    assert_int_equal(strlen(answer.name), sizeof answer.name - 1);
    assert_int_equal(strspn(answer.name, "?"), sizeof answer.name - 1);
    assert_int_equal(strlen(answer.value), sizeof answer.value - 1);
}

static void b_answers_pass_the_check(void **state) {
    (void)state;
    int ends[2], fd = null_device();
    struct err err;
    char name[600];
    memset(name, 0xe2, sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(record_pair(ends, &err), 0);
    assert_int_equal(answer_ready(ends[0], fd, &err), 0);
    assert_int_equal(answer_note(ends[0], name, "text", &err), 0);
    assert_int_equal(answer_result(ends[0], 0, "named", 5, fd, &err), 0);
    assert_int_equal(answer_raised(ends[0], REASON_EXIT, 3, "SystemExit", "3", 7, true, 0, &err), 0);
    assert_int_equal(answer_done(ends[0], &err), 0);
    assert_int_equal(answer_traceback(ends[0], "Traceback", &err), 0);
    for (uint32_t kind = HOST_READY; kind <= HOST_TRACEBACK; kind++) {
        struct host_answer answer;
        auto_fd int got = -1;
        size_t count = 0;
        assert_int_equal(record_receive(ends[1], &answer, sizeof answer, &got, 1, &count, &err), 1);
        assert_int_equal(answer.kind, kind);
        assert_int_equal(host_answer_check(&answer, count, &err), 0);
    }
    assert_int_equal(answer_result(ends[0], 0, "", 0, fd, &err), -1);
    assert_string_equal(err.msg, "result on port 0: expected a port up to 64, or 0 and a name, and a segment");
    assert_int_equal(answer_object(ends[0], "x", OBJECT_DATASET, fd, &err), -1);
    assert_string_equal(err.msg, "an object of kind 0: expected a kind, a name and a file");
    close(ends[1]);
    assert_int_equal(answer_done(ends[0], &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    close(ends[0]);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_call_is_put_together),
        cmocka_unit_test(b_call_to_type_a_table),
        cmocka_unit_test(b_columns_of_a_table_are_kept_in_order),
        cmocka_unit_test(f_call_has_one_channel_for_requests),
        cmocka_unit_test(f_call_refuses_wrong_files_and_ports),
        cmocka_unit_test(f_call_refuses_wrong_parameters),
        cmocka_unit_test(f_call_refuses_a_wrong_start),
        cmocka_unit_test(b_text_is_cut_at_whole_characters),
        cmocka_unit_test(f_text_has_no_controls_and_no_broken_characters),
        cmocka_unit_test(f_answers_are_checked),
        cmocka_unit_test(f_answer_texts_are_cleaned),
        cmocka_unit_test(b_answers_pass_the_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
