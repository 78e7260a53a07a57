// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/object.h"
#include "quern/own.h"
#include "quern/record.h"
#include "quern/steps.h"

static void b_err_reason_gives_kind_exit_code_and_word(void **state) {
    (void)state;
    struct err err;
    char word[REASON_WORD_BYTES];
    assert_int_equal(err_set(&err, REASON_LIMIT_MEMORY, "used %d of %d", 3, 2), -1);
    assert_int_equal(err_kind(&err), ERR_LIMIT);
    assert_int_equal(err_exit_code(&err), 137);
    assert_string_equal(err.msg, "used 3 of 2");
    err_word(&err, word);
    assert_string_equal(word, "limit:memory");
    err = (struct err){.reason = REASON_SIGNAL, .detail = 11};
    err_word(&err, word);
    assert_string_equal(word, "signal:SIGSEGV");
    err = (struct err){.reason = REASON_EXIT, .detail = 3};
    err_word(&err, word);
    assert_string_equal(word, "exit:3");
}

static void f_err_distrust_mends_a_foreign_record(void **state) {
    (void)state;
    struct err err;
    memset(&err, 0x1b, sizeof err);
    err_distrust(&err);
    assert_int_equal(err.reason, REASON_BUG);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    assert_int_equal(err.msg[0], '?');
}

static void b_err_sys_appends_errno(void **state) {
    (void)state;
    struct err err;
    errno = ENOENT;
    err_sys(&err, REASON_INFRA, "open %s", "x");
    assert_string_equal(err.msg, "open x: No such file or directory");
    assert_int_equal(err.sys, ENOENT);
}

static void b_record_carries_descriptors_and_ends(void **state) {
    (void)state;
    int ends[2], fds[2];
    size_t count = 0;
    uint64_t sent = 42, got = 0;
    assert_int_equal(record_pair(ends, NULL), 0);
    assert_int_equal(record_send(ends[0], &sent, sizeof sent, ends, 2, NULL), 0);
    assert_int_equal(record_receive(ends[1], &got, sizeof got, fds, 2, &count, NULL), 1);
    assert_int_equal(got, 42);
    assert_int_equal(count, 2);
    close(fds[0]);
    close(fds[1]);
    close(ends[0]);
    assert_int_equal(record_receive(ends[1], &got, sizeof got, NULL, 0, NULL, NULL), 0);
    close(ends[1]);
}

static void f_record_of_wrong_size_or_with_too_many_descriptors_is_refused(void **state) {
    (void)state;
    int ends[2], fds[1];
    size_t count = 0;
    struct err err;
    uint64_t sent[2] = {1, 2}, got;
    assert_int_equal(record_pair(ends, NULL), 0);
    int before = dup(0);
    close(before);
    assert_int_equal(record_send(ends[0], sent, sizeof sent, NULL, 0, NULL), 0);
    assert_int_equal(record_receive(ends[1], &got, sizeof got, fds, 1, &count, &err), -1);
    assert_string_equal(err.msg, "a record of 8 bytes was expected, 8 bytes with 0 descriptors came (cut)");
    assert_int_equal(record_send(ends[0], sent, sizeof got, ends, 2, NULL), 0);
    assert_int_equal(record_receive(ends[1], &got, sizeof got, fds, 1, &count, &err), -1);
    assert_int_equal(err.reason, REASON_BUG);
    int after = dup(0);
    close(after);
    assert_int_equal(before, after);
    close(ends[0]);
    close(ends[1]);
}

static void f_memory_check_takes_only_sealed_files_within_the_limit(void **state) {
    (void)state;
    struct err err;
    uint64_t bytes = 0;
    char path[40];
    auto_fd int fd = memory_new("test", 10, NULL);
    assert_int_equal(memory_check(fd, 100, &bytes, &err), -1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    auto_fd int writable = open(path, O_WRONLY | O_CLOEXEC), nothing = open(path, O_PATH | O_CLOEXEC);
    assert_true(writable >= 0 && nothing >= 0);
    void *map = mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_int_equal(memory_seal(fd, &err), -1);
    assert_int_equal(err.sys, EBUSY);
    munmap(map, 10);
    assert_int_equal(memory_seal(fd, NULL), 0);
    assert_int_equal(memory_check(fd, 100, &bytes, &err), 0);
    assert_int_equal(bytes, 10);
    assert_int_equal(memory_check(fd, 9, &bytes, &err), -1);
    assert_string_equal(err.msg, "a result of 10 bytes is larger than its limit of 9");
    assert_int_equal(memory_check(0, 9, &bytes, &err), -1);
    assert_int_equal(memory_check(nothing, 100, &bytes, &err), -1);
    assert_string_equal(err.msg, "expected a sealed memory file, found another kind of descriptor");
    assert_int_equal(memory_check(writable, 100, &bytes, &err), -1);
    assert_string_equal(err.msg, "expected a sealed memory file, found one that cannot be read");
    auto_fd int readable = memory_reopen(fd, NULL);
    assert_true(readable >= 0);
    assert_int_equal(write(readable, "x", 1), -1);
}

static void b_memory_read_gives_the_whole_file(void **state) {
    (void)state;
    auto_free char *text = NULL;
    size_t bytes = 0;
    struct err err;
    auto_fd int fd = memory_from("test", "hello", 5, NULL);
    assert_int_equal(memory_read(fd, "test", 5, &text, &bytes, NULL), 0);
    assert_string_equal(text, "hello");
    char *untouched = NULL;
    assert_int_equal(memory_read(fd, "test", 4, &untouched, &bytes, &err), -1);
    assert_string_equal(err.msg, "test: expected at most 4 bytes, found 5");
    assert_null(untouched);
}

static void b_clock_and_steps(void **state) {
    (void)state;
    assert_int_equal(clock_poll_ms(CLOCK_NEVER), -1);
    assert_int_equal(clock_poll_ms(0), 0);
    assert_true(clock_deadline_ns(0) == CLOCK_NEVER);
    assert_in_range(clock_poll_ms(clock_deadline_ns(60000)), 1, 60000);
    assert_string_equal(step_name(STEP_RUN), "run");
    assert_int_equal(step_deadline_ms(STEP_RUN), 0);
}

static void b_the_end_of_a_version_tells_the_kind(void **state) {
    (void)state;
    char name[64];
    assert_int_equal(object_of_version("sha256-00.joblib"), OBJECT_JOBLIB);
    assert_int_equal(object_of_version("sha256-00"), OBJECT_DATASET);
    assert_int_equal(object_of_version("sha256-00.nothing"), OBJECT_DATASET);
    assert_int_equal(object_of_word("none"), OBJECT_KIND_COUNT);
    assert_int_equal(object_of_file("a/b.PKL"), OBJECT_PICKLE);
    assert_int_equal(object_of_file("json"), OBJECT_FILE);
    assert_string_equal(object_word(OBJECT_KIND_COUNT), "?");
    assert_string_equal(object_content_type(OBJECT_FILE, "a.html"), "text/html; charset=utf-8");
    assert_string_equal(object_content_type(OBJECT_JSON, "a.html"), "application/json");
    assert_string_equal(object_file_name(OBJECT_DATASET, "a.b", name, sizeof name), "a.b.arrow");
    assert_string_equal(object_file_name(OBJECT_PICKLE, "m.pkl", name, sizeof name), "m.pkl");
    assert_string_equal(object_file_name(OBJECT_PICKLE, "m.v2", name, sizeof name), "m.v2.pickle");
    assert_string_equal(object_file_name(OBJECT_TEXT, "n.md", name, sizeof name), "n.md");
    assert_string_equal(object_file_name(OBJECT_TEXT, "n", name, sizeof name), "n.txt");
    assert_string_equal(object_file_name(OBJECT_FILE, "n", name, sizeof name), "n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_err_reason_gives_kind_exit_code_and_word),
        cmocka_unit_test(f_err_distrust_mends_a_foreign_record),
        cmocka_unit_test(b_err_sys_appends_errno),
        cmocka_unit_test(b_record_carries_descriptors_and_ends),
        cmocka_unit_test(f_record_of_wrong_size_or_with_too_many_descriptors_is_refused),
        cmocka_unit_test(f_memory_check_takes_only_sealed_files_within_the_limit),
        cmocka_unit_test(b_memory_read_gives_the_whole_file),
        cmocka_unit_test(b_clock_and_steps),
        cmocka_unit_test(b_the_end_of_a_version_tells_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
