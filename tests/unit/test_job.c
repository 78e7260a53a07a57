// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/job.h"
#include "quern/own.h"

#define MINIMAL "\"schema\":1,\"id\":\"j1\",\"script\":{\"url\":\"file:/a.py\",\"name\":\"a.py\"}"

static int decode(const char *json, struct job *job, struct err *err) {
    return job_decode(json, strlen(json), job, err);
}

static void assert_refused(const char *json, const char *message) {
    struct job job = {.dialect = 77};
    struct err err = {0};
    assert_int_equal(decode(json, &job, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_int_equal(job.dialect, 77);
}

static void b_defaults_have_a_fresh_id_and_ask_for_no_limits(void **state) {
    (void)state;
    struct job one, two;
    job_defaults(&one);
    job_defaults(&two);
    assert_int_equal(strlen(one.id), 26);
    assert_int_equal(strspn(one.id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
    assert_string_not_equal(one.id, two.id);
    assert_true(strncmp(one.id, two.id, 10) <= 0);
    assert_int_equal(one.dialect, HOST_QUERN);
    assert_string_equal(one.environment, "default");
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++)
        assert_int_equal(limits_get(&one.limits, row), 0);
}

static const char whole[] =
    "{\"schema\":1,\"id\":\"01HZX_-\",\"dialect\":\"designer\",\"strict\":true,\"environment\":\"sci.1\","
    "\"script\":{\"url\":\"job:j0/script\",\"version\":\"sha256-00\",\"name\":\"score.py\"},"
    "\"bundle\":{\"url\":\"bundles/b\",\"name\":\"b.zip\"},"
    "\"inputs\":[{\"port\":1,\"format\":\"arrow\",\"no_header\":false,\"url\":\"hospital/"
    "p\xc3\xa4tients\",\"version\":\"v\",\"name\":\"p\"},"
    "{\"port\":64,\"format\":\"csv\",\"no_header\":true,\"url\":\"file:/data/b c.csv\",\"name\":\"b c.csv\","
    "\"parameter\":\"b.c\",\"columns\":[\"b\",\"\",\"a\"]}],"
    "\"params\":{\"k\":\"v\\n\\\"\xe2\x82\xac\",\"empty\":\"\"},"
    "\"outputs\":{\"dataset1\":\"scores\",\"visualization\":\"scores/visualization.png\"},"
    "\"read\":[\"hospital/\",\"job:j0\",\"bundles\"],\"write\":[\"scores\"],"
    "\"limits\":{\"time_ms\":8,\"memory_bytes\":1048576,\"cpu_seconds\":7,\"processes\":5,\"open_files\":16,"
    "\"work_bytes\":1048577,\"work_files\":3,\"file_bytes\":4,\"result_bytes\":9,\"output_bytes\":10,\"pictures\":11,"
    "\"picture_pixels\":14,\"files\":12,\"files_bytes\":13,\"bundle_entries\":15,\"bundle_bytes\":17,"
    "\"bundle_ratio\":18},\"decimals\":\"text\","
    "\"legacy\":true,\"debug\":true}";

static void b_a_whole_document_goes_around(void **state) {
    (void)state;
    struct job job;
    struct err err;
    auto_free char *json = NULL;
    size_t bytes = 0;
    if (decode(whole, &job, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(job.dialect, HOST_DESIGNER);
    assert_true(job.strict);
    assert_string_equal(job.bundle.name, "b.zip");
    assert_null(job.bundle.version);
    assert_int_equal(job.inputs[1].format, JOB_CSV);
    assert_true(job.inputs[1].no_header && !job.inputs[0].no_header);
    assert_string_equal(job.inputs[1].source.url, "file:/data/b c.csv");
    assert_null(job.inputs[0].columns);
    assert_int_equal(job.inputs[1].column_count, 3);
    assert_string_equal(job.inputs[1].columns[2], "a");
    assert_int_equal(job.decimals, JOB_DECIMALS_TEXT);
    assert_true(job.legacy);
    assert_string_equal(job.params[0].value, "v\n\"\xe2\x82\xac");
    assert_string_equal(job.outputs[1].port, "visualization");
    assert_int_equal(job.limits.jail.cpu_seconds, 7);
    assert_int_equal(job_encode(&job, &json, &bytes, NULL), 0);
    assert_string_equal(json, whole);
    assert_int_equal(bytes, sizeof whole - 1);
    job_free(&job);
}

static void assert_jail_takes(const char *limits) {
    char json[1024];
    struct job job;
    struct err err = {0};
    snprintf(json, sizeof json, "{%s,\"limits\":%s}", MINIMAL, limits);
    if (decode(json, &job, &err) < 0)
        fail_msg("%s", err.msg);
    uint8_t origins[LIMITS_COUNT];
    limits_settle(&job.limits, &(struct limits_layers){0}, 1, origins);
    if (jail_limits_check(&job.limits.jail, &err) < 0)
        fail_msg("%s", err.msg);
    job_free(&job);
}

static void l_the_jail_takes_all_limits_that_a_job_may_have(void **state) {
    (void)state;
    assert_jail_takes("{}");
    assert_jail_takes("{\"memory_bytes\":1048576,\"work_bytes\":1048576,\"work_files\":1,\"file_bytes\":1,"
                      "\"processes\":1,\"open_files\":16,\"cpu_seconds\":1}");
    assert_jail_takes("{\"memory_bytes\":1125899906842624,\"work_bytes\":1125899906842624,\"work_files\":1048576,"
                      "\"file_bytes\":1125899906842624,\"processes\":1048576,\"open_files\":1048576,"
                      "\"cpu_seconds\":31622400}");
}

static void b_what_is_not_said_is_as_in_the_defaults(void **state) {
    (void)state;
    struct job job, usual;
    job_defaults(&usual);
    assert_int_equal(decode("{" MINIMAL "}", &job, NULL), 0);
    assert_memory_equal(&job.limits, &usual.limits, sizeof job.limits);
    assert_string_equal(job.id, "j1");
    assert_null(job.bundle.url);
    assert_int_equal(job.input_count + job.param_count + job.output_count, 0);
    job_free(&job);
    job_free(&job); // twice is once
}

static void f_errors_name_the_field(void **state) {
    (void)state;
    assert_refused("{" MINIMAL
                   ",\"inputs\":[{\"port\":1,\"format\":\"csv\",\"url\":\"a\",\"name\":\"a\"},{\"port\":0}]}",
                   "inputs[1].port: expected 1..64, found 0");
    assert_refused("{" MINIMAL ",\"limits\":{\"memory_bytes\":\"2G\"}}",
                   "limits.memory_bytes: expected a positive integer, found \"2G\"");
    assert_refused("{" MINIMAL ",\"limits\":{\"memory_bytes\":1.0}}",
                   "limits.memory_bytes: expected a positive integer, found 1.0");
    assert_refused("{" MINIMAL ",\"limits\":{\"processes\":4294967297}}",
                   "limits.processes: expected 1..1048576, found 4294967297");
    assert_refused("{" MINIMAL ",\"limits\":{\"pictures\":-1}}", "limits.pictures: expected 1..200, found -1");
    assert_refused("{" MINIMAL ",\"limits\":{\"time_ms\":0}}", "limits.time_ms: expected 1..31622400000, found 0");
    assert_refused("{" MINIMAL ",\"limits\":{\"wall\":0}}", "limits.wall: no such field");
    assert_refused("{" MINIMAL ",\"dialect\":\"r\"}",
                   "dialect: expected classic, studio, designer or quern, found \"r\"");
    assert_refused(
        "{" MINIMAL ",\"inputs\":[{\"port\":1,\"format\":\"json\",\"url\":\"a\",\"name\":\"a\","
        "\"parameter\":\"m\"},{\"port\":2,\"format\":\"text\",\"url\":\"b\",\"name\":\"b\",\"parameter\":\"m\"}]}",
        "inputs[1].parameter: expected another name than that of inputs[0], found \"m\"");
    assert_refused("{" MINIMAL ",\"inputs\":[{\"port\":1,\"format\":\"json\",\"url\":\"a\",\"name\":\"a\","
                   "\"columns\":[\"b\"]}]}",
                   "inputs[0].columns: expected none of an input that is no table, found some");
    assert_refused("{\"schema\":1,\"id\":\"j\"}", "script: expected this field, found none");
    assert_refused("{\"schema\":2}", "schema: expected 1..1, found 2");
    assert_refused("{" MINIMAL ",\"bundle\":{\"url\":\"b\"}}", "bundle.name: expected this field, found none");
    assert_refused("{" MINIMAL ",\"bundle\":null}", "bundle: expected an object, found null");
    assert_refused("{" MINIMAL ",\"inputs\":{}}", "inputs: expected an array, found an object");
    assert_refused("{" MINIMAL ",\"params\":{\"k\":1}}", "params.k: expected a string, found 1");
    assert_refused("{" MINIMAL ",\"debug\":1}", "debug: expected true or false, found 1");
    assert_refused("{" MINIMAL ",\"environment\":\".x\"}",
                   "environment: expected 1 to 64 of A-Z a-z 0-9 _ . - that start with no dot, found \".x\"");
    assert_refused("[]", "job: expected an object, found an array");
}

static void f_names_and_keys_are_checked(void **state) {
    (void)state;
    assert_refused("{" MINIMAL ",\"outputs\":{\"dataset1\":\"a/../b\"}}",
                   "outputs.dataset1: key \"a/../b\": expected no part `.` or `..`, found one");
    assert_refused("{" MINIMAL ",\"outputs\":{\"a/b\":\"k\"}}",
                   "outputs: expected a file name without `/`, found \"a/b\"");
    assert_refused("{" MINIMAL ",\"outputs\":{\"a\":\"k\",\"b\":\"k\"}}",
                   "outputs.b: expected another key than that of a, found the same");
    assert_refused("{\"schema\":1,\"id\":\"j\",\"script\":{\"url\":\"file:a.py\",\"name\":\"a.py\"}}",
                   "script.url: expected a storage key or file:/absolute/path, found \"file:a.py\"");
    assert_refused("{\"schema\":1,\"id\":\"j\",\"script\":{\"url\":\"a\",\"name\":\"../a.py\"}}",
                   "script.name: expected a file name without `/`, found \"../a.py\"");
    assert_refused("{\"schema\":1,\"id\":\"j\",\"script\":{\"url\":\"a\",\"name\":\"a\\u001b[2J\"}}",
                   "script.name: expected UTF-8 without control characters, found other bytes");
    assert_refused("{\"schema\":1,\"id\":\"a b\",\"script\":{\"url\":\"a\",\"name\":\"a\"}}",
                   "id: expected 1 to 64 of A-Z a-z 0-9 _ -, found \"a b\"");
    assert_refused("{" MINIMAL ",\"inputs\":[{\"port\":2,\"format\":\"csv\",\"url\":\"a\",\"name\":\"a\"},"
                   "{\"port\":2,\"format\":\"csv\",\"url\":\"b\",\"name\":\"b\"}]}",
                   "inputs[1].port: expected another port than inputs[0], found 2");
    assert_refused("{" MINIMAL ",\"inputs\":[{\"port\":2,\"format\":\"arff\",\"no_header\":true,\"url\":\"a\","
                   "\"name\":\"a\"}]}",
                   "inputs[0].no_header: expected false for a file that is not csv or tsv, found true");
    assert_refused("{" MINIMAL ",\"inputs\":[{\"port\":2,\"format\":\"csv\",\"url\":\"a\",\"version\":\"a b\","
                   "\"name\":\"a\"}]}",
                   "inputs[0].version: expected visible ASCII characters, found others");
    assert_refused("{" MINIMAL ",\"params\":{\"\":\"v\"}}", "params: expected 1 to 255 bytes, found 0");
}

static void f_json_is_taken_strictly(void **state) {
    (void)state;
    assert_refused("{" MINIMAL ",\"id\":\"j2\"}",
                   "job: expected JSON, found at line 1, column 70: duplicate object key near '\"id\"'");
    assert_refused("", "job: expected JSON, found at line 1, column 0: '[' or '{' expected near end of file");
    assert_refused("{" MINIMAL "} x", "job: expected JSON, found at line 1, column 68: end of file expected near 'x'");
    assert_refused("{" MINIMAL ",\"params\":{\"a\":\"\\u0000\"}}",
                   "job: expected JSON, found at line 1, column 88: \\u0000 is not allowed without JSON_ALLOW_NUL near "
                   "'\"\\u0000\"'");
}

static size_t many_params(char *json, size_t room, int count) {
    int used = snprintf(json, room, "{" MINIMAL ",\"params\":{\"p\":\"\"");
    for (int i = 1; i < count; i++)
        used += snprintf(json + used, room - (size_t)used, ",\"p%d\":\"\"", i);
    used += snprintf(json + used, room - (size_t)used, "}}");
    return (size_t)used;
}

static void l_sizes_have_ceilings(void **state) {
    (void)state;
    struct err err;
    struct job job;
    assert_refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                   "job: expected at most 32 levels, found 33");
    auto_free char *large = calloc(1, JOB_MAX_BYTES + 1);
    memset(large, ' ', JOB_MAX_BYTES + 1);
    assert_int_equal(job_decode(large, JOB_MAX_BYTES + 1, &job, &err), -1);
    assert_string_equal(err.msg, "job: expected at most 4194304 bytes, found 4194305");
    size_t used = many_params(large, JOB_MAX_BYTES, 257);
    assert_int_equal(job_decode(large, used, &job, &err), -1);
    assert_string_equal(err.msg, "params: expected at most 256, found 257");
}

static void f_a_struct_is_checked_before_it_is_written(void **state) {
    (void)state;
    struct job job;
    struct err err;
    char *json = NULL;
    size_t bytes = 0;
    job_defaults(&job);
    assert_int_equal(job_encode(&job, &json, &bytes, &err), -1);
    assert_string_equal(err.msg, "script.url: expected a string, found none");
    job.script.url = strdup("file:/a");
    job.script.name = strdup("\xff");
    assert_int_equal(job_encode(&job, &json, &bytes, &err), -1);
    assert_string_equal(err.msg, "script.name: expected UTF-8 without control characters, found other bytes");
    job.script.name[0] = 'a';
    memset(job.id, 'a', sizeof job.id);
    assert_int_equal(job_check(&job, &err), -1);
    assert_string_equal(err.msg, "id: expected at most 64 bytes, found more");
    job.id[4] = '\0';
    job.dialect = 5;
    assert_int_equal(job_check(&job, &err), -1);
    assert_string_equal(err.msg, "dialect: expected classic, studio, designer or quern, found number 5");
    job.dialect = HOST_CLASSIC;
    job.params = calloc(2, sizeof *job.params);
    job.param_count = 2;
    for (int i = 0; i < 2; i++)
        job.params[i] = (struct job_param){.key = strdup("k"), .value = strdup("v")};
    assert_int_equal(job_check(&job, &err), -1);
    assert_string_equal(err.msg, "params.k: expected the name once, found it twice");
    job.params[1].key[0] = 'l';
    assert_int_equal(job_check(&job, &err), 0);
    assert_null(json);
    job_free(&job);
}

static void assert_key(const struct job *job, const char *port, const char *expected) {
    char key[32];
    struct err err = {0};
    assert_int_equal(job_output_key(job, port, key, sizeof key, &err), expected ? 1 : 0);
    if (expected)
        assert_string_equal(key, expected);
}

static void b_outputs_have_keys_of_their_own_or_below_one(void **state) {
    (void)state;
    struct job job;
    struct err err;
    char key[8];
    assert_int_equal(decode("{" MINIMAL "}", &job, NULL), 0);
    assert_key(&job, "dataset1", NULL);
    job_free(&job);
    assert_int_equal(decode("{" MINIMAL ",\"outputs\":{\"*\":\"scores\",\"model\":\"models/a\"}}", &job, NULL), 0);
    assert_key(&job, "dataset1", "scores");
    assert_key(&job, "dataset2", "scores/dataset2");
    assert_key(&job, "visualization", "scores/visualization.png");
    assert_key(&job, "folds", "scores/folds");
    assert_key(&job, "model", "models/a");
    assert_int_equal(job_output_key(&job, "model", key, sizeof key, &err), -1);
    assert_string_equal(err.msg, "output model: expected a key of at most 7 bytes, found 8");
    job_free(&job);
}

static void f_prefixes_end_at_slashes(void **state) {
    (void)state;
    struct job job;
    assert_int_equal(decode("{" MINIMAL "}", &job, NULL), 0);
    assert_true(job_may_read(&job, "any/key"));
    assert_true(job_may_write(&job, "job:j1/dataset1"));
    assert_false(job_may_write(&job, "job:j12/dataset1"));
    assert_refused("{" MINIMAL ",\"outputs\":{\"a\":\"job:j2/dataset1\"}}",
                   "outputs.a: expected no key of a job, which has its own outputs there by itself, found "
                   "\"job:j2/dataset1\"");
    assert_false(job_may_write(&job, "any/key"));
    job_free(&job);
    assert_int_equal(decode("{" MINIMAL
                            ",\"outputs\":{\"*\":\"o\",\"m\":\"one\"},\"read\":[\"a\",\"b/\"],\"write\":[\"w\"]}",
                            &job, NULL),
                     0);
    static const char *const read[] = {"a", "a/b", "b", "b/c", "job:j1/dataset1"}, *const hidden[] = {"ab", "w", "c/a"};
    static const char *const write[] = {"w", "w/x", "o", "o/dataset2", "one"}, *const closed[] = {"wx", "ob", "one/x",
                                                                                                  "a"};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        assert_true(job_may_read(&job, read[i]));
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_false(job_may_read(&job, hidden[i]));
    for (size_t i = 0; i < sizeof write / sizeof *write; i++)
        assert_true(job_may_write(&job, write[i]));
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        assert_false(job_may_write(&job, closed[i]));
    job_free(&job);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_defaults_have_a_fresh_id_and_ask_for_no_limits),
        cmocka_unit_test(b_a_whole_document_goes_around),
        cmocka_unit_test(l_the_jail_takes_all_limits_that_a_job_may_have),
        cmocka_unit_test(b_what_is_not_said_is_as_in_the_defaults),
        cmocka_unit_test(b_outputs_have_keys_of_their_own_or_below_one),
        cmocka_unit_test(f_prefixes_end_at_slashes),
        cmocka_unit_test(f_errors_name_the_field),
        cmocka_unit_test(f_names_and_keys_are_checked),
        cmocka_unit_test(f_json_is_taken_strictly),
        cmocka_unit_test(l_sizes_have_ceilings),
        cmocka_unit_test(f_a_struct_is_checked_before_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
