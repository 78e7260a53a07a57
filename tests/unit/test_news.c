// SPDX-License-Identifier: Apache-2.0
// What a job prints, on its way to a real Redis that is quick, stopped, forgetful or has given the job to somebody else.
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/worker/news.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_worker.h"
#include "queue_world.h"

enum { PATIENCE_MS = 20000 };

struct scene {
    struct queue_world *world;
    struct queue *queue; /* for news only */
    struct queue_claim claim;
    struct news news;
};

static struct scene *open_scene(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    scene->world = *state;
    struct queue_options options = {.url = scene->world->redis.url, .name = "q"};
    assert_int_equal(queue_open(&options, &scene->queue, &scene->world->err), 0);
    world_submit_plain(scene->world, "j");
    scene->claim = world_claim(scene->world, "j");
    news_init(&scene->news);
    news_begin(&scene->news, scene->queue, scene->claim.id, scene->claim.token);
    return scene;
}

static void close_scene(struct scene *scene) {
    news_done(&scene->news);
    queue_close(scene->queue);
    free(scene);
}

static void say(struct scene *scene, bool is_stderr, const char *text) {
    news_log(&scene->news, is_stderr, text, strlen(text));
}

/* As the run step does, until nothing is left to do. */
static void attend(struct scene *scene) {
    uint64_t deadline_ns = 0, end_ns = clock_deadline_ns(PATIENCE_MS);
    for (;;) {
        struct pollfd watched = {.fd = news_wait(&scene->news, &deadline_ns), .events = POLLIN};
        if (deadline_ns == CLOCK_NEVER)
            return;
        assert_true(clock_now_ns() < end_ns);
        assert_true(poll(&watched, 1, clock_poll_ms(deadline_ns)) >= 0);
        news_turn(&scene->news);
    }
}

/* All of the log, each piece behind `1:` or `2:`. The caller frees. */
static char *read_log(struct scene *scene, size_t *ret_pieces) {
    struct queue_pieces pieces;
    char *text = NULL;
    size_t used = 0, count = 0;
    FILE *file = open_memstream(&text, &used);
    char after[QUEUE_WAKE_BYTES] = "0-0";
    for (bool more = true; more;) {
        assert_int_equal(queue_read_log(scene->world->queue, "j", after, &pieces, NULL), QUEUE_OK);
        for (size_t i = 0; i < pieces.count; i++)
            fprintf(file, "%d:%.*s", pieces.pieces[i].is_stderr ? 2 : 1, (int)pieces.pieces[i].count,
                    pieces.pieces[i].bytes);
        count += pieces.count;
        more = pieces.count > 0;
        memcpy(after, pieces.after, sizeof after);
        queue_pieces_free(&pieces);
    }
    fclose(file);
    if (ret_pieces)
        *ret_pieces = count;
    return text;
}

static void assert_log(struct scene *scene, const char *expected) {
    auto_free char *text = read_log(scene, NULL);
    assert_string_equal(text, expected);
}

static void b_output_arrives_in_order_and_in_few_pieces(void **state) {
    struct scene *scene = open_scene(state);
    say(scene, false, "one\n");
    say(scene, false, "two\n");
    say(scene, true, "bad\n");
    say(scene, false, "three");
    attend(scene);
    assert_log(scene, "1:one\ntwo\n2:bad\n1:three");
    say(scene, false, "!\n");
    news_finish(&scene->news, PATIENCE_MS);
    assert_log(scene, "1:one\ntwo\n2:bad\n1:three1:!\n");
    close_scene(scene);
}

static void b_the_last_progress_is_told(void **state) {
    struct scene *scene = open_scene(state);
    struct queue_record record;
    news_progress(&scene->news, "load");
    news_progress(&scene->news, "run");
    attend(scene);
    assert_int_equal(queue_get(scene->world->queue, "j", &record, NULL), QUEUE_OK);
    assert_string_equal(record.progress, "run");
    queue_record_free(&record);
    close_scene(scene);
}

static void b_many_short_lines_of_both_streams_go_in_batches(void **state) {
    struct scene *scene = open_scene(state);
    size_t pieces = 0;
    for (int i = 0; i < 2000; i++)
        say(scene, i % 2, "x");
    free(redis_text(&scene->world->redis, "CONFIG RESETSTAT"));
    news_finish(&scene->news, PATIENCE_MS);
    // Batches of at most 256 pieces, not two thousand transitions; and the first one may find the script forgotten.
    assert_in_range(redis_number(&scene->world->redis, "EVAL %s 0",
                                 "return(tonumber(string.match(redis.call('info','commandstats'),"
                                 "'cmdstat_evalsha:calls=(%d+)')))"),
                    8, 9);
    auto_free char *text = read_log(scene, &pieces);
    assert_int_equal(pieces, 2000);
    assert_int_equal(strlen(text), 6000);
    assert_memory_equal(text, "1:x2:x1:x", 9);
    close_scene(scene);
}

static void c_scripts_that_redis_forgot_are_told_again(void **state) {
    struct scene *scene = open_scene(state);
    free(redis_text(&scene->world->redis, "SCRIPT FLUSH"));
    say(scene, false, "first\n");
    news_finish(&scene->news, PATIENCE_MS);
    assert_log(scene, "1:first\n");
    close_scene(scene);
}

static void c_a_redis_that_dies_and_comes_back_gets_the_rest(void **state) {
    struct scene *scene = open_scene(state);
    say(scene, false, "before\n");
    attend(scene);
    free(redis_text(&scene->world->redis, "CLIENT KILL TYPE normal SKIPME yes"));
    say(scene, false, "after\n");
    news_finish(&scene->news, PATIENCE_MS);
    assert_log(scene, "1:before\n1:after\n");
    close_scene(scene);
}

static void l_a_silent_redis_holds_nobody_up_and_what_it_misses_is_counted(void **state) {
    struct scene *scene = open_scene(state);
    static char much[1 << 16];
    uint64_t deadline_ns = 0;
    say(scene, false, "begin\n");
    attend(scene);
    memset(much, 'x', sizeof much);
    assert_int_equal(kill(scene->world->redis.pid, SIGSTOP), 0);
    for (int i = 0; i < 40; i++) {
        news_log(&scene->news, false, much, sizeof much);
        news_turn(&scene->news);
    }
    news_wait(&scene->news, &deadline_ns);
    assert_true(deadline_ns < CLOCK_NEVER);
    assert_int_equal(scene->news.left_out, 40 * sizeof much - (NEWS_BACKLOG_BYTES - 128));
    assert_int_equal(kill(scene->world->redis.pid, SIGCONT), 0);
    attend(scene);
    say(scene, false, "end\n");
    news_finish(&scene->news, PATIENCE_MS);
    auto_free char *text = read_log(scene, NULL);
    const char *mark = strstr(text, "2:[quern: 1572992 bytes are left out here; the job's files have them]\n1:end\n");
    assert_non_null(mark);
    size_t kept = 0;
    for (const char *at = text; at < mark; at++)
        kept += *at == 'x';
    assert_int_equal(kept, NEWS_BACKLOG_BYTES - 128);
    close_scene(scene);
}

static void c_a_job_that_is_somebody_elses_is_noticed(void **state) {
    struct scene *scene = open_scene(state);
    enum job_state job = JOB_RUNNING;
    assert_int_equal(queue_lost(scene->world->queue, "j", scene->claim.token, &job, NULL), QUEUE_OK);
    say(scene, false, "from the dead\n");
    attend(scene);
    assert_true(scene->news.fenced);
    say(scene, false, "again\n");
    news_finish(&scene->news, PATIENCE_MS);
    assert_log(scene, "");
    close_scene(scene);
}

static void b_the_next_job_begins_clean(void **state) {
    struct scene *scene = open_scene(state);
    say(scene, false, "never told\n");
    news_progress(&scene->news, "never told");
    news_begin(&scene->news, scene->queue, scene->claim.id, scene->claim.token);
    say(scene, false, "told\n");
    news_finish(&scene->news, PATIENCE_MS);
    assert_log(scene, "1:told\n");
    close_scene(scene);
}

static void b_nobody_listens_and_nothing_happens(void **state) {
    (void)state;
    uint64_t deadline_ns = 0;
    struct news *news = calloc(1, sizeof *news);
    news_init(news);
    news_begin(news, NULL, NULL, NULL);
    news_log(news, false, "x", 1);
    assert_int_equal(news_wait(news, &deadline_ns), -1);
    assert_true(deadline_ns == CLOCK_NEVER);
    news_finish(news, PATIENCE_MS);
    news_done(news);
    free(news);
}

#define TEST(function) cmocka_unit_test_setup(function, world_empty)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_output_arrives_in_order_and_in_few_pieces),
        TEST(b_the_last_progress_is_told),
        TEST(b_many_short_lines_of_both_streams_go_in_batches),
        TEST(b_the_next_job_begins_clean),
        TEST(b_nobody_listens_and_nothing_happens),
        TEST(c_scripts_that_redis_forgot_are_told_again),
        TEST(c_a_redis_that_dies_and_comes_back_gets_the_rest),
        TEST(c_a_job_that_is_somebody_elses_is_noticed),
        TEST(l_a_silent_redis_holds_nobody_up_and_what_it_misses_is_counted),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
