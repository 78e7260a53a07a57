// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "quern/limits.h"

static struct limits_layers layers;
static struct job_limits limits;
static uint8_t origins[LIMITS_COUNT];

static int set_up(void **state) {
    (void)state;
    layers = (struct limits_layers){0};
    limits = (struct job_limits){0};
    return 0;
}

static void take(struct limits_layer *layer, const char *section, const char *key, const char *value) {
    char why[LIMITS_WHY_BYTES];
    if (!limits_take(section, key, value, layer, why))
        fail_msg("%s", why);
}

static void assert_counts(enum limit_row row, uint64_t value, enum limit_origin origin) {
    if (limits_get(&limits, row) != value || origins[row] != origin)
        fail_msg("%s: expected %llu of %s, found %llu of %s", limits_table[row].name, (unsigned long long)value,
                 limit_origin_word(origin), (unsigned long long)limits_get(&limits, row),
                 limit_origin_word(origins[row]));
}

static void b_of_what_nobody_says_the_table_counts(void **state) {
    (void)state;
    limits_settle(&limits, &layers, 4, origins);
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++)
        assert_counts(row, limits_table[row].usual, LIMIT_USUAL);
}

static void b_the_job_then_its_environment_then_its_host(void **state) {
    (void)state;
    take(&layers.host, "defaults", "memory", "1G");
    take(&layers.host, "defaults", "disk", "2G");
    take(&layers.host, "defaults", "files", "7");
    take(&layers.environment, "defaults", "memory", "3G");
    take(&layers.environment, "defaults", "disk", "4G");
    limits.jail.memory_bytes = 5ull << 30;
    limits_settle(&limits, &layers, 4, origins);
    assert_counts(LIMIT_memory_bytes, 5ull << 30, LIMIT_ASKED);
    assert_counts(LIMIT_work_bytes, 4ull << 30, LIMIT_OF_ENVIRONMENT);
    assert_counts(LIMIT_files, 7, LIMIT_OF_HOST);
    assert_counts(LIMIT_pictures, 100, LIMIT_USUAL);
}

static void l_the_lower_of_two_bounds_counts_and_is_named(void **state) {
    (void)state;
    take(&layers.environment, "limits", "processes", "20");
    take(&layers.host, "limits", "processes", "30");
    take(&layers.environment, "limits", "pictures", "9");
    take(&layers.host, "limits", "pictures", "8");
    take(&layers.environment, "defaults", "bundle_ratio", "50");
    take(&layers.host, "limits", "bundle_ratio", "40");
    take(&layers.host, "limits", "memory", "8G");
    limits.jail.processes = 40;
    limits.jail.memory_bytes = 8ull << 30;
    limits_settle(&limits, &layers, 4, origins);
    assert_counts(LIMIT_processes, 20, LIMIT_OF_ENVIRONMENT);
    assert_counts(LIMIT_pictures, 8, LIMIT_OF_HOST);
    assert_counts(LIMIT_bundle_ratio, 40, LIMIT_OF_HOST);
    assert_counts(LIMIT_memory_bytes, 8ull << 30, LIMIT_ASKED);
}

static void assert_cpu(uint64_t asked_time_ms, uint64_t asked_cpu, uint64_t cpu, enum limit_origin origin) {
    limits = (struct job_limits){.time_ms = asked_time_ms, .jail.cpu_seconds = asked_cpu};
    limits_settle(&limits, &layers, 4, origins);
    assert_counts(LIMIT_cpu_seconds, cpu, origin);
}

static void m_who_says_the_time_lets_all_cores_run_so_long(void **state) {
    (void)state;
    const uint64_t hour = 3600000, longest = limits_table[LIMIT_time_ms].most;
    assert_cpu(0, 0, 3600, LIMIT_USUAL);
    assert_cpu(10 * hour, 0, 4 * 36001, LIMIT_ASKED);
    assert_cpu(1000, 0, 3600, LIMIT_USUAL); // enough already
    assert_cpu(10 * hour, 5, 5, LIMIT_ASKED);
    assert_cpu(longest, 0, 31622400, LIMIT_ASKED);
    take(&layers.host, "defaults", "time", "2h");
    assert_cpu(0, 0, 4 * 7201, LIMIT_OF_HOST);
    take(&layers.environment, "defaults", "cpu", "90s");
    assert_cpu(0, 0, 90, LIMIT_OF_ENVIRONMENT); // said by who comes before the host
    assert_cpu(hour, 0, 4 * 3601, LIMIT_ASKED);
    take(&layers.host, "limits", "cpu", "100s");
    assert_cpu(hour, 0, 100, LIMIT_OF_HOST);
}

static void assert_row(enum limit_row row, const char *shown, uint64_t usual) {
    struct limits_layer layer = {0};
    char text[LIMITS_TEXT_BYTES];
    take(&layer, "defaults", limits_table[row].key, shown);
    assert_int_equal(limits_get(&layer.defaults, row), usual);
    take(&layer, "limits", limits_table[row].key, limits_show(row, usual, text));
    assert_int_equal(limits_get(&layer.most, row), usual);
    assert_true(limits_table[row].least >= 1 && limits_table[row].least <= usual && usual <= limits_table[row].most);
}

static void b_what_the_table_shows_is_what_it_means(void **state) {
    (void)state;
#define ROW(member, key, flag, unit, least, most, usual, shown, ...) assert_row(LIMIT_##member, shown, usual);
#define LIMIT(...) ROW(__VA_ARGS__)
#define JAIL_LIMIT(...) ROW(__VA_ARGS__)
#include "../../schemas/limits.def"
}

static void b_limits_are_shown_as_they_are_read(void **state) {
    (void)state;
    char text[LIMITS_TEXT_BYTES];
    assert_string_equal(limits_show(LIMIT_memory_bytes, 1ull << 50, text), "1024T");
    assert_string_equal(limits_show(LIMIT_memory_bytes, 1536, text), "1536");
    assert_string_equal(limits_show(LIMIT_memory_bytes, 3ull << 19, text), "1536K");
    assert_string_equal(limits_show(LIMIT_time_ms, 90000, text), "90s");
    assert_string_equal(limits_show(LIMIT_time_ms, 1500, text), "1500ms");
    assert_string_equal(limits_show(LIMIT_cpu_seconds, 172800, text), "2d");
    assert_string_equal(limits_show(LIMIT_pictures, 100, text), "100");
}

static void assert_refused(const char *key, const char *value, const char *message) {
    struct limits_layer layer = {0};
    char why[LIMITS_WHY_BYTES];
    assert_false(limits_take("defaults", key, value, &layer, why));
    assert_string_equal(why, message);
    assert_int_equal(layer.defaults.jail.memory_bytes, 0);
}

static void f_values_out_of_range_are_told(void **state) {
    (void)state;
    assert_refused("memory", "0", "memory: expected a size like 512M, 1M to 1024T, found \"0\"");
    assert_refused("memory", "1023K", "memory: expected a size like 512M, 1M to 1024T, found \"1023K\"");
    assert_refused("memory", "2000T", "memory: expected a size like 512M, 1M to 1024T, found \"2000T\"");
    assert_refused("pictures", "201", "pictures: expected a number, 1 to 200, found \"201\"");
    assert_refused("pictures", "-1", "pictures: expected a number, 1 to 200, found \"-1\"");
    assert_refused("time", "60", "time: expected a duration like 60s, 1ms to 366d, found \"60\"");
    assert_refused("cpu", "0s", "cpu: expected a duration like 60s, 1s to 366d, found \"0s\"");
}

static void f_a_default_above_its_own_bound_is_told(void **state) {
    (void)state;
    struct limits_layer layer = {0};
    char why[LIMITS_WHY_BYTES];
    take(&layer, "defaults", "time", "2h");
    assert_true(limits_agree(&layer, why));
    take(&layer, "limits", "time", "2h");
    assert_true(limits_agree(&layer, why));
    take(&layer, "limits", "disk", "2G");
    assert_true(limits_agree(&layer, why));
    take(&layer, "defaults", "disk", "2049M");
    assert_false(limits_agree(&layer, why));
    assert_string_equal(why, "[defaults] disk = 2049M is above [limits] disk = 2G");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(b_of_what_nobody_says_the_table_counts, set_up),
        cmocka_unit_test_setup(b_the_job_then_its_environment_then_its_host, set_up),
        cmocka_unit_test_setup(l_the_lower_of_two_bounds_counts_and_is_named, set_up),
        cmocka_unit_test_setup(m_who_says_the_time_lets_all_cores_run_so_long, set_up),
        cmocka_unit_test(b_what_the_table_shows_is_what_it_means),
        cmocka_unit_test(b_limits_are_shown_as_they_are_read),
        cmocka_unit_test(f_values_out_of_range_are_told),
        cmocka_unit_test(f_a_default_above_its_own_bound_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
