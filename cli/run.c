// SPDX-License-Identifier: Apache-2.0
// `quern run`: the command line becomes a job, the job runs here, and the terminal tells of it.
#include "quern/run.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/environments.h"
#include "cli/job_flags.h"
#include "cli/render.h"
#include "cli/source.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/storage.h"

// What the flags say beside the job itself.
struct request {
    struct job job;
    struct environment environment;
    struct store store;        /* opened for the first key, or because it is named */
    struct client_place queue; /* url empty: there is none, or --store stands in its place */
    struct jail_require require;
    const char *output_dir;
    bool json;
    enum image_protocol image;
    enum terminal_colour colour;
};

/* ---- flags ---- */

static void take_flag(struct request *request, const struct given *given) {
    switch ((int)given->flag) {
    case FLAG_RUN_OUTPUT:
        request->output_dir = given->value;
        break;
    case FLAG_RUN_JSON:
        request->json = true;
        break;
    case FLAG_RUN_PDB:
        request->job.debug = true;
        break;
    case FLAG_RUN_JAIL:
        request->require.level = (uint32_t)given->number;
        break;
    case FLAG_RUN_IMAGE:
        request->image = (enum image_protocol)given->number;
        break;
    case FLAG_RUN_COLOR:
        request->colour = (enum terminal_colour)given->number;
        break;
    case FLAG_RUN_STORE: // read by who opens it
    case FLAG_ANY_HELP:
    default: // those of the job
        break;
    }
}

static int settle_debug(const struct request *request, struct refusal *refusal) {
    if (!request->job.debug)
        return 0;
    if (request->json)
        return refuse(refusal, REASON_USAGE, "--pdb and --json exclude each other: the debugger writes to stdout");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return refuse(refusal, REASON_USAGE, "--pdb: expected a terminal on standard input and output, found none");
    return 0;
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

static int pin_keys(const struct command_line *line, struct request *request, struct refusal *refusal) {
    char name[JOB_FLAGS_NAME_BYTES];
    for (size_t i = 0; i < request->job.input_count; i++) {
        struct job_input *input = &request->job.inputs[i];
        if (!source_is_open(&input->source))
            continue;
        if (!request->store.storage)
            TRY(store_open(line, &request->store, refusal));
        TRY(source_pin(job_flags_port(input, name), &request->store, &input->source, refusal));
    }
    return 0;
}

// Whose keys the script may ask for: those of a store that is named, else of a queue, which is called when it does.
static int settle_store(const struct command_line *line, struct request *request, struct refusal *refusal) {
    if (command_given(line, "--store"))
        return request->store.storage ? 0 : store_open(line, &request->store, refusal);
    return client_is_configured(line) ? client_find(line, &request->queue, refusal) : 0;
}

static int build(const struct command_line *line, struct request *request, struct refusal *refusal) {
    struct err err;
    for (size_t i = 0; i < line->given_count; i++)
        take_flag(request, &line->given[i]);
    TRY(job_flags_read(line, &request->job, refusal));
    TRY(pin_keys(line, request, refusal));
    TRY(settle_store(line, request, refusal));
    if (request->output_dir)
        TRY(check_output(request->output_dir, refusal));
    TRY(settle_debug(request, refusal));
    TRY(environments_find(request->job.environment, &request->environment, refusal));
    return job_check(&request->job, &err) < 0 ? refuse(refusal, REASON_USAGE, "%s", err.msg) : 0;
}

/* ---- the run ---- */

static void on_event(void *context, const struct event *event, int fd) { render_event(context, event, fd); }

static void on_tick(void *context) { render_tick(context); }

static int execute(const struct request *request, struct render *render) {
    const struct client_place *place = &request->queue;
    const struct run_queue queue = {place->url, place->name, place->password_file};
    const struct run_options options = {.job = &request->job,
                                        .environment = &request->environment,
                                        .require = request->require,
                                        .output_dir = request->output_dir,
                                        .store = request->store.url,
                                        .store_password_file =
                                            *queue.url ? place->store_password_file : request->store.password_file,
                                        .queue = *queue.url ? &queue : NULL,
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
    struct request request = {.json = false};
    struct refusal refusal;
    struct render render;
    // Whoever reads our output may stop reading; the job's results are kept all the same.
    signal(SIGPIPE, SIG_IGN);
    job_defaults(&request.job);
    if (build(line, &request, &refusal) < 0) {
        store_close(&request.store);
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
    store_close(&request.store);
    job_free(&request.job);
    return code;
}
