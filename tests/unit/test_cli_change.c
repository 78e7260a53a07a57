// SPDX-License-Identifier: Apache-2.0
// Whoever changes an environment is killed after each step; the next change finds the old state or the new one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/change.h"
#include "cli/venv.h"

static char home[64];

static int setup(void **state) {
    (void)state;
    snprintf(home, sizeof home, "/tmp/quern-change-XXXXXX");
    return mkdtemp(home) ? chdir(home) : -1;
}

static int teardown(void **state) {
    (void)state;
    struct refusal refusal;
    return chdir("/") < 0 ? -1 : venv_remove(home, &refusal);
}

static void touch(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static bool is_there(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static void mark(void) {
    struct refusal refusal;
    assert_int_equal(change_mark("made", "x", "conf/x.conf", &refusal), 0);
}

static void fill(void) {
    assert_int_equal(mkdir("made/x", 0755), 0);
    assert_int_equal(mkdir("made/x/bin", 0755), 0);
    touch("made/x/bin/python");
}

static void part(void) { touch("conf/.x.conf"); }

static void name(void) { assert_int_equal(rename("conf/.x.conf", "conf/x.conf"), 0); }

static void unname(void) { assert_int_equal(unlink("conf/x.conf"), 0); }

static void empty(void) { assert_int_equal(unlink("made/x/bin/python"), 0); }

static void settle(void) {
    struct refusal refusal;
    assert_int_equal(change_settle("made", "x", &refusal), 0);
}

// A process of its own takes the lock, goes `count` steps, and is gone.
static void go(void (*const *steps)(void), int count) {
    pid_t pid = fork();
    if (pid == 0) {
        struct refusal refusal;
        if (change_begin("made", &refusal) < 0)
            _exit(1);
        for (int i = 0; i < count; i++)
            steps[i]();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void begin_again(void) {
    struct refusal refusal;
    int lock = change_begin("made", &refusal);
    assert_true(lock >= 0);
    close(lock);
    assert_false(is_there("made/.x.changing"));
    assert_false(is_there("conf/.x.conf"));
}

static void c_a_killed_create_leaves_all_or_nothing(void **state) {
    (void)state;
    static void (*const steps[])(void) = {mark, fill, part, name, settle};
    assert_int_equal(mkdir("conf", 0755), 0);
    for (int count = 0; count <= 5; count++) {
        struct refusal refusal;
        go(steps, count);
        begin_again();
        assert_int_equal(is_there("made/x"), count >= 4); // from the moment on at which the descriptor had its name
        assert_int_equal(is_there("conf/x.conf"), count >= 4);
        assert_int_equal(venv_remove("made/x", &refusal), 0);
        unlink("conf/x.conf");
    }
}

static void c_a_killed_rm_leaves_all_or_nothing(void **state) {
    (void)state;
    static void (*const make[])(void) = {mark, fill, part, name, settle};
    static void (*const steps[])(void) = {mark, unname, empty, settle};
    assert_int_equal(mkdir("conf", 0755), 0);
    for (int count = 0; count <= 4; count++) {
        struct refusal refusal;
        go(make, 5);
        go(steps, count);
        begin_again();
        assert_int_equal(is_there("made/x/bin/python"), count < 2);
        assert_int_equal(is_there("made/x"), count < 2);
        assert_int_equal(is_there("conf/x.conf"), count < 2);
        assert_int_equal(venv_remove("made/x", &refusal), 0);
        unlink("conf/x.conf");
    }
}

static void c_one_changes_at_a_time(void **state) {
    (void)state;
    struct refusal refusal;
    int lock = change_begin("made", &refusal);
    assert_true(lock >= 0);
    assert_int_equal(change_begin("made", &refusal), -1);
    assert_int_equal(refusal.err.reason, REASON_INFRA);
    assert_string_equal(refusal.err.msg, "made: another quern changes environments now: try again when it has ended");
    close(lock);
    begin_again();
}

static void b_files_without_a_mark_are_left_alone(void **state) {
    (void)state;
    assert_int_equal(mkdir("made", 0755), 0);
    fill();
    touch("made/.changing");
    begin_again();
    assert_true(is_there("made/x/bin/python"));
    assert_true(is_there("made/.changing"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(c_a_killed_create_leaves_all_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(c_a_killed_rm_leaves_all_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(c_one_changes_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(b_files_without_a_mark_are_left_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
