// SPDX-License-Identifier: Apache-2.0
// `quern worker ls`: who works for a queue and on what, who takes no jobs and why, who has fallen silent.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/record_json.h"
#include "cli/tell.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "cli/workers.h"
#include "quern/own.h"
#include "quern/queue_operator.h"

struct listing {
    struct workers workers;
    struct queue_row running[QUEUE_MAX_LIST];
    size_t running_count;
};

static const struct {
    const char *word, *sign;
    enum terminal_style style;
} looks[] = {
    [WORKERS_SILENT] = {"silent", "✕", TERMINAL_RED},     [WORKERS_DRAINING] = {"draining", "◌", TERMINAL_YELLOW},
    [WORKERS_UNREADY] = {"not ready", "✕", TERMINAL_RED}, [WORKERS_STARTING] = {"starting", "◌", TERMINAL_YELLOW},
    [WORKERS_READY] = {"idle", "○", TERMINAL_PLAIN},
};

// What a worker says of itself is seconds old; what the queue knows is true.
static const struct queue_row *job_of(const struct listing *listing, const struct queue_worker *worker) {
    for (size_t i = 0; i < listing->running_count; i++)
        if (strcmp(listing->running[i].worker, worker->name) == 0)
            return &listing->running[i];
    return NULL;
}

static json_t *text_or_null(const char *text) { return *text ? record_json_text(text) : json_null(); }

static json_t *as_json(const struct client *client, const struct listing *listing, const struct queue_worker *worker) {
    char version[QUEUE_INFO_BYTES], why[QUEUE_INFO_BYTES];
    const struct queue_row *job = job_of(listing, worker);
    const char *state = job ? "running" : looks[workers_state(worker)].word;
    return json_pack("{s:i, s:s, s:s, s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "schema", 1, "queue", client->name, "worker",
                     worker->name, "state", state, "job", text_or_null(job ? job->id : ""), "alive", worker->alive,
                     "draining", worker->draining, "version", text_or_null(workers_said(worker, "version", version)),
                     "why", text_or_null(workers_said(worker, "why", why)), "info", record_json_text(worker->info));
}

static void say_job(const struct client *client, const struct queue_row *job, struct terminal *out) {
    char script[TELL_SCRIPT_BYTES], age[QUANTITY_BYTES];
    uint64_t now = tell_now_unix_ms(), since = job->started_unix_ms;
    terminal_say(out, "%" PRIu64 " %s for %s", job->number, tell_script(client, job->id, script),
                 quantity_show_duration(now > since ? (now - since) * 1000 : 0, age));
}

static void print_row(const struct client *client, const struct listing *listing, const struct queue_worker *worker,
                      uint32_t width, struct terminal *out) {
    const struct queue_row *job = job_of(listing, worker);
    enum workers_state state = workers_state(worker);
    bool works = job && state == WORKERS_READY;
    char text[QUEUE_INFO_BYTES];
    terminal_say(out, "%s%*s  ", worker->name, (int)(width - text_width(worker->name)), "");
    terminal_style(out, works ? verdict_style(JOB_RUNNING) : looks[state].style);
    terminal_say(out, "%s %-9s", works ? verdict_sign(JOB_RUNNING) : looks[state].sign,
                 works ? "running" : looks[state].word);
    terminal_style(out, TERMINAL_PLAIN);
    terminal_say(out, "  %-8s  ", workers_said(worker, "version", text));
    if (job)
        say_job(client, job, out);
    else
        terminal_say(out, "%s", workers_said(worker, "why", text));
    terminal_say(out, "\n");
}

static int print(const struct client *client, const struct listing *listing, bool json, struct refusal *refusal) {
    const struct workers *workers = &listing->workers;
    struct terminal out;
    uint32_t width = 6;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    for (size_t i = 0; i < workers->count; i++)
        width = text_width(workers->list[i].name) > width ? text_width(workers->list[i].name) : width;
    terminal_style(&out, TERMINAL_BOLD);
    if (!json && workers->count)
        terminal_say(&out, "%-*s  %-11s  %-8s  %s\n", (int)width, "worker", "state", "version", "job, or why none");
    terminal_style(&out, TERMINAL_PLAIN);
    for (size_t i = 0; i < workers->count; i++)
        if (json)
            TRY(record_json_print(as_json(client, listing, &workers->list[i]), false, refusal));
        else
            print_row(client, listing, &workers->list[i], width, &out);
    if (workers->count == 0)
        fprintf(stderr, "nobody works for the queue '%s': quern up --detach, or start quernd\n", client->name);
    return 0;
}

static int list(const struct command_line *line, const struct client *client, struct refusal *refusal) {
    auto_free struct listing *listing = calloc(1, sizeof *listing);
    struct err err;
    if (!listing)
        return refuse(refusal, REASON_INFRA, "out of memory for a list of workers");
    int result = workers_read(client, &listing->workers, refusal);
    if (result == 0 &&
        queue_list(client->queue, JOB_RUNNING, 0, listing->running, QUEUE_MAX_LIST, &listing->running_count, &err) < 0)
        result = client_blame(client, &err, refusal);
    if (result == 0)
        result = print(client, listing, command_given(line, "--json") != NULL, refusal);
    workers_free(&listing->workers);
    return result;
}

int verb_worker_ls(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = list(line, &client, &refusal);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
