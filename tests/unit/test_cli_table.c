// SPDX-License-Identifier: Apache-2.0
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/table.h"
#include "cli/text.h"
#include "tests/unit/transcript.h"

static const char patients[] =
    "{\"rows\": 1000000, \"columns\": ["
    "{\"name\": \"Age\", \"type\": \"double\", \"nulls\": 1}, {\"name\": \"Sex\", \"type\": \"string\", \"nulls\": 0},"
    "{\"name\": \"Größe 漢字\", \"type\": \"float\", \"nulls\": 0}, {\"name\": \"Visits\", \"type\": \"int64\", "
    "\"nulls\": 0},"
    "{\"name\": \"Admitted\", \"type\": \"timestamp\", \"nulls\": 0}, {\"name\": \"Note\", \"type\": \"string\", "
    "\"nulls\": 1}],"
    "\"head\": [[\"42.0\", \"F\", \"1.5\", \"12\", \"2017-05-01 00:00:00\", \"first\\nsecond\\tline\"],"
    "[null, \"M\", \"-0.25\", \"3\", \"2017-05-02 00:00:00\", null],"
    "[\"7.125\", \"\", \"nan\", \"-1400\", \"2017-05-03 00:00:00\", \"\\u001b[31mred\\u202e 漢字漢字漢字\"]],"
    "\"tail\": [[\"1e+20\", \"F\", \"0.5\", \"0\", \"2018-01-01 00:00:00\", \"a long text that goes on and on and on "
    "until there is no room left for it on the line\"]]}";

static char *print(const char *json, uint32_t columns, bool utf8, bool colour) {
    char *text = NULL;
    size_t bytes;
    struct table *table;
    FILE *file = open_memstream(&text, &bytes);
    struct terminal terminal;
    terminal_open(&terminal, file, colour ? TERMINAL_COLOUR_ALWAYS : TERMINAL_COLOUR_NEVER);
    terminal.columns = columns;
    terminal.utf8 = utf8;
    assert_int_equal(table_parse(json, strlen(json), utf8, &table, NULL), 0);
    table_print(table, &terminal);
    table_free(table);
    fclose(file);
    return text;
}

// No line is wider than the terminal, and all lines of the box are equally wide.
static void check_widths(const char *text, uint32_t columns) {
    uint32_t box = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        char copy[4096];
        snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
        uint32_t width = text_width(copy);
        bool boxed = strncmp(copy, "│", 3) == 0 || strncmp(copy, "├", 3) == 0 || *copy == '|' || *copy == '+';
        assert_true(width <= columns || !boxed);
        assert_true(!boxed || !box || width == box);
        box = boxed ? width : box;
    }
}

static void b_tables_fit_every_width(void **state) {
    (void)state;
    static const uint32_t widths[] = {40, 80, 200};
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "table-%u.txt", widths[i]);
        auto_free char *text = print(patients, widths[i], true, false);
        check_widths(text, widths[i]);
        transcript_check(name, text);
    }
    for (uint32_t width = 12; width < 160; width++) {
        auto_free char *text = print(patients, width, true, false), *ascii = print(patients, width, false, false);
        check_widths(text, width);
        check_widths(ascii, width);
    }
}

static void b_tables_in_ascii(void **state) {
    (void)state;
    auto_free char *text = print(patients, 80, false, false);
    transcript_check("table-ascii.txt", text);
    for (const char *at = text; *at; at++)
        assert_in_range(*at, '\n', '~');
}

static void b_tables_in_colour(void **state) {
    (void)state;
    auto_free char *text = print("{\"rows\": 1, \"columns\": [{\"name\": \"a\", \"type\": \"string\", \"nulls\": 1}], "
                                 "\"head\": [[null]], \"tail\": []}",
                                 80, true, true);
    transcript_check("table-colour.txt", text);
}

static void b_empty_tables(void **state) {
    (void)state;
    auto_free char *none = print("{\"rows\": 0, \"columns\": [], \"head\": [], \"tail\": []}", 80, true, false);
    assert_string_equal(none, "0 rows × 0 columns\n");
    auto_free char *no_rows =
        print("{\"rows\": 0, \"columns\": [{\"name\": \"a\", \"type\": \"int64\", \"nulls\": 0}], "
              "\"head\": []}",
              80, true, false);
    assert_string_equal(no_rows, "┌───────┐\n"
                                 "│   a   │\n"
                                 "│ int64 │\n"
                                 "├───────┤\n"
                                 "└───────┘\n"
                                 "0 rows × 1 column\n");
}

static void b_columns_left_out_by_the_codec_are_counted(void **state) {
    (void)state;
    auto_free char *text = print("{\"rows\": 1, \"columns\": [{\"name\": \"a\", \"type\": \"int64\", \"nulls\": 0}], "
                                 "\"columns_left\": 1299, \"head\": [[\"7\"]]}",
                                 80, true, false);
    assert_string_equal(text, "┌───────┬───┐\n"
                              "│   a   │ … │\n"
                              "│ int64 │   │\n"
                              "├───────┼───┤\n"
                              "│     7 │ … │\n"
                              "└───────┴───┘\n"
                              "1 row, 1 of 1,300 columns\n");
}

// The last column that came is not the table's last.
static void r_columns_left_out_are_left_out_at_the_end(void **state) {
    (void)state;
    auto_free char *text = print("{\"rows\": 1, \"columns\": [{\"name\": \"a\", \"type\": \"int64\", \"nulls\": 0},"
                                 " {\"name\": \"b\", \"type\": \"int64\", \"nulls\": 0}, {\"name\": \"c\", \"type\":"
                                 " \"int64\", \"nulls\": 0}], \"columns_left\": 7, \"head\": [[\"1\", \"2\", \"3\"]]}",
                                 24, true, false);
    assert_string_equal(text, "┌───────┬───────┬───┐\n"
                              "│   a   │   b   │ … │\n"
                              "│ int64 │ int64 │   │\n"
                              "├───────┼───────┼───┤\n"
                              "│     1 │     2 │ … │\n"
                              "└───────┴───────┴───┘\n"
                              "1 row, 2 of 10 columns\n");
}

static void refuse(const char *json, const char *expected) {
    struct table *untouched = NULL;
    struct err err;
    assert_int_equal(table_parse(json, strlen(json), true, &untouched, &err), -1);
    assert_null(untouched);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
    assert_string_equal(err.msg, expected);
}

static void f_what_is_no_preview_is_refused(void **state) {
    (void)state;
    refuse("", "the preview of a table: expected JSON");
    refuse("{", "the preview of a table: expected JSON");
    refuse("[]", "the preview of a table: expected a number of rows");
    refuse("{\"rows\": -1}", "the preview of a table: expected a number of rows");
    refuse("{\"rows\": 1}", "the preview of a table: expected an array of at most 200 columns");
    refuse("{\"rows\": 1, \"columns\": [{\"name\": 3}]}",
           "the preview of a table: expected a name and a type for each column");
    refuse("{\"rows\": 1, \"columns\": []}",
           "the preview of a table: expected head and tail as arrays of at most 2000 rows");
    refuse("{\"rows\": 1, \"columns\": [], \"head\": [[\"x\"]]}",
           "the preview of a table: expected as many cells in each row as there are columns");
    refuse("{\"rows\": 1, \"columns\": [{\"name\": \"a\", \"type\": \"int8\"}], \"head\": [[1]]}",
           "the preview of a table: expected cells that are texts or null");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_tables_fit_every_width),
        cmocka_unit_test(b_tables_in_ascii),
        cmocka_unit_test(b_tables_in_colour),
        cmocka_unit_test(b_empty_tables),
        cmocka_unit_test(b_columns_left_out_by_the_codec_are_counted),
        cmocka_unit_test(r_columns_left_out_are_left_out_at_the_end),
        cmocka_unit_test(f_what_is_no_preview_is_refused),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
