// SPDX-License-Identifier: Apache-2.0
// `quern run`: the command line becomes a job, the job runs here, and the terminal tells of it.
#include "quern/run.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/columns.h"
#include "cli/environments.h"
#include "cli/render.h"
#include "cli/source.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/storage.h"

enum { MAX_CPU_SECONDS = 31622400 }; // a year: schemas/job.schema.json

// What the flags say beside the job itself.
struct request {
    struct job job;
    struct environment environment;
    const char *environment_name, *output_dir, *store;
    bool json, timed;
    enum image_protocol image;
    enum terminal_colour colour;
};

static int no_memory(struct refusal *refusal) { return refuse(refusal, REASON_INFRA, "out of memory for a job"); }

/* ---- flags ---- */

static int add_input(struct request *request, const struct given *given, struct refusal *refusal) {
    struct job *job = &request->job;
    char name[32];
    snprintf(name, sizeof name, "--dataframe%u", (unsigned)given->number);
    struct job_input *inputs = reallocarray(job->inputs, job->input_count + 1, sizeof *inputs);
    if (!inputs)
        return no_memory(refusal);
    job->inputs = inputs;
    struct job_input input = {.port = (uint32_t)given->number, .format = source_format(given->value)};
    if (source_is_file(given->value))
        TRY(source_file(name, given->value, &input.source, refusal));
    else
        TRY(source_key(name, given->value, request->store, &input.source, refusal));
    inputs[job->input_count++] = input;
    return 0;
}

// Inputs may stand behind the columns that are wanted of them.
static int choose_columns(struct job *job, const struct command_line *line, struct refusal *refusal) {
    for (size_t i = 0; i < line->given_count; i++) {
        const struct given *given = &line->given[i];
        if (given->flag != FLAG_RUN_COLUMNS)
            continue;
        char name[32];
        snprintf(name, sizeof name, "--columns%u", (unsigned)given->number);
        struct job_input *input = job->inputs, *end = input + job->input_count;
        while (input < end && input->port != given->number)
            input++;
        if (input == end)
            return refuse(refusal, REASON_USAGE, "%s: there is no --dataframe%u", name, (unsigned)given->number);
        TRY(columns_parse(name, given->value, input, refusal));
    }
    return 0;
}

// Of all text tables: where they differ, one is stored by `dataset put` first.
static int drop_headers(struct job *job, struct refusal *refusal) {
    bool any = false;
    for (size_t i = 0; i < job->input_count; i++) {
        job->inputs[i].no_header = job_is_text_table(job->inputs[i].format);
        any |= job->inputs[i].no_header;
    }
    return any ? 0 : refuse(refusal, REASON_USAGE, "--no-header: expected a .csv or .tsv file, found none");
}

static int add_param(struct job *job, const char *pair, struct refusal *refusal) {
    const char *equals = strchr(pair, '=');
    if (job->param_count == JOB_MAX_PARAMS)
        return refuse(refusal, REASON_USAGE, "--param: expected at most %u parameters", JOB_MAX_PARAMS);
    struct job_param *params = reallocarray(job->params, job->param_count + 1, sizeof *params);
    if (!params)
        return no_memory(refusal);
    job->params = params;
    struct job_param *param = &params[job->param_count++];
    *param = (struct job_param){.key = strndup(pair, (size_t)(equals - pair)), .value = strdup(equals + 1)};
    if (!param->key || !param->value)
        return no_memory(refusal);
    for (const struct job_param *other = params; other < param; other++)
        if (strcmp(other->key, param->key) == 0)
            return refuse(refusal, REASON_USAGE, "--param: '%s' was given twice", param->key);
    return 0;
}

static int take_flag(struct request *request, const struct given *given, struct refusal *refusal) {
    struct job *job = &request->job;
    switch ((int)given->flag) {
    case FLAG_RUN_DATAFRAME:
        return add_input(request, given, refusal);
    case FLAG_RUN_DECIMALS:
        job->decimals = given->number == 0 ? JOB_DECIMALS_FLOAT : JOB_DECIMALS_TEXT;
        return 0;
    case FLAG_RUN_BUNDLE:
        return source_file("--bundle", given->value, &job->bundle, refusal);
    case FLAG_RUN_PARAM:
        return add_param(job, given->value, refusal);
    case FLAG_RUN_ENVIRONMENT:
        request->environment_name = given->value;
        return 0;
    case FLAG_RUN_OUTPUT:
        request->output_dir = given->value;
        return 0;
    case FLAG_RUN_TIMEOUT:
        job->limits.time_ms = given->number;
        request->timed = true;
        return 0;
    case FLAG_RUN_MEMORY:
        job->limits.jail.memory_bytes = given->number;
        return 0;
    case FLAG_RUN_JSON:
        request->json = true;
        return 0;
    case FLAG_RUN_PDB:
        job->debug = true;
        return 0;
    case FLAG_RUN_IMAGE:
        request->image = (enum image_protocol)given->number;
        return 0;
    case FLAG_RUN_COLOR:
        request->colour = (enum terminal_colour)given->number;
        return 0;
    case FLAG_RUN_COLUMNS:
    case FLAG_RUN_NO_HEADER:
    case FLAG_RUN_STORE: // read before all others
    case FLAG_ANY_HELP:
    default: // flags of other verbs
        return 0;
    }
}

// Who debugs thinks longer than any limit, and needs the terminal.
static int settle_debug(struct request *request, struct refusal *refusal) {
    if (!request->job.debug)
        return 0;
    if (request->json)
        return refuse(refusal, REASON_USAGE, "--pdb and --json exclude each other: the debugger writes to stdout");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return refuse(refusal, REASON_USAGE, "--pdb: expected a terminal on standard input and output, found none");
    if (!request->timed)
        request->job.limits.time_ms = 0;
    return 0;
}

// The CPU limit never ends a script that the clock would still allow.
static void settle_cpu(struct request *request) {
    struct job_limits *limits = &request->job.limits;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t seconds = limits->time_ms / 1000 + 1;
    if (!request->timed || __builtin_mul_overflow(seconds, (uint64_t)(cores > 0 ? cores : 1), &seconds))
        return;
    if (seconds > MAX_CPU_SECONDS)
        seconds = MAX_CPU_SECONDS;
    if (seconds > limits->jail.cpu_seconds)
        limits->jail.cpu_seconds = seconds;
}

// Asked before the script runs: whoever waited for hours wants more than the news that there was no place to write.
static int check_output(const char *dir, struct refusal *refusal) {
    struct err err;
    if (storage_drop_check(dir, manifest_files, &err) == 0)
        return 0;
    refuse(refusal, REASON_USAGE, "-o: %s", err.msg);
    refusal_advise(refusal, "name a directory in which you may make files, or one that is not there yet: -o out");
    return -1;
}

static int build(const struct command_line *line, struct request *request, struct refusal *refusal) {
    struct err err;
    const struct given *store = command_given(line, "--store");
    request->store = store ? store->value : NULL;
    TRY(source_file("SCRIPT", line->operands[0], &request->job.script, refusal));
    for (size_t i = 0; i < line->given_count; i++)
        TRY(take_flag(request, &line->given[i], refusal));
    TRY(choose_columns(&request->job, line, refusal));
    if (command_given(line, "--no-header"))
        TRY(drop_headers(&request->job, refusal));
    if (request->output_dir)
        TRY(check_output(request->output_dir, refusal));
    TRY(settle_debug(request, refusal));
    settle_cpu(request);
    TRY(environments_find(request->environment_name, &request->environment, refusal));
    snprintf(request->job.environment, sizeof request->job.environment, "%s", request->environment_name);
    if (job_check(&request->job, &err) < 0)
        return refuse(refusal, REASON_USAGE, "%s", err.msg);
    return 0;
}

/* ---- the run ---- */

static void on_event(void *context, const struct event *event, int fd) { render_event(context, event, fd); }

static void on_tick(void *context) { render_tick(context); }

static int execute(const struct request *request, struct render *render) {
    const struct run_options options = {.job = &request->job,
                                        .environment = &request->environment,
                                        .output_dir = request->output_dir,
                                        .store = request->store,
                                        .debug_terminal = request->job.debug,
                                        .on_event = on_event,
                                        .on_tick = on_tick,
                                        .context = render};
    const struct summary summary = {.script_path = source_path(&request->job.script),
                                    .output_dir = request->output_dir};
    struct run_outcome outcome = {0};
    struct refusal refusal = {0};
    if (run_job(&options, &outcome, &refusal.err) < 0) {
        render_close(render);
        return refusal_print(&refusal, render->notes.file);
    }
    summary_print(render, &outcome, &summary);
    if (request->json && outcome.manifest_json)
        fwrite(outcome.manifest_json, 1, outcome.manifest_bytes, render->out.file);
    fflush(render->out.file);
    if (outcome.at_once)
        render_drop(render);
    int code = (int)outcome.exit_code;
    run_outcome_done(&outcome);
    return code;
}

int verb_run(const struct command_line *line) {
    struct request request = {.environment_name = "default"};
    struct refusal refusal;
    struct render render;
    // Whoever reads our output may stop reading; the job's results are kept all the same.
    signal(SIGPIPE, SIG_IGN);
    job_defaults(&request.job);
    if (build(line, &request, &refusal) < 0) {
        job_free(&request.job);
        return refusal_print(&refusal, stderr);
    }
    const struct render_options options = {.out = stdout,
                                           .notes = stderr,
                                           .colour = request.colour,
                                           .image = request.image,
                                           .quiet = request.json,
                                           .still = request.job.debug};
    render_init(&render, &options);
    int code = execute(&request, &render);
    render_done(&render);
    job_free(&request.job);
    return code;
}
