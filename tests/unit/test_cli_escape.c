// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/escape.h"
#include "quern/own.h"

// What comes out when `text` goes in, in pieces of each size: always the same.
static void check(struct escape mode, const char *text, const char *expected) {
    size_t count = strlen(text);
    for (size_t piece = 1; piece <= count + 1; piece++) {
        struct escape escape = mode;
        auto_free char *found = NULL;
        size_t bytes;
        FILE *file = open_memstream(&found, &bytes);
        for (size_t at = 0; at < count; at += piece)
            escape_write(&escape, text + at, count - at < piece ? count - at : piece, file);
        escape_end(&escape, file);
        assert_int_equal(fclose(file), 0);
        assert_string_equal(found, expected);
    }
}

static const struct escape pass = {.utf8 = true, .sgr = ESCAPE_SGR_PASS};
static const struct escape show = {.utf8 = true};
static const struct escape drop = {.utf8 = true, .sgr = ESCAPE_SGR_DROP};

static void b_text_passes(void **state) {
    (void)state;
    check(pass, "a\tb\nGröße 漢字 🙂\n", "a\tb\nGröße 漢字 🙂\n");
}

static void b_colours_pass_and_end(void **state) {
    (void)state;
    check(pass, "\033[1;31mred\033[0m", "\033[1;31mred\033[0m");
    check(pass, "\033[31mred", "\033[31mred\033[0m");
    check(pass, "\033[38;2;1;2;3mx\033[m", "\033[38;2;1;2;3mx\033[m");
    check(drop, "\033[31mred\033[0m", "red");
    check(show, "\033[31mred", "\\x1b[31mred");
}

static void f_controls_are_shown(void **state) {
    (void)state;
    check(pass, "\033]0;title\007", "\\x1b]0;title\\x07");
    check(pass, "\033[2J\033[H", "\\x1b[2J\\x1b[H");
    check(pass, "\033[?25lx", "\\x1b[?25lx");
    check(pass, "\033\033[31mx\033[0m", "\\x1b\033[31mx\033[0m");
    check(pass, "\033[3\033[31mx\033[0m", "\\x1b[3\033[31mx\033[0m");
    check(pass, "a\bb\177c\013", "a\\x08b\\x7fc\\x0b");
    check(pass, "unfinished \033[31", "unfinished \\x1b[31");
    check(pass,
          "\xc2\x9b"
          "31m",
          "\\u009b31m");
}

static void f_a_sequence_without_end_is_none(void **state) {
    (void)state;
    char text[128] = "\033[", expected[128] = "\\x1b[";
    memset(text + 2, '1', 100);
    memset(expected + 5, '1', 100);
    check(pass, text, expected);
}

static void f_bidirectional_controls_and_tags_are_shown(void **state) {
    (void)state;
    check(pass, "a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd");
    check(pass, "\U000e0041\ufeff\u2028", "\\U000e0041\\ufeff\\u2028");
}

static void f_bytes_that_are_no_utf8_are_shown(void **state) {
    (void)state;
    check(pass, "\xc0\xaf", "\\xc0\\xaf");
    check(pass, "\xe0\x80\xaf", "\\xe0\\x80\\xaf");
    check(pass, "\xed\xa0\x80", "\\xed\\xa0\\x80");
    check(pass, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
    check(pass, "\xe2\x82x", "\\xe2\\x82x");
    check(pass, "\xe2\x82", "\\xe2\\x82");
    check(pass, "\xe2\x82\xc3\xa9", "\\xe2\\x82\xc3\xa9");
}

static void b_without_utf8_everything_becomes_ascii(void **state) {
    (void)state;
    check((struct escape){0}, "caf\xc3\xa9", "caf\\xc3\\xa9");
}

static void b_carriage_returns(void **state) {
    (void)state;
    struct escape progress = {.utf8 = true, .carriage = "\r\033[K"};
    check(pass, "a\r\nb\r\r\nc", "a\nb\nc");
    check(pass, "10%\r20%", "10%\\r20%");
    check(progress, "10%\r20%\r\n", "10%\r\033[K20%\n");
    check(progress, "10%\r", "10%");
}

static void b_cells_are_one_line(void **state) {
    (void)state;
    struct escape cell = {.utf8 = true, .newline = "↵", .tab = "\\t"};
    check(cell, "a\nb\tc\r\nd", "a↵b\\tc↵d");
}

static void b_an_open_line_is_known(void **state) {
    (void)state;
    auto_free char *found = NULL;
    size_t bytes;
    struct escape escape = pass;
    FILE *file = open_memstream(&found, &bytes);
    escape_write(&escape, "a\nb", 3, file);
    assert_true(escape.line_open);
    escape_write(&escape, "\n\033[31m", 6, file);
    assert_false(escape.line_open);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_text_passes),
        cmocka_unit_test(b_colours_pass_and_end),
        cmocka_unit_test(f_controls_are_shown),
        cmocka_unit_test(f_a_sequence_without_end_is_none),
        cmocka_unit_test(f_bidirectional_controls_and_tags_are_shown),
        cmocka_unit_test(f_bytes_that_are_no_utf8_are_shown),
        cmocka_unit_test(b_without_utf8_everything_becomes_ascii),
        cmocka_unit_test(b_carriage_returns),
        cmocka_unit_test(b_cells_are_one_line),
        cmocka_unit_test(b_an_open_line_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
