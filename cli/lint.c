// SPDX-License-Identifier: Apache-2.0
#include "cli/lint.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"
#include "quern/own.h"
#include "quern/run.h"

enum { MOST_BYTES = 1 << 20, TIME_MS = 20000 };

// What the process wrote, and wrote beside it when it broke.
struct listening {
    char *text;
    size_t bytes;
    bool broken; // more than may be, or no memory for it
};

static void on_event(void *context, const struct event *event, int fd) {
    struct listening *listening = context;
    (void)fd;
    if (event->kind != EVENT_LOG || event->stream != 1 || listening->broken)
        return;
    size_t bytes = event->bytes < sizeof event->text ? event->bytes : sizeof event->text;
    char *text = listening->bytes + bytes < MOST_BYTES ? realloc(listening->text, listening->bytes + bytes + 1) : NULL;
    listening->broken = !text;
    if (!text)
        return;
    memcpy(text + listening->bytes, event->text, bytes);
    listening->text = text;
    listening->bytes += bytes;
    text[listening->bytes] = '\0';
}

/* ---- what it wrote ---- */

static uint32_t number(const json_t *object, const char *key) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 && value < UINT32_MAX ? (uint32_t)value : 0;
}

static void copy_text(const json_t *object, const char *key, char *home, size_t room) {
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(home, room, "%s", text ? text : "");
}

static int read_finding(const char *line, size_t bytes, struct lint_finding *ret) {
    json_auto_t *object = json_loadb(line, bytes, 0, NULL);
    if (!json_is_object(object))
        return -1;
    char level[16];
    *ret = (struct lint_finding){.line = number(object, "line"), .column = number(object, "column")};
    copy_text(object, "level", level, sizeof level);
    copy_text(object, "code", ret->code, sizeof ret->code);
    copy_text(object, "text", ret->text, sizeof ret->text);
    ret->error = strcmp(level, "error") == 0;
    return *ret->text ? 0 : -1;
}

static int read_findings(const struct listening *listening, struct lint *lint, struct refusal *refusal) {
    const char *at = listening->text, *end = at + listening->bytes;
    lint->findings = calloc(LINT_MOST, sizeof *lint->findings);
    if (listening->broken || !lint->findings)
        return refuse(refusal, REASON_INFRA, "out of memory for what is wrong with a script");
    for (; at && at < end && lint->count < LINT_MOST;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t bytes = (size_t)((stop ? stop : end) - at);
        if (read_finding(at, bytes, &lint->findings[lint->count]) < 0)
            return refuse(refusal, REASON_BUG, "the process that reads a script wrote a line that is no finding");
        lint->errors += lint->findings[lint->count++].error;
        at += bytes + 1;
    }
    return 0;
}

/* ---- the job that reads ---- */

// The inputs stand for their ports: their place in the document is the script's, where nobody reads it.
static int copy_inputs(const struct job *job, struct job *reading) {
    if (job->input_count == 0)
        return 0;
    reading->inputs = calloc(job->input_count, sizeof *reading->inputs);
    if (!reading->inputs)
        return -1;
    reading->input_count = job->input_count;
    for (size_t i = 0; i < job->input_count; i++) {
        struct job_input *input = &reading->inputs[i];
        *input = (struct job_input){.port = job->inputs[i].port, .format = JOB_ARROW, .source = reading->script};
    }
    return 0;
}

// Everything is borrowed but the list of inputs.
static int borrow(const struct job *job, struct job *reading, struct refusal *refusal) {
    reading->dialect = job->dialect;
    reading->legacy = job->legacy;
    memcpy(reading->environment, job->environment, sizeof reading->environment);
    reading->script = job->script;
    reading->bundle = job->bundle;
    reading->params = job->params;
    reading->param_count = job->param_count;
    reading->limits.time_ms = TIME_MS;
    return copy_inputs(job, reading) < 0 ? refuse(refusal, REASON_INFRA, "out of memory for a job") : 0;
}

static enum reason reason_of(const struct run_outcome *outcome) {
    for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
        if (strcmp(reason_word(reason), outcome->reason) == 0)
            return reason;
    return REASON_BUG;
}

static int read_script(const struct job *reading, const struct environment *environment, struct lint *lint,
                       struct refusal *refusal) {
    struct environment closed = *environment;
    closed.network_open = false;
    struct listening listening = {.text = NULL};
    const struct run_options options = {
        .job = reading, .environment = &closed, .task = RUN_LINT, .on_event = on_event, .context = &listening};
    struct run_outcome outcome = {0};
    refusal->advice_count = 0;
    TRY(run_job(&options, &outcome, &refusal->err));
    int result = outcome.exit_code ? refuse(refusal, reason_of(&outcome), "%s", outcome.message)
                                   : read_findings(&listening, lint, refusal);
    run_outcome_done(&outcome);
    free(listening.text);
    return result;
}

int lint_run(const struct job *job, const struct environment *environment, struct lint *ret, struct refusal *refusal) {
    struct job reading;
    *ret = (struct lint){.findings = NULL};
    job_defaults(&reading);
    int result = borrow(job, &reading, refusal);
    if (result == 0)
        result = read_script(&reading, environment, ret, refusal);
    free(reading.inputs);
    if (result < 0)
        lint_done(ret);
    return result;
}

void lint_done(struct lint *lint) {
    free(lint->findings);
    *lint = (struct lint){.findings = NULL};
}

/* ---- for people and for machines ---- */

void lint_print(const struct lint *lint, const char *path, FILE *file) {
    struct terminal out;
    terminal_open(&out, file, TERMINAL_COLOUR_AUTO);
    for (uint32_t i = 0; i < lint->count; i++) {
        const struct lint_finding *one = &lint->findings[i];
        terminal_say(&out, "%s:", path);
        if (one->line)
            terminal_say(&out, "%u:", one->line);
        if (one->line && one->column)
            terminal_say(&out, "%u:", one->column);
        terminal_style(&out, one->error ? TERMINAL_RED : TERMINAL_YELLOW);
        terminal_say(&out, " %s:", one->error ? "error" : "warning");
        terminal_style(&out, TERMINAL_PLAIN);
        terminal_say(&out, " %s\n", one->text);
    }
}

int lint_print_json(const struct lint *lint, const char *path, FILE *file, struct refusal *refusal) {
    for (uint32_t i = 0; i < lint->count; i++) {
        const struct lint_finding *one = &lint->findings[i];
        json_auto_t *object = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s}", "file", path, "line", (json_int_t)one->line,
                                        "column", (json_int_t)one->column, "level", one->error ? "error" : "warning",
                                        "code", one->code, "text", one->text);
        auto_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
        if (!text)
            return refuse(refusal, REASON_INFRA, "out of memory for what is wrong with a script");
        fprintf(file, "%s\n", text);
    }
    return 0;
}
