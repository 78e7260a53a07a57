// SPDX-License-Identifier: Apache-2.0
#include "cli/view.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "cli/environments.h"
#include "cli/source.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "quern/object.h"
#include "quern/own.h"

struct viewing {
    struct job job;
    struct environment environment;
    struct store store; /* opened for a key */
    struct view_result result;
};

static void on_event(void *context, const struct event *event, int fd) {
    struct viewing *viewing = context;
    if (event->kind == EVENT_PRODUCT && fd >= 0 && viewing->result.product < 0)
        viewing->result.product = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static bool is_file(const struct view_request *request) {
    return request->file || (!request->key && source_is_file(request->word));
}

static int check_kind(const char *key, const char *version, struct refusal *refusal) {
    uint32_t kind = object_of_version(version);
    if (kind == OBJECT_DATASET)
        return 0;
    refuse(refusal, REASON_USAGE, "'%s' is no dataset: it is an object of the kind %s", key, object_word(kind));
    refusal_advise(refusal, "fetch it: quern dataset get %s FILE", key);
    return -1;
}

static int pin(const struct view_request *request, struct store *store, struct job_source *ret,
               struct refusal *refusal) {
    if (is_file(request))
        return source_file(request->name, request->word, ret, refusal);
    TRY(store_open(request->line, store, refusal));
    TRY(source_key(request->name, request->word, store, ret, refusal));
    return check_kind(request->word, ret->version, refusal);
}

// The document has a place for a script, where the dataset stands a second time: nobody reads it there.
static int build(const struct view_request *request, struct viewing *viewing, struct refusal *refusal) {
    struct job *job = &viewing->job;
    struct err err;
    job->inputs = calloc(1, sizeof *job->inputs);
    if (!job->inputs)
        return refuse(refusal, REASON_INFRA, "out of memory for a job");
    TRY(pin(request, &viewing->store, &job->inputs[0].source, refusal));
    job->inputs[0].port = 1;
    job->inputs[0].format = is_file(request) ? source_format(request->word) : JOB_ARROW;
    job->input_count = 1;
    if (request->memory_bytes)
        job->limits.jail.memory_bytes = request->memory_bytes;
    job->inputs[0].no_header = request->no_header;
    if (request->no_header && !job_is_text_table(job->inputs[0].format))
        return refuse(refusal, REASON_USAGE, "--no-header: expected a .csv or .tsv file, found '%s'", request->word);
    const struct job_source *source = &job->inputs[0].source;
    job->script = (struct job_source){strdup(source->url), strdup(source->version), strdup("dataset")};
    if (!job->script.url || !job->script.version || !job->script.name)
        return refuse(refusal, REASON_INFRA, "out of memory for a job");
    const char *environment = request->environment ? request->environment : "default";
    TRY(environments_find(environment, &viewing->environment, refusal));
    snprintf(job->environment, sizeof job->environment, "%s", environment);
    snprintf(viewing->result.version, sizeof viewing->result.version, "%s", source->version);
    return job_check(job, &err) < 0 ? refuse(refusal, REASON_USAGE, "%s", err.msg) : 0;
}

static enum reason reason_of(const char *word) {
    for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
        if (strcmp(reason_word(reason), word) == 0)
            return reason;
    return REASON_BUG;
}

static int read_shape(const struct run_outcome *outcome, struct view_result *ret, struct refusal *refusal) {
    json_auto_t *manifest = outcome->manifest_json
                                ? json_loadb(outcome->manifest_json, outcome->manifest_bytes, JSON_ALLOW_NUL, NULL)
                                : NULL;
    const json_t *input = json_array_get(json_object_get(manifest, "inputs"), 0);
    if (!input)
        return refuse(refusal, REASON_BUG, "the record of a look at a dataset has no input");
    ret->rows = (uint64_t)json_integer_value(json_object_get(input, "rows"));
    ret->columns = (uint64_t)json_integer_value(json_object_get(input, "columns"));
    return 0;
}

static int look(const struct view_request *request, struct viewing *viewing, struct refusal *refusal) {
    const struct run_options options = {.job = &viewing->job,
                                        .environment = &viewing->environment,
                                        .store = viewing->store.url,
                                        .store_password_file = viewing->store.password_file,
                                        .task = request->task,
                                        .rows = request->rows,
                                        .on_event = on_event,
                                        .context = viewing};
    struct run_outcome outcome = {0};
    struct terminal notes;
    refusal->advice_count = 0;
    TRY(run_job(&options, &outcome, &refusal->err));
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    summary_warnings(&outcome, &notes);
    int result = outcome.exit_code ? refuse(refusal, reason_of(outcome.reason), "%s", outcome.message)
                                   : read_shape(&outcome, &viewing->result, refusal);
    run_outcome_done(&outcome);
    return result;
}

int view(const struct view_request *request, struct view_result *ret, struct refusal *refusal) {
    struct viewing viewing = {.result.product = -1};
    job_defaults(&viewing.job);
    int result = build(request, &viewing, refusal);
    if (result == 0)
        result = look(request, &viewing, refusal);
    if (result == 0 && viewing.result.product < 0 && request->task != RUN_CHECK)
        result = refuse(refusal, REASON_BUG, "%s: nothing came of a look at it", request->word);
    store_close(&viewing.store);
    job_free(&viewing.job);
    if (result < 0)
        view_done(&viewing.result);
    else
        *ret = viewing.result;
    return result;
}

void view_done(struct view_result *result) { own_close(&result->product); }
