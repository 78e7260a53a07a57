// SPDX-License-Identifier: Apache-2.0
// Whole runs as the terminal sees them: events go in, transcripts come out.
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/summary.h"
#include "quern/memory.h"
#include "quern/steps.h"
#include "tests/unit/transcript.h"

static uint64_t now;

static uint64_t fake_now(void) { return now; }

// A screen is one stream for stdout and stderr, as on a terminal; without, they are two.
struct stage {
    struct render render;
    FILE *out, *notes;
    char *out_text, *notes_text;
    size_t out_bytes, notes_bytes;
};

static void make_screen(struct terminal *terminal) {
    terminal->screen = terminal->tty = terminal->colour = true;
    terminal->columns = 60;
}

static void open_stage(struct stage *stage, bool screen, bool quiet) {
    *stage = (struct stage){0};
    now = 5000000;
    stage->notes = open_memstream(&stage->notes_text, &stage->notes_bytes);
    stage->out = screen ? stage->notes : open_memstream(&stage->out_text, &stage->out_bytes);
    const struct render_options options = {
        .out = stage->out, .notes = stage->notes, .image = IMAGE_NONE, .quiet = quiet, .now_us = fake_now};
    render_init(&stage->render, &options);
    if (!screen)
        return;
    make_screen(&stage->render.out);
    make_screen(&stage->render.notes);
    stage->render.out_escape.sgr = stage->render.notes_escape.sgr = ESCAPE_SGR_PASS;
    stage->render.out_escape.carriage = stage->render.notes_escape.carriage = "\r\033[K";
}

static void close_stage(struct stage *stage) {
    render_done(&stage->render);
    fclose(stage->notes);
    if (stage->out != stage->notes)
        fclose(stage->out);
}

static void free_stage(struct stage *stage) {
    free(stage->notes_text);
    free(stage->out_text);
}

static void tell(struct stage *stage, enum event_kind kind, uint32_t number, const char *text) {
    static struct event event;
    event = (struct event){.kind = kind, .step = number, .stream = number, .port = number};
    bool file = kind == EVENT_PREVIEW || kind == EVENT_PICTURE;
    event.bytes = (uint32_t)snprintf(event.text, sizeof event.text, "%s", file ? "dataset1" : text);
    int fd = file ? memory_from("test", text, strlen(text), NULL) : -1;
    render_event(&stage->render, &event, fd);
    own_close(&fd);
}

static void begin(struct stage *stage, enum step step) { tell(stage, EVENT_STEP_BEGIN, step, ""); }

static void wait(struct stage *stage, uint64_t us) {
    now += us;
    render_tick(&stage->render);
}

static void end(struct stage *stage, enum step step, uint64_t us) {
    static struct event event;
    event = (struct event){.kind = EVENT_STEP_END, .step = step, .elapsed_us = us};
    now += us;
    render_event(&stage->render, &event, -1);
}

static const char preview[] =
    "{\"rows\": 2, \"columns\": [{\"name\": \"feature\", \"type\": \"string\", \"nulls\": 0}, {\"name\": "
    "\"importance\", \"type\": \"double\", \"nulls\": 0}], \"head\": [[\"Glucose\", \"0.27\"], [\"BMI\", \"0.165\"]], "
    "\"tail\": []}";

static const char succeeded[] =
    "{\"state\": \"succeeded\", \"outputs\": [{\"port\": \"dataset1\", \"key\": \"dataset1.arrow\", \"rows\": 2, "
    "\"columns\": 2, \"bytes\": 1234}, {\"port\": \"visualization\", \"key\": \"visualization.png\", \"bytes\": 9}], "
    "\"pictures\": {\"count\": 2, \"width\": 640, \"height\": 960}, \"warnings\": [\"picture 3 was skipped: not a "
    "PNG\"], \"warnings_left\": 4}";

static void play(struct stage *stage) {
    begin(stage, STEP_LOAD);
    tell(stage, EVENT_NOTE, 0, "patients.csv 768 × 9");
    end(stage, STEP_LOAD, 420000);
    begin(stage, STEP_RUN);
    wait(stage, 1000000);
    tell(stage, EVENT_LOG, 1, "hello\nhalf a");
    wait(stage, 100000);
    tell(stage, EVENT_LOG, 1, " line\n");
    tell(stage, EVENT_LOG, 2, "10%\r20%\r\033[2Jopen");
    end(stage, STEP_RUN, 2000000);
    tell(stage, EVENT_PREVIEW, 1, preview);
}

static void finish(struct stage *stage, const char *manifest, const char *reason, uint32_t code, const char *dir) {
    struct run_outcome outcome = {.exit_code = code, .message = "the message of the outcome"};
    const struct summary summary = {.script_path = QUERN_FIXTURES "/transcripts/score.py", .output_dir = dir};
    snprintf(outcome.reason, sizeof outcome.reason, "%s", reason);
    outcome.manifest_json = manifest ? strdup(manifest) : NULL;
    outcome.manifest_bytes = manifest ? strlen(manifest) : 0;
    summary_print(&stage->render, &outcome, &summary);
    run_outcome_done(&outcome);
    close_stage(stage);
}

static void b_success_on_a_terminal(void **state) {
    (void)state;
    struct stage stage;
    open_stage(&stage, true, false);
    play(&stage);
    finish(&stage, succeeded, "", 0, "out");
    transcript_check("run-terminal.txt", stage.notes_text);
    free_stage(&stage);
}

static void b_success_on_pipes(void **state) {
    (void)state;
    struct stage stage;
    open_stage(&stage, false, false);
    play(&stage);
    finish(&stage, succeeded, "", 0, NULL);
    assert_string_equal(stage.out_text, "hello\nhalf a line\n");
    transcript_check("run-pipe.txt", stage.notes_text);
    free_stage(&stage);
}

static void b_json_is_quiet(void **state) {
    (void)state;
    struct stage stage;
    open_stage(&stage, false, true);
    play(&stage);
    finish(&stage, succeeded, "", 0, "out");
    assert_string_equal(stage.out_text, "");
    assert_string_equal(stage.notes_text, "hello\nhalf a line\n10%\r20%\r\033[2Jopen\n");
    free_stage(&stage);
}

static void b_an_exception_shows_its_line(void **state) {
    (void)state;
    struct stage stage;
    open_stage(&stage, true, false);
    begin(&stage, STEP_RUN);
    wait(&stage, 3100000);
    finish(&stage,
           "{\"message\": \"KeyError: 'age'\", \"exception\": {\"type\": \"KeyError\", \"message\": \"'age'\", "
           "\"line\": 4}}",
           "exception", 1, NULL);
    transcript_check("run-exception.txt", stage.notes_text);
    free_stage(&stage);
}

static void b_the_step_that_failed_is_the_last_one_shown(void **state) {
    (void)state;
    static struct event event;
    struct stage stage;
    open_stage(&stage, false, false);
    begin(&stage, STEP_LOAD);
    event = (struct event){.kind = EVENT_STEP_END, .step = STEP_LOAD, .elapsed_us = 20000};
    event.err.reason = REASON_BAD_INPUT;
    render_event(&stage.render, &event, -1);
    begin(&stage, STEP_COMPLETE);
    end(&stage, STEP_COMPLETE, 1000);
    finish(&stage, NULL, "bad_input", 1, NULL);
    assert_string_equal(stage.notes_text, "✕ load     0.02 s\n"
                                          "✕ failed after 0.001 s: the message of the outcome (bad_input)\n");
    free_stage(&stage);
}

static void b_failures_say_what_to_do(void **state) {
    (void)state;
    static const struct {
        const char *manifest, *reason;
        const char *expected;
    } cases[] = {
        {"{\"message\": \"the time limit of 1 s was reached\"}", "limit:time",
         "✕ failed after 2.0 s: the time limit of 1 s was reached (limit:time)\n  give it more time with --timeout\n"},
        {NULL, "infra", "✕ failed after 2.0 s: the message of the outcome (infra)\n"},
        {"not JSON", "bad_input", "✕ failed after 2.0 s: the message of the outcome (bad_input)\n"},
        {"{\"message\": \"a \\u001b[31m\"}", "bad_result", "✕ failed after 2.0 s: a \\x1b[31m (bad_result)\n"},
        {"{\"exception\": {\"line\": 400}, \"message\": \"x\"}", "exit:3", "✕ failed after 2.0 s: x (exit:3)\n"},
        {"{}", "cancelled", "⊘ cancelled after 2.0 s\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        open_stage(&stage, false, false);
        now += 2000000;
        finish(&stage, cases[i].manifest, cases[i].reason, 1, NULL);
        assert_string_equal(stage.notes_text, cases[i].expected);
        free_stage(&stage);
    }
}

static void f_an_unreadable_preview_is_left_out(void **state) {
    (void)state;
    struct stage stage;
    open_stage(&stage, false, false);
    tell(&stage, EVENT_PREVIEW, 1, "{\"rows\": \"many\"}");
    finish(&stage, "{}", "", 0, NULL);
    assert_string_equal(stage.notes_text, "");
    free_stage(&stage);
}

static void f_events_of_a_strange_shape_do_no_harm(void **state) {
    (void)state;
    static struct event event;
    struct stage stage;
    open_stage(&stage, false, false);
    event = (struct event){.kind = 99};
    render_event(&stage.render, &event, -1);
    event = (struct event){.kind = EVENT_PREVIEW};
    for (int i = 0; i < 100; i++)
        render_event(&stage.render, &event, -1);
    event = (struct event){.kind = EVENT_NOTE, .bytes = UINT32_MAX};
    memset(event.text, 'n', sizeof event.text);
    for (int i = 0; i < 3; i++)
        render_event(&stage.render, &event, -1);
    assert_int_equal(strlen(stage.render.detail), RENDER_DETAIL_BYTES - 1);
    event = (struct event){.kind = EVENT_LOG, .stream = 7, .bytes = UINT32_MAX};
    memset(event.text, 'l', sizeof event.text);
    render_event(&stage.render, &event, -1);
    finish(&stage, "{}", "", 0, NULL);
    assert_int_equal(stage.notes_bytes, EVENT_BYTES + 1);
    free_stage(&stage);
}

static void b_pictures_by_both_protocols(void **state) {
    (void)state;
    static const unsigned char png[] = {0x89, 'P', 'N', 'G'};
    auto_free char *kitty = NULL, *iterm = NULL, *large = NULL;
    size_t bytes;
    FILE *file = open_memstream(&kitty, &bytes);
    image_print(IMAGE_KITTY, png, sizeof png, file);
    fclose(file);
    assert_string_equal(kitty, "\033_Ga=T,f=100,q=2,m=0;iVBORw==\033\\\n");
    file = open_memstream(&iterm, &bytes);
    image_print(IMAGE_ITERM, png, sizeof png, file);
    fclose(file);
    assert_string_equal(iterm, "\033]1337;File=inline=1;size=4:iVBORw==\a\n");
    static const unsigned char zeros[3073];
    file = open_memstream(&large, &bytes);
    image_print(IMAGE_KITTY, zeros, sizeof zeros, file);
    fclose(file);
    assert_non_null(strstr(large, "q=2,m=1;AAAA"));
    assert_non_null(strstr(large, "\033_Gm=0;AA==\033\\\n"));
}

static void b_pictures_are_shown_where_the_terminal_can(void **state) {
    (void)state;
    static const struct {
        const char *term, *program, *tmux;
        enum image_protocol expected;
    } cases[] = {{"xterm-kitty", "", "", IMAGE_KITTY},           {"xterm-256color", "iTerm.app", "", IMAGE_ITERM},
                 {"xterm-256color", "WezTerm", "", IMAGE_ITERM}, {"xterm-256color", "", "", IMAGE_NONE},
                 {"xterm-kitty", "", "1", IMAGE_NONE},           {"screen", "iTerm.app", "", IMAGE_NONE}};
    struct terminal terminal = {.tty = true};
    unsetenv("KITTY_WINDOW_ID");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("TERM", cases[i].term, 1);
        setenv("TERM_PROGRAM", cases[i].program, 1);
        setenv("TMUX", cases[i].tmux, 1);
        assert_int_equal(image_choose(IMAGE_AUTO, &terminal), cases[i].expected);
    }
    terminal.tty = false;
    setenv("TERM", "xterm-kitty", 1);
    assert_int_equal(image_choose(IMAGE_AUTO, &terminal), IMAGE_NONE);
    assert_int_equal(image_choose(IMAGE_KITTY, &terminal), IMAGE_KITTY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_success_on_a_terminal),
        cmocka_unit_test(b_success_on_pipes),
        cmocka_unit_test(b_json_is_quiet),
        cmocka_unit_test(b_an_exception_shows_its_line),
        cmocka_unit_test(b_the_step_that_failed_is_the_last_one_shown),
        cmocka_unit_test(b_failures_say_what_to_do),
        cmocka_unit_test(f_an_unreadable_preview_is_left_out),
        cmocka_unit_test(f_events_of_a_strange_shape_do_no_harm),
        cmocka_unit_test(b_pictures_by_both_protocols),
        cmocka_unit_test(b_pictures_are_shown_where_the_terminal_can),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
