// SPDX-License-Identifier: Apache-2.0
// ARFF files as the text tables that come of them, and the exact words for what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../ops/dataset/arff_date.h"
#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"

static int open_arff(const char *text, size_t bytes, enum segment_profile profile, struct dataset_arff **ret,
                     struct err *err) {
    const struct codec_ceilings ceilings = {.bytes = 1 << 20, .rows = 5, .columns = 40};
    return dataset_arff_open(text, bytes, profile, &ceilings, ret, err);
}

// The checked segment, or NULL and the error.
static void *segment_of(const char *text, size_t bytes, enum segment_profile profile, struct err *err) {
    struct dataset_arff *arff;
    struct dataset_shape shape;
    if (open_arff(text, bytes, profile, &arff, err) < 0)
        return NULL;
    dataset_arff_shape(arff, &shape);
    auto_free char *base = calloc(1, shape.bytes);
    assert_non_null(base);
    int decoded = dataset_arff_decode(arff, base, err);
    dataset_arff_close(arff);
    if (decoded < 0)
        return NULL;
    if (segment_check(base, shape.bytes, err) < 0)
        fail_msg("%s", err->msg);
    return steal_ptr(&base);
}

static void same_text(const char *arff, enum segment_profile profile, const char *expected) {
    struct err err;
    size_t bytes;
    uint64_t written;
    auto_free char *text = NULL;
    auto_free void *segment = segment_of(arff, strlen(arff), profile, &err);
    if (!segment)
        fail_msg("%s", err.msg);
    auto_fd int output = memory_new("text", 0, &err);
    assert_int_equal(dataset_text(segment, ',', output, &written, &err), 0);
    assert_int_equal(memory_read(output, "text", 1u << 20, &text, &bytes, &err), 0);
    assert_string_equal(text, expected);
}

static void b_types_and_missing_values(void **state) {
    (void)state;
    same_text("% a comment\n@RELATION two words\n\n@attribute n NUMERIC\n@attribute r real % behind\n"
              "@attribute i integer\n@attribute g Integer\n@attribute s string\n@attribute d date\n"
              "@attribute c {x, 'y z',\"?\"}\n@data\n"
              "1,-1e3,7,?,plain,2024-02-29T12:00:00,x\n% between\n"
              "?,?,-9,5,?,?,?\n.5,+Infinity,0,7,'?','0001-01-01T00:00:00','?'\n",
              SEGMENT_PROFILE_UNITS,
              "n,r,i,g,s,d,c\n1.0,-1000.0,7,,plain,2024-02-29 12:00:00,x\n,,-9,5.0,,,\n"
              "0.5,inf,0,7.0,?,0001-01-01 00:00:00,?\n");
}

static void b_words(void **state) {
    (void)state;
    same_text("\xef\xbb\xbf@attribute 'it\\'s' string\r\n@attribute \"a b\" string\r\n@data\r\n"
              "\"say \\\"\\u00e4\\\"\",'\\t\\101\\344\\q\\\\'\r\n it's   50%\t\r\n'', ' '\r\nx,'{y}'",
              SEGMENT_PROFILE_NS, "it's,a b\n\"say \"\"ä\"\"\",\tAäq\\\nit's,50%\n\"\", \nx,{y}\n");
}

static void b_nothing_is_a_table(void **state) {
    (void)state;
    same_text("@data", SEGMENT_PROFILE_NS, "\n");
    same_text("@attribute c {}\n@attribute d date\n@data\n", SEGMENT_PROFILE_NS, "c,d\n");
    same_text("@attribute c {}\n@data\n?\n", SEGMENT_PROFILE_NS, "c\n\"\"\n");
}

static void m_integers(void **state) {
    (void)state;
    same_text("@attribute a integer\n@attribute b integer\n@attribute c integer\n@data\n"
              "999999999999999999,1.5,9007199254740993\n-999999999999999999,2,?\n",
              SEGMENT_PROFILE_NS, "a,b,c\n999999999999999999,1.5,9007199254740992.0\n-999999999999999999,2.0,\n");
    struct err err;
    static const char inexact[] = "@attribute c integer\n@data\n9007199254740993\n?\n";
    auto_free void *segment = segment_of(inexact, sizeof inexact - 1, SEGMENT_PROFILE_NS, &err);
    assert_non_null(segment);
    assert_int_equal(segment_array(segment, 0)->inexact, 1);
    assert_int_equal(segment_array(segment, 0)->null_count, 1);
}

static void m_reals_round_as_they_have_to(void **state) {
    static const char *const texts[] = {"0.1",     "123456.789012345", "1e22",   "1e23",      "4.35",
                                        "-0.0",    "1e-400",           "1e400",  "5e-324",    "0.3",
                                        "1000000", "00000000000001.5", "+17.25", "-Infinity", "179769313486231580793"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct err err;
        char arff[200];
        snprintf(arff, sizeof arff, "@attribute n real\n@data\n%s\n", texts[i]);
        auto_free void *segment = segment_of(arff, strlen(arff), SEGMENT_PROFILE_NS, &err);
        if (!segment)
            fail_msg("%s: %s", texts[i], err.msg);
        double expected = strtod(texts[i], NULL), found;
        memcpy(&found, segment_at(segment, segment_array(segment, 0)->values), sizeof found);
        if (memcmp(&expected, &found, sizeof found) != 0)
            fail_msg("%s: %.17g", texts[i], found);
    }
}

static void m_dates(void **state) {
    static const struct {
        const char *pattern, *text;
        int64_t ms; // -1: no such date
    } cases[] = {
        {"yyyy-MM-dd'T'HH:mm:ss", "1970-01-01T00:00:00", 0},
        {"yyyy-MM-dd'T'HH:mm:ss", "1969-12-31T23:59:59", -1000},
        {"yyyy-MM-dd", "2000-02-29", 951782400000},
        {"yyyy-MM-dd", "1900-02-29", -1},
        {"yyyy-MM-dd", "2000-13-01", -1},
        {"yyyy-MM-dd", "2000-02-29 ", -1},
        {"d.M.yy", "29.2.00", 951782400000},
        {"d.M.yy", "1.1.69", -31536000000},
        {"yyyyMMddHHmmssSSS", "20000229010203004", 951786123004},
        {"EEE, d MMM yyyy h:mm a", "Tue, 29 Feb 2000 12:30 AM", 951784200000},
        {"EEEE, d MMMM yyyy h:mm a", "tuesday, 29 february 2000 1:30 pm", 951831000000},
        {"K a", "11 PM", 82800000},
        {"k", "24", 0},
        {"H", "24", -1},
        {"HH 'o''clock' XXX", "02 o'clock +01:00", 3600000},
        {"HH:mm Z", "00:30 -0030", 3600000},
        {"HHX", "05Z", 18000000},
        {"ss", "60", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool zoned;
        int64_t ms;
        size_t bytes = strlen(cases[i].pattern);
        assert_int_equal(arff_date_check(cases[i].pattern, bytes, &zoned), bytes);
        if (!arff_date_read(cases[i].pattern, bytes, cases[i].text, strlen(cases[i].text), &ms))
            ms = -1;
        if (ms != cases[i].ms)
            fail_msg("%s as %s: %lld", cases[i].text, cases[i].pattern, (long long)ms);
    }
}

static void m_dates_with_an_offset_are_utc(void **state) {
    struct err err;
    static const char text[] = "@attribute d date \"HH:mm X\"\n@data\n'12:00 +02'\n?\n";
    (void)state;
    auto_free void *segment = segment_of(text, sizeof text - 1, SEGMENT_PROFILE_NS, &err);
    assert_non_null(segment);
    const struct segment_array *array = segment_array(segment, 0);
    const int64_t *values = segment_at(segment, array->values);
    assert_int_equal(values[0], INT64_C(36000000000000));
    assert_int_equal(array->unit, SEGMENT_UNIT_NS);
    assert_memory_equal(segment_at(segment, array->zone), "UTC", 3);
}

static void refused(const char *text, size_t bytes, enum reason reason, const char *message) {
    struct err err = {0};
    auto_free void *segment = segment_of(text, bytes, SEGMENT_PROFILE_NS, &err);
    assert_null(segment);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, reason);
}

static void m_what_is_refused(void **state) {
#define DATA "@attribute a real\n@attribute 'b c' {x,y}\n@data\n"
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "expected @attribute lines and @data, found the end of the file"},
        {"@attribute a real\n", "expected @attribute lines and @data, found the end of the file"},
        {"a,b\n1,2\n", "line 1, column 1: expected @relation, @attribute or @data, found a"},
        {"@attribute\n", "line 1, column 11: expected the name of an attribute, found the end of the line"},
        {"@attribute a\n", "line 1, column 13: expected a type (numeric, real, integer, string, date or {value, ...}), "
                           "found the end of the line"},
        {"@attribute a float\n",
         "line 1, column 14: expected a type (numeric, real, integer, string, date or {value, ...}), found float"},
        {"@attribute a relational\n", "line 1, column 14: a relational attribute (a table in a cell) is not supported"},
        {"@attribute a real x\n", "line 1, column 19: expected the end of the line, found x"},
        {"@attribute a {x,y\n", "line 1, column 18: expected a nominal value or }, found the end of the line"},
        {"@attribute a {x,,y}\n", "line 1, column 17: expected a nominal value, found a comma"},
        {"@attribute a {x,y,}\n", "line 1, column 19: expected a nominal value, found }"},
        {"@attribute a {x,y,'x'}\n", "line 1, column 19: the nominal value 'x' is declared twice"},
        {"@attribute a date w\n", "line 1, column 19: a date pattern with the letter w, which is not known (y M d H k "
                                  "K h a m s S E Z X are)"},
        {"@attribute 'a real\n", "line 1, column 12: a quote that is not closed on its line"},
        {"@attribute 'a'b real\n", "line 1, column 15: expected a comma or a blank behind a closing quote"},
        {"@attribute \xe4 real\n",
         "line 1, column 12: byte 0xe4 is not UTF-8 (of a Latin-1 file: iconv -f latin1 -t utf-8)"},
        {DATA "1,x\n2\n", "line 5, column 2: expected 2 values, found 1"},
        {DATA "1,x\n2,y,z\n", "line 5, column 4: expected 2 values, found more (what has blanks or commas is quoted)"},
        {DATA "1,x,{2}\n", "line 4, column 5: weights of rows ({5} behind the values) are not supported"},
        {DATA "{0 1, 1 x}\n", "line 4, column 1: sparse rows ({index value, ...}) are not supported: write every value "
                              "(Weka's filter SparseToNonSparse does)"},
        {DATA "1,,x\n", "line 4, column 3: expected a value, found a comma (a missing value is written ?)"},
        {DATA "ä,x\n", "line 4, column 1: attribute 'a': expected a number, found 'ä'"},
        {DATA "0x10,x\n", "line 4, column 1: attribute 'a': expected a number, found '0x10'"},
        {DATA "'ä',x\n1 X\n", "line 4, column 1: attribute 'a': expected a number, found 'ä'"},
        {DATA "1,{y}\n", "line 4, column 3: expected a value, found {"},
        {DATA "1 X\n", "line 4, column 3: attribute 'b c': expected one of its 2 values, found 'X'"},
        {"@attribute i integer\n@data\nx\n", "line 3, column 1: attribute 'i': expected a number, found 'x'"},
        {"@attribute d date yyyy\n@data\n?\n20x4\n",
         "line 4, column 1: attribute 'd': expected a date of the form yyyy, found '20x4'"},
        {"@attribute d date yyyy\n@data\n1600\n", "line 3, column 1: attribute 'd': expected a date from 1677 to "
                                                  "2262, which is what nanoseconds can count, found '1600'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].text, strlen(cases[i].text), REASON_BAD_INPUT, cases[i].message);
    static const char nul[] = "@attribute a string\n@data\nxy\0z\n";
    refused(nul, sizeof nul - 1, REASON_BAD_INPUT, "line 3, column 3: a NUL byte, which no text has");
}

static void l_rows_and_columns(void **state) {
    static const char column[] = "@attribute a real\n";
    char text[41 * (sizeof column - 1) + 1] = "";
    static const char rows[] = "@attribute a real\n@data\n1\n2\n3\n4\n5\n6\n";
    (void)state;
    refused(rows, sizeof rows - 1, REASON_LIMIT_OUTPUT, "more than 5 rows, which is the limit");
    for (size_t i = 0; i < 41; i++)
        memcpy(text + i * (sizeof column - 1), column, sizeof column);
    refused(text, strlen(text), REASON_LIMIT_OUTPUT, "more than 40 attributes, which is the limit");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_types_and_missing_values),
        cmocka_unit_test(b_words),
        cmocka_unit_test(b_nothing_is_a_table),
        cmocka_unit_test(m_integers),
        cmocka_unit_test(m_reals_round_as_they_have_to),
        cmocka_unit_test(m_dates),
        cmocka_unit_test(m_dates_with_an_offset_are_utc),
        cmocka_unit_test(m_what_is_refused),
        cmocka_unit_test(l_rows_and_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
