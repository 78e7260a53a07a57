// SPDX-License-Identifier: Apache-2.0
// The parts of quernd that need no processes: turns, pauses, settings, the log, what systemd is told, metrics.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/keeper/keeper_metrics.h"
#include "daemon/log.h"
#include "daemon/quernd/backoff.h"
#include "daemon/quernd/keeper_link.h"
#include "daemon/quernd/notify.h"
#include "daemon/quernd/quernd_config.h"
#include "daemon/quernd/turns.h"
#include "quern/memory.h"
#include "quern/record.h"
#include "redis/password.h"

// ---- turns ----

static void b_queues_are_asked_in_order(void **state) {
    struct turns turns;
    (void)state;
    turns_init(&turns, 3);
    assert_int_equal(turns_next(&turns), TURNS_NONE);
    turns_ready(&turns, 2, true);
    turns_ready(&turns, 1, true);
    assert_int_equal(turns_next(&turns), 1);
    turns_nothing(&turns, 1, turns_claim(&turns, 1));
    assert_int_equal(turns_next(&turns), 2);
    turns_nothing(&turns, 2, turns_claim(&turns, 2));
    assert_int_equal(turns_next(&turns), TURNS_NONE);
    turns_wake(&turns, 2);
    turns_wake(&turns, 1);
    assert_int_equal(turns_next(&turns), 1);
}

static void r_a_wake_up_during_a_claim_counts(void **state) {
    struct turns turns;
    (void)state;
    turns_init(&turns, 1);
    turns_ready(&turns, 0, true);
    uint64_t claim = turns_claim(&turns, 0);
    turns_wake(&turns, 0);
    turns_nothing(&turns, 0, claim);
    assert_int_equal(turns_next(&turns), 0);
}

static void b_a_queue_that_is_not_ready_is_not_asked(void **state) {
    struct turns turns;
    (void)state;
    turns_init(&turns, 1);
    turns_ready(&turns, 0, true);
    turns_nothing(&turns, 0, turns_claim(&turns, 0));
    turns_ready(&turns, 0, false);
    turns_wake(&turns, 0);
    assert_int_equal(turns_next(&turns), TURNS_NONE);
    turns_nothing(&turns, 0, turns_claim(&turns, 0));
    turns_ready(&turns, 0, true); // who knows what came meanwhile
    assert_int_equal(turns_next(&turns), 0);
}

// ---- pauses ----

static void b_pauses_grow_and_end(void **state) {
    struct backoff backoff = {0};
    uint64_t last = 0;
    (void)state;
    for (int i = 0; i < 20; i++) {
        backoff_born(&backoff);
        backoff_died(&backoff);
        uint64_t pause_ms = (backoff.next_ns - backoff.born_ns) / 1000000;
        assert_true(pause_ms >= last && pause_ms <= BACKOFF_MOST_MS + 1000);
        last = i == 0 ? 0 : pause_ms;
    }
    assert_true(last >= BACKOFF_MOST_MS);
    assert_false(backoff_due(&backoff, clock_now_ns()));
    backoff_proved(&backoff);
    backoff_born(&backoff);
    backoff_died(&backoff);
    assert_true(backoff_due(&backoff, clock_now_ns()));
    struct backoff soon = {.most_ms = 250};
    backoff_born(&soon);
    for (int i = 0; i < 20; i++)
        backoff_died(&soon);
    assert_int_equal(soon.pause_ms, 250);
}

// ---- settings ----

static struct quernd_config *parsed(const char *text) {
    struct quernd_config *config = malloc(sizeof *config);
    struct err err = {0};
    if (quernd_config_parse("test.ini", text, config, &err) < 0)
        fail_msg("%s", err.msg);
    return config;
}

static void refused(const char *text, const char *message) {
    struct quernd_config *config = malloc(sizeof *config);
    struct err err = {0};
    assert_int_equal(quernd_config_parse("test.ini", text, config, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    assert_string_equal(err.msg, message);
    free(config);
}

static void b_settings_have_defaults(void **state) {
    (void)state;
    setenv("XDG_DATA_HOME", "/data", 1);
    struct quernd_config *config = parsed("[queue]\nurl = redis://r\n");
    const struct settings *settings = &config->settings;
    assert_string_equal(settings->queues[0], "default");
    assert_int_equal(settings->queue_count, 1);
    assert_int_equal(settings->lease_ms, 30000);
    assert_string_equal(settings->store_url, "file:/data/quern/store");
    assert_string_equal(settings->environments, "default");
    assert_int_equal(config->drain_timeout_ms, 60000);
    assert_int_equal(settings->collect_ms, 3600000);
    assert_int_equal(settings->keep_ms, 86400000);
    assert_int_equal(settings->durability, QUEUE_NORMAL);
    assert_int_equal(config->jail.level, JAIL_MINIMAL);
    assert_int_equal(config->renew_jobs, 10000);
    assert_int_equal(config->renew_ms, 86400000);
    assert_true(settings->worker_count >= 1 && settings->worker[0]);
    free(config);
}

static void b_settings_are_taken(void **state) {
    (void)state;
    struct quernd_config *config = parsed(
        "; a comment\n[queue]\nurl = unix:/r?db=1\nnames = a, b c\nlease = 500s\n"
        "password_file = /p\ndurability = fsync\n[store]\nurl = file:/s\ncollect = never\n"
        "keep = 7d\n[workers]\ncount = 64\n"
        "name = h-1\nmemory = 2G\ndrain_timeout = 5m\n[environments]\n"
        "names = x default\nrenew_jobs = 3\nrenew_after = never\n[jail]\nrequire = full\n[log]\nformat = json\n");
    const struct settings *settings = &config->settings;
    assert_int_equal(settings->queue_count, 3);
    assert_string_equal(settings->queues[2], "c");
    assert_int_equal(settings->lease_ms, 500000);
    assert_string_equal(settings->queue_password_file, "/p");
    assert_int_equal(settings->durability, QUEUE_FSYNC);
    assert_int_equal(settings->collect_ms, 0);
    assert_int_equal(settings->keep_ms, UINT64_C(7) * 86400000);
    assert_string_equal(settings->environments, "x,default");
    assert_int_equal(config->memory_bytes, UINT64_C(2) << 30);
    assert_int_equal(config->drain_timeout_ms, 300000);
    assert_int_equal(config->jail.level, JAIL_FULL);
    assert_int_equal(config->renew_jobs, 3);
    assert_int_equal(config->renew_ms, 0);
    assert_int_equal(settings->log_format, SETTINGS_LOG_JSON);
    free(config);
}

static void b_a_credential_is_below_its_directory(void **state) {
    (void)state;
    setenv("CREDENTIALS_DIRECTORY", "/run/credentials/q", 1);
    struct quernd_config *config = parsed("[queue]\nurl = redis://r\npassword_file = redis\n");
    assert_string_equal(config->settings.queue_password_file, "/run/credentials/q/redis");
    free(config);
    unsetenv("CREDENTIALS_DIRECTORY");
    refused(
        "[queue]\nurl = redis://r\npassword_file = redis\n",
        "test.ini: line 3: password_file: expected an absolute path, or the name of a credential when systemd gives "
        "some, found \"redis\"");
}

static void f_settings_beyond_their_bounds_are_refused(void **state) {
    (void)state;
    char text[4096], name[80];
    refused("[queue]\nurl = redis://r\n lease = 5s\n",
            "test.ini: line 3: expected a key at the start of the line, found a blank");
    refused("[queue]\nurl =\n", "test.ini: line 2: url: expected 1 to 1023 bytes, found 0");
    refused("nonsense\n", "test.ini: line 1: expected `key = value`, `[section]` or a comment");
    refused("[queue]\nurl = redis://r\n[store]\ncollect = 0s\n",
            "test.ini: line 4: collect: expected 1s or more, or never, found \"0s\"");
    refused("[queue]\nurl = redis://r\n[store]\nkeep = 30m\n",
            "test.ini: line 4: keep: expected 1h or more, found \"30m\"");
    refused("[queue]\nurl = redis://r\n[environments]\nrenew_jobs = 0\n",
            "test.ini: line 4: renew_jobs: expected 1 or more, or never, found \"0\"");
    refused("[queue]\nurl = redis://r\n[environments]\nrenew_after = 5s\n",
            "test.ini: line 4: renew_after: expected 1m or more, or never, found \"5s\"");
    refused("[queue]\nurl = redis://r\ndurability = always\n",
            "test.ini: line 3: durability: expected one of normal, replicated, fsync, found \"always\"");
    refused("[queue]\nurl = redis://r\n[workers]\ncount = 65\n",
            "test.ini: line 4: count: expected 1 to 64, found \"65\"");
    refused("[queue]\nurl = redis://r\n[workers]\nname = a:b\n",
            "test.ini: line 4: name: expected 1 to 100 of A-Z a-z 0-9 _ . -, found \"a:b\"");
    snprintf(text, sizeof text, "[queue]\nurl = %0200d\n", 0);
    refused(text, "test.ini: line 2: expected at most 196 bytes, found 206");
    snprintf(text, sizeof text, "[queue]\nnames =");
    for (int i = 0; i < 17; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " q%d", i);
    refused(text, "test.ini: line 2: names: expected at most 16 queues");
    snprintf(name, sizeof name, "%064d", 0);
    snprintf(text, sizeof text, "[queue]\nnames = %s\n", name);
    assert_int_equal(strlen(name), QUEUE_NAME_BYTES);
    struct err err;
    struct quernd_config *config = malloc(sizeof *config);
    assert_int_equal(quernd_config_parse("test.ini", text, config, &err), -1);
    free(config);
}

static void b_settings_travel(void **state) {
    struct settings settings = {.version = SETTINGS_VERSION, .queue_count = 1, .lease_ms = 7}, again;
    struct err err;
    int fd = -1;
    (void)state;
    assert_int_equal(settings_write(&settings, &fd, NULL), 0);
    assert_int_equal(settings_read(fd, &again, NULL), 0);
    assert_memory_equal(&settings, &again, sizeof settings);
    close(fd);
    settings.version = 99;
    assert_int_equal(settings_write(&settings, &fd, NULL), 0);
    assert_int_equal(settings_read(fd, &again, &err), -1);
    assert_string_equal(err.msg, "settings: expected version 3, found 99; restart quernd");
    close(fd);
    fd = memory_from("short", "x", 1, NULL);
    assert_int_equal(settings_read(fd, &again, &err), -1);
    assert_int_equal(err.reason, REASON_BUG);
    close(fd);
}

static void f_a_password_is_one_line_of_a_file(void **state) {
    char path[] = "/tmp/quern-password-XXXXXX", expected[128];
    struct password password;
    struct err err;
    int fd = mkstemp(path);
    (void)state;
    assert_int_equal(write(fd, "secret\r\nrest", 12), 12);
    assert_int_equal(password_read(path, &password, NULL), 0);
    assert_string_equal(password.text, "secret");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(password_read(path, &password, &err), -1);
    snprintf(expected, sizeof expected, "password file %s: expected a first line of 1 to 512 bytes", path);
    assert_string_equal(err.msg, expected);
    for (int i = 0; i < 600; i++)
        assert_int_equal(pwrite(fd, "a", 1, i), 1);
    assert_int_equal(password_read(path, &password, &err), -1);
    close(fd);
    unlink(path);
}

// ---- the log ----

static void logged(uint32_t format, const char *value, char text[1024]) {
    struct log log;
    int ends[2], old = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    log_open(&log, "test", format, SETTINGS_LOG_INFO);
    log_line(&log, SETTINGS_LOG_DEBUG, "unheard", NULL);
    log_line(&log, SETTINGS_LOG_WARNING, "it happened", "job", value, "none", NULL, "empty", "", NULL);
    assert_int_equal(dup2(old, STDERR_FILENO), STDERR_FILENO);
    ssize_t got = read(ends[0], text, 1023);
    assert_true(got > 0);
    text[got] = '\0';
    close(old);
    close(ends[0]);
    close(ends[1]);
}

static void f_a_line_of_the_log_is_a_line(void **state) {
    char text[1024];
    (void)state;
    logged(SETTINGS_LOG_TEXT, "01J", text);
    assert_memory_equal(text, "time=", 5);
    assert_string_equal(strchr(text, ' '), " level=warning program=test event=\"it happened\" job=01J\n");
    logged(SETTINGS_LOG_TEXT, "a b\n\x1b[31m\"é", text);
    assert_string_equal(strstr(text, "job="), "job=\"a b\\n\\u001B[31m\\\"\\u00E9\"\n");
    logged(SETTINGS_LOG_TEXT, "\xff", text);
    assert_string_equal(strstr(text, "job="), "job=\"(not UTF-8)\"\n");
    logged(SETTINGS_LOG_JSON, "a\nb", text);
    assert_memory_equal(text, "{\"time\": \"", 10);
    assert_string_equal(strstr(text, "\"job\""), "\"job\": \"a\\nb\"}\n");
}

// ---- systemd ----

static void b_systemd_is_told(void **state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[] = "/tmp/quern-notify-XXXXXX", text[64];
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify("READY=1"); // to nobody
    assert_non_null(mkdtemp(path));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    notify("READY=1");
    assert_int_equal(recv(fd, text, sizeof text, MSG_DONTWAIT), 7);
    assert_memory_equal(text, "READY=1", 7);
    close(fd);
    unlink(address.sun_path);
    rmdir(path);
    unsetenv("NOTIFY_SOCKET");
}

static void b_the_watchdog_is_fed_in_half_its_time(void **state) {
    char pid[16];
    (void)state;
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
    snprintf(pid, sizeof pid, "%d", getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

// ---- metrics ----

static char *page(const struct metrics *metrics, const struct settings *settings) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    metrics_write(metrics, settings, out);
    fclose(out);
    return text;
}

// ---- a keeper that is busy ----

static void pair_up(struct keeper_link *link, int *ret_keeper) {
    int ends[2];
    struct err err;
    assert_int_equal(record_pair(ends, &err), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    link->socket = ends[0];
    *ret_keeper = ends[1];
}

static bool next_order(int keeper, struct keeper_order *ret) {
    struct err ignored;
    return record_receive(keeper, ret, sizeof *ret, NULL, 0, NULL, &ignored) > 0;
}

/* Redis hesitates for a moment, and with it the keeper, while many workers go on from step to step. */
static void r_orders_wait_for_a_keeper_that_is_busy(void **state) {
    (void)state;
    enum { ORDERS = 3000 };
    struct keeper_link link;
    struct keeper_order order = {.kind = KEEPER_STEP};
    uint32_t heard = 0;
    int keeper;
    keeper_link_init(&link);
    pair_up(&link, &keeper);
    for (order.elapsed_us = 0; order.elapsed_us < ORDERS; order.elapsed_us++)
        keeper_link_send(&link, &order, NULL, 0);
    order.worker = 63;
    keeper_link_send(&link, &order, &keeper, 1); // a descriptor does not wait: it may be another one by then
    assert_false(link.deaf);
    assert_int_equal(keeper_link_take_stale(&link), 0);
    for (struct keeper_order heard_now; heard < ORDERS; keeper_link_flush(&link))
        while (next_order(keeper, &heard_now))
            assert_int_equal(heard_now.elapsed_us, heard++);
    assert_int_equal(keeper_link_take_stale(&link), UINT64_C(1) << 63);
    assert_int_equal(keeper_link_take_stale(&link), 0);
    close(keeper);
    keeper_link_stop(&link, 0);
    keeper_link_done(&link);
}

static void l_a_keeper_that_never_listens_is_deaf(void **state) {
    (void)state;
    struct keeper_link link;
    const struct keeper_order order = {.kind = KEEPER_STEP};
    int keeper;
    keeper_link_init(&link);
    pair_up(&link, &keeper);
    for (int i = 0; i < 1000000 && !link.deaf; i++)
        keeper_link_send(&link, &order, NULL, 0);
    assert_true(link.deaf);
    close(keeper);
    keeper_link_stop(&link, 0);
    keeper_link_done(&link);
}

/* All else is told anew to the next one. */
static void r_what_was_lost_is_told_to_the_next_keeper(void **state) {
    (void)state;
    struct keeper_link link;
    struct keeper_order order = {.kind = KEEPER_STEP};
    int keeper;
    keeper_link_init(&link);
    pair_up(&link, &keeper);
    for (int i = 0; i < 1000; i++)
        keeper_link_send(&link, &order, NULL, 0);
    order = (struct keeper_order){.kind = KEEPER_LOST, .id = "j1"};
    keeper_link_send(&link, &order, NULL, 0); // behind all the others
    close(keeper);
    keeper_link_stop(&link, 0);
    snprintf(order.id, sizeof order.id, "j2");
    keeper_link_send(&link, &order, NULL, 0);
    order = (struct keeper_order){.kind = KEEPER_SLOTS};
    keeper_link_send(&link, &order, NULL, 0);
    pair_up(&link, &keeper);
    keeper_link_flush(&link);
    assert_true(next_order(keeper, &order));
    assert_string_equal(order.id, "j1");
    assert_true(next_order(keeper, &order));
    assert_string_equal(order.id, "j2");
    assert_false(next_order(keeper, &order));
    close(keeper);
    keeper_link_stop(&link, 0);
    keeper_link_done(&link);
}

static void b_metrics_are_written(void **state) {
    struct metrics *metrics = calloc(1, sizeof *metrics);
    struct settings *settings = calloc(1, sizeof *settings);
    (void)state;
    settings->queue_count = 1;
    snprintf(settings->queues[0], sizeof settings->queues[0], "q");
    for (int i = 0; i < 3; i++)
        metrics_ended(metrics, 0, JOB_FAILED, REASON_LIMIT_MEMORY, UINT64_C(100) << 20);
    metrics_ended(metrics, 0, JOB_FAILED, REASON_EXCEPTION, UINT64_C(200) << 30);
    metrics_ended(metrics, 0, JOB_CANCELLED, REASON_CANCELLED, 0); // before it ran
    snprintf(settings->worker, sizeof settings->worker, "a\"b\\c\nd");
    metrics->queues[0].counts.fenced[1] = 2;
    metrics->queues[0].counted = true;
    metrics->jails[0] = (struct metrics_jail){.environment = "e", .level = JAIL_USER, .bound = JAIL_BOUND_POLLED};
    metrics->queues[0].counts.jobs[JOB_QUEUED] = 5;
    metrics->queues[0].counts.oldest_ms[5] = 1500;
    metrics_observe(&metrics->queues[0].steps[STEP_RUN], &metrics_us, 1000); // within a bound
    metrics_observe(&metrics->queues[0].steps[STEP_RUN], &metrics_us, 1001); // just beyond
    metrics_observe(&metrics->queues[0].steps[STEP_RUN], &metrics_us, UINT32_MAX * UINT64_C(1000));
    char *text = page(metrics, settings);
    const char *expected[] = {
        "quern_jobs_finished_total{queue=\"q\",state=\"failed\",why=\"limit:memory\"} 3\n",
        "quern_queue_jobs{queue=\"q\",state=\"queued\"} 5\n",
        "quern_jail_level{environment=\"e\",level=\"user\",memory_bound=\"polled\"} 2\n",
        "quern_queue_oldest_ready_seconds{queue=\"q\",prio=\"4\"} 0\n",
        "quern_queue_oldest_ready_seconds{queue=\"q\",prio=\"5\"} 1.5\n",
        "quern_fenced_writes_total{queue=\"q\",op=\"fail\"} 2\n",
        "quern_sandbox_kills_total{reason=\"limit:memory\"} 3\n",
        "quern_worker_info{version=\"" QUERN_VERSION "\",host=\"a\\\"b\\\\c\\nd\"} 1\n",
        "quern_job_max_rss_bytes_bucket{queue=\"q\",le=\"67108864\"} 0\n",
        "quern_job_max_rss_bytes_bucket{queue=\"q\",le=\"134217728\"} 3\n",
        "quern_job_max_rss_bytes_bucket{queue=\"q\",le=\"137438953472\"} 3\n",
        "quern_job_max_rss_bytes_bucket{queue=\"q\",le=\"+Inf\"} 4\n",
        "quern_job_run_seconds_count{queue=\"q\"} 3\n",
        "quern_job_step_seconds_bucket{queue=\"q\",step=\"run\",le=\"0.001\"} 1\n",
        "quern_job_step_seconds_bucket{queue=\"q\",step=\"run\",le=\"0.005\"} 2\n",
        "quern_job_step_seconds_bucket{queue=\"q\",step=\"run\",le=\"86400\"} 2\n",
        "quern_job_step_seconds_bucket{queue=\"q\",step=\"run\",le=\"+Inf\"} 3\n",
        "quern_job_step_seconds_count{queue=\"q\",step=\"run\"} 3\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strstr(text, expected[i]))
            fail_msg("not found: %s", expected[i]);
    assert_null(strstr(text, "quern_sandbox_kills_total{reason=\"exception\"}"));
    assert_null(strstr(text, "quern_sandbox_kills_total{reason=\"cancelled\"}"));
    free(text);
    free(settings);
    free(metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_queues_are_asked_in_order),
        cmocka_unit_test(r_a_wake_up_during_a_claim_counts),
        cmocka_unit_test(b_a_queue_that_is_not_ready_is_not_asked),
        cmocka_unit_test(b_pauses_grow_and_end),
        cmocka_unit_test(b_settings_have_defaults),
        cmocka_unit_test(b_settings_are_taken),
        cmocka_unit_test(b_a_credential_is_below_its_directory),
        cmocka_unit_test(f_settings_beyond_their_bounds_are_refused),
        cmocka_unit_test(b_settings_travel),
        cmocka_unit_test(f_a_password_is_one_line_of_a_file),
        cmocka_unit_test(f_a_line_of_the_log_is_a_line),
        cmocka_unit_test(b_systemd_is_told),
        cmocka_unit_test(b_the_watchdog_is_fed_in_half_its_time),
        cmocka_unit_test(r_orders_wait_for_a_keeper_that_is_busy),
        cmocka_unit_test(l_a_keeper_that_never_listens_is_deaf),
        cmocka_unit_test(r_what_was_lost_is_told_to_the_next_keeper),
        cmocka_unit_test(b_metrics_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
