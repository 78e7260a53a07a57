// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quern/environment.h"
#include "quern/memory.h"
#include "quern/own.h"

static void b_the_text_of_the_header_is_read(void **state) {
    (void)state;
    struct environment environment;
    assert_int_equal(environment_parse("science",
                                       "# our own\r\n"
                                       "[environment]\n"
                                       "python = /opt/venv/bin/python3          ; the exact interpreter\n"
                                       "profile = units\n"
                                       "preload = numpy pandas\n"
                                       "  sklearn.linear_model _x1\n"
                                       "network = open",
                                       &environment, NULL),
                     0);
    assert_string_equal(environment.name, "science");
    assert_string_equal(environment.python, "/opt/venv/bin/python3");
    assert_int_equal(environment.profile, ENVIRONMENT_UNITS);
    assert_int_equal(environment.preload_count, 4);
    assert_string_equal(environment.preload[1], "pandas");
    assert_string_equal(environment.preload[2], "sklearn.linear_model");
    assert_string_equal(environment.preload[3], "_x1");
    assert_true(environment.network_open);
}

static void b_what_is_not_said_is_as_in_the_default(void **state) {
    (void)state;
    struct environment parsed, usual;
    environment_default(&usual);
    assert_int_equal(environment_parse("default", "", &parsed, NULL), 0);
    assert_memory_equal(&parsed, &usual, sizeof parsed);
    assert_int_equal(usual.python[0], '/');
    assert_string_equal(usual.preload[0], "numpy");
    assert_int_equal(environment_parse("bare", "[environment]\npreload =\n", &parsed, NULL), 0);
    assert_int_equal(parsed.preload_count, 0);
}

static void assert_round_trip(const struct environment *environment) {
    struct environment again;
    struct err err = {0};
    auto_fd int fd = -1;
    auto_free char *text = NULL;
    size_t length = 0;
    uint64_t bytes = 0;
    if (environment_write(environment, &fd, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_check(fd, ENVIRONMENT_MAX_BYTES, &bytes, NULL), 0);
    assert_int_equal(memory_read(fd, "text", ENVIRONMENT_MAX_BYTES, &text, &length, NULL), 0);
    assert_int_equal(environment_parse(environment->name, text, &again, NULL), 0);
    assert_memory_equal(&again, environment, sizeof again);
}

static void b_what_is_written_is_read_again(void **state) {
    (void)state;
    struct environment environment;
    environment_default(&environment);
    assert_round_trip(&environment);
    environment.preload_count = 0;
    memset(environment.preload, 0, sizeof environment.preload);
    environment.network_open = true;
    environment.profile = ENVIRONMENT_NS;
    assert_round_trip(&environment);
    environment.preload_count = ENVIRONMENT_PRELOADS;
    for (int i = 0; i < ENVIRONMENT_PRELOADS; i++)
        memset(environment.preload[i], 'a' + i % 26, ENVIRONMENT_MODULE_BYTES - 1);
    snprintf(environment.python, sizeof environment.python, "%s", "/opt/my env/bin/p\xc3\xbcthon;3");
    assert_round_trip(&environment);
}

static void f_what_cannot_be_read_back_is_not_written(void **state) {
    (void)state;
    struct environment environment;
    struct err err;
    int fd = -7;
    environment_default(&environment);
    snprintf(environment.python, sizeof environment.python, "/usr/bin/python3\nnetwork = open");
    assert_int_equal(environment_write(&environment, &fd, &err), -1);
    assert_string_equal(err.msg, "default: line 5: expected network once, found it again");
    snprintf(environment.python, sizeof environment.python, "/usr/bin/python3\n# gone");
    assert_int_equal(environment_write(&environment, &fd, &err), -1);
    assert_string_equal(err.msg, "default: expected a path and modules without line breaks and blanks");
    environment_default(&environment);
    snprintf(environment.preload[1], sizeof environment.preload[1], "pandas os");
    assert_int_equal(environment_write(&environment, &fd, &err), -1);
    assert_string_equal(err.msg, "default: expected a path and modules without line breaks and blanks");
    assert_int_equal(fd, -7);
}

static void assert_refused(const char *text, const char *message) {
    struct environment environment = {.name = "untouched"};
    struct err err = {0};
    assert_int_equal(environment_parse("e", text, &environment, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_CONFIG);
    assert_string_equal(environment.name, "untouched");
}

static void f_errors_name_the_line(void **state) {
    (void)state;
    assert_refused("python = /x\n", "e: line 1: expected the section [environment], [defaults] or [limits], found []");
    assert_refused("[environment]\n\n[enviroment]\npython = /x\n",
                   "e: line 4: expected the section [environment], [defaults] or [limits], found [enviroment]");
    assert_refused("[environment]\npythn = /x\n",
                   "e: line 2: expected python, profile, preload, network or legacy, found \"pythn\"");
    assert_refused("[environment]\npython = python3\n",
                   "e: line 2: python: expected an absolute path, found \"python3\"");
    assert_refused("[environment]\npython = /a\npython = /b\n", "e: line 3: expected python once, found it again");
    assert_refused("[environment]\npython = /a\n  profile = ns\n",
                   "e: line 3: expected a key at the start of the line, found a blank");
    assert_refused("[environment]\nprofile = days\n", "e: line 2: profile: expected auto, ns or units, found \"days\"");
    assert_refused("[environment]\nnetwork = yes\n", "e: line 2: network: expected denied or open, found \"yes\"");
    assert_refused("[environment]\npreload = numpy os;system\n",
                   "e: line 2: preload: expected the name of a module, at most 63 bytes, found \"os;system\"");
    assert_refused("[defaults]\nram = 2G\n",
                   "e: line 2: [defaults]: expected one of time, memory, cpu, processes, open_files, disk, disk_files, "
                   "file, result, output, pictures, picture_pixels, files, files_size, bundle_entries, bundle_size, "
                   "bundle_ratio, found \"ram\"");
    assert_refused("[limits]\nmemory = 2G\nmemory = 3G\n", "e: line 3: [limits]: expected memory once, found it again");
    assert_refused("[defaults]\nmemory = 8G\n[limits]\nmemory = 4G\n",
                   "e: [defaults] memory = 8G is above [limits] memory = 4G");
    assert_refused("[environment\n", "e: line 1: expected `key = value`, `[section]` or a comment");
    assert_refused("[environment]\nnonsense\n", "e: line 2: expected `key = value`, `[section]` or a comment");
}

static void l_sizes_have_ceilings(void **state) {
    (void)state;
    char text[ENVIRONMENT_MAX_BYTES + 2];
    snprintf(text, sizeof text, "[environment]\npython = /%0200d\n", 0);
    assert_refused(text, "e: line 2: expected at most 196 bytes, found 210");
    size_t used = (size_t)snprintf(text, sizeof text, "[environment]\npreload = a\n");
    for (int i = 0; i < ENVIRONMENT_PRELOADS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "  b\n");
    assert_refused(text, "e: line 34: preload: expected at most 32 modules, found another one, \"b\"");
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_refused(text, "e: expected at most 65536 bytes, found more");
}

static void f_names_are_checked(void **state) {
    (void)state;
    struct environment environment;
    struct err err;
    char longest[ENVIRONMENT_NAME_BYTES + 1] = {0};
    memset(longest, 'a', ENVIRONMENT_NAME_BYTES - 1);
    assert_int_equal(environment_parse(longest, "", &environment, NULL), 0);
    memset(longest, 'a', ENVIRONMENT_NAME_BYTES);
    assert_int_equal(environment_parse(longest, "", &environment, NULL), -1);
    assert_int_equal(environment_parse(".x", "", &environment, NULL), -1);
    assert_int_equal(environment_parse("a/b", "", &environment, &err), -1);
    assert_string_equal(err.msg, "environment: expected a name of 1 to 64 of A-Z a-z 0-9 _ . - that starts with no "
                                 "dot, found \"a/b\"");
    assert_int_equal(environment_parse("", "", &environment, NULL), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_the_text_of_the_header_is_read),
        cmocka_unit_test(b_what_is_not_said_is_as_in_the_default),
        cmocka_unit_test(b_what_is_written_is_read_again),
        cmocka_unit_test(f_what_cannot_be_read_back_is_not_written),
        cmocka_unit_test(f_errors_name_the_line),
        cmocka_unit_test(l_sizes_have_ceilings),
        cmocka_unit_test(f_names_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
