// SPDX-License-Identifier: Apache-2.0
/* Step run: the script, in a child of its own. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "child.h"
#include "daemon/failpoint.h"
#include "kept.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { TERMINAL_IN = 6, TERMINAL_OUT, TERMINAL_ERR }; // the worker's descriptors of the debugger's terminal

// ---- what the child says ----

// Names of a job's other outputs, which stand beside the datasets.
static bool is_taken(const char *name) {
    static const char *const taken[] = {
        "dataset1",           "dataset2",   "visualization", "input",    "visualization.png",
        "visualization.json", "stdout.txt", "stderr.txt",    "job.json", "files"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

static int port_name(const struct host_answer *answer, char name[HOST_NAME_BYTES], struct err *err) {
    if (answer->port == 1 || answer->port == 2) {
        snprintf(name, HOST_NAME_BYTES, "dataset%u", answer->port);
        return 0;
    }
    size_t length = strlen(answer->name);
    if (length == 0 || length > 64 || answer->name[0] == '.' || is_taken(answer->name))
        return err_set(err, REASON_BAD_RESULT, "'%.80s' is not a name for an output", answer->name);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)answer->name[i]) && !strchr("_.-", answer->name[i]))
            return err_set(err, REASON_BAD_RESULT, "'%.80s' is not a name for an output", answer->name);
    snprintf(name, HOST_NAME_BYTES, "%s", answer->name);
    return 0;
}

// A name with the suffix of its kind must not be one of the job's own files.
static int check_file(const struct attempt_result *result, struct err *err) {
    char file[HOST_NAME_BYTES + 16];
    object_file_name(result->kind, result->port, file, sizeof file);
    if (is_taken(file))
        return err_set(err, REASON_BAD_RESULT, "'%.80s' is not a name for an output of the kind %s", result->port,
                       object_word(result->kind));
    return 0;
}

// Added up as they come: they are memory of ours from now on.
static int check_room(const struct attempt *attempt, int segment, uint64_t *ret_bytes, struct err *err) {
    uint64_t most = attempt->job.limits.result_bytes, kept = kept_bytes(attempt, "");
    char text[LIMITS_TEXT_BYTES];
    TRY(memory_check(segment, most, ret_bytes, err));
    if (kept > most || *ret_bytes > most - kept)
        return err_set(err, REASON_LIMIT_OUTPUT, "all results together are larger than their limit of %s (--result)",
                       limits_show_bytes(most, text));
    return 0;
}

static int on_result(void *context, const struct host_answer *answer, int fd, struct err *err) {
    struct attempt *attempt = context;
    auto_fd int segment = fd;
    if (attempt->result_count == HOST_MAX_PORTS)
        return err_set(err, REASON_BAD_RESULT, "the script returned more than %u outputs", HOST_MAX_PORTS);
    struct attempt_result *result = &attempt->results[attempt->result_count];
    TRY(port_name(answer, result->port, err));
    for (uint32_t i = 0; i < attempt->result_count; i++)
        if (strcmp(attempt->results[i].port, result->port) == 0)
            return err_set(err, REASON_BAD_RESULT, "the output %s was returned twice", result->port);
    result->kind = (uint32_t)answer->detail;
    TRY(check_file(result, err));
    TRY(check_room(attempt, segment, &result->segment_bytes, err));
    result->segment = steal_fd(&segment);
    attempt->result_count++;
    return 0;
}

static void on_note(void *context, const char *about, const char *text) {
    struct attempt *attempt = context;
    report_warning(&attempt->report, "%s%s%s", about, about[0] ? ": " : "", text);
}

static void on_output(void *context, uint32_t stream, const char *bytes, size_t count) {
    struct attempt *attempt = context;
    report_log(&attempt->report, stream, bytes, count);
}

static int on_request(void *context, int work_dir, struct request *request, const int *fds, size_t fd_count,
                      struct err *err) {
    return requests_answer(context, work_dir, request, fds, fd_count, err);
}

static int on_wait(void *context, uint64_t *ret_deadline_ns) {
    struct attempt *attempt = context;
    const struct delivery_kind *kind = attempt->delivery->kind;
    return kind->wait ? kind->wait(attempt, ret_deadline_ns) : -1;
}

static void on_turn(void *context) {
    struct attempt *attempt = context;
    const struct delivery_kind *kind = attempt->delivery->kind;
    if (kind->turn)
        kind->turn(attempt);
}

// ---- what the child is told ----

static uint64_t mapped_bytes(const struct attempt *attempt) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < attempt->job.input_count; i++)
        bytes += attempt->inputs[i].bytes;
    return bytes;
}

static int tell_commit(struct child *child, struct attempt *attempt, struct host_call *commit, struct err *err) {
    *commit = (struct host_call){.kind = HOST_COMMIT, .limits = attempt->job.limits.jail};
    commit->limits.mapped_bytes = attempt->manifest.limits.jail.mapped_bytes = mapped_bytes(attempt);
    const int terminal[] = {TERMINAL_OUT, TERMINAL_ERR, TERMINAL_IN};
    const int pipes[] = {attempt->out.write_end, attempt->err.write_end};
    TRY(child_send(child, commit, attempt->job.debug ? terminal : pipes, attempt->job.debug ? 3 : 2, err));
    spool_close_write_end(&attempt->out);
    spool_close_write_end(&attempt->err);
    return 0;
}

static int tell_script(struct child *child, const struct attempt *attempt, struct err *err) {
    struct host_call call = {.kind = HOST_SCRIPT};
    snprintf(call.name, sizeof call.name, "%s", attempt->job.script.name);
    return child_send(child, &call, &attempt->script.fd, 1, err);
}

static int tell_bundle(struct child *child, const struct attempt *attempt, struct err *err) {
    const struct job_limits *limits = &attempt->job.limits;
    struct host_call call = {
        .kind = HOST_BUNDLE,
        .bundle = {.entries = limits->bundle_entries, .ratio = limits->bundle_ratio, .bytes = limits->bundle_bytes}};
    snprintf(call.name, sizeof call.name, "%s", attempt->job.bundle.name);
    return child_send(child, &call, &attempt->bundle.fd, 1, err);
}

static int tell_input(struct child *child, const struct attempt *attempt, size_t index, struct err *err) {
    const struct job_input *input = &attempt->job.inputs[index];
    uint32_t kind = job_object(input->format);
    struct host_call call = {.kind = HOST_INPUT, .port = input->port, .flags = kind};
    snprintf(call.name, sizeof call.name, "%s", input->source.name);
    snprintf(call.value, sizeof call.value, "%s", input->parameter ? input->parameter : "");
    const struct attempt_input *in = &attempt->inputs[index];
    return child_send(child, &call, kind == OBJECT_DATASET ? &in->segment : &in->blob.fd, 1, err);
}

static int tell_params(struct child *child, const struct job *job, struct err *err) {
    for (size_t i = 0; i < job->param_count; i++) {
        struct host_call call = {.kind = HOST_PARAM};
        snprintf(call.name, sizeof call.name, "%s", job->params[i].key);
        snprintf(call.value, sizeof call.value, "%s", job->params[i].value);
        TRY(child_send(child, &call, NULL, 0, err));
    }
    return 0;
}

// Of a script that is only read: which ports it will find connected, and which names: "=NAME".
static int tell_ports(struct child *child, const struct job *job, struct err *err) {
    for (size_t i = 0; i < job->input_count; i++) {
        struct host_call call = {.kind = HOST_COLUMN};
        if (job->inputs[i].parameter)
            snprintf(call.value, sizeof call.value, "=%s", job->inputs[i].parameter);
        else
            snprintf(call.value, sizeof call.value, "%u", job->inputs[i].port);
        TRY(child_send(child, &call, NULL, 0, err));
    }
    return 0;
}

static int tell(struct child *child, struct attempt *attempt, struct host_call *commit, struct err *err) {
    const struct job *job = &attempt->job;
    TRY(tell_commit(child, attempt, commit, err));
    TRY(tell_script(child, attempt, err));
    if (job->bundle.url)
        TRY(tell_bundle(child, attempt, err));
    if (attempt->task == RUN_LINT)
        TRY(tell_ports(child, job, err));
    for (uint32_t i = 0; i < job->input_count && attempt->task == RUN_SCRIPT; i++)
        TRY(tell_input(child, attempt, i, err));
    TRY(tell_params(child, job, err));
    TRY(child_listen(child, err));
    struct host_call start = {.kind = HOST_START,
                              .task = attempt->task == RUN_LINT ? HOST_TASK_LINT : HOST_TASK_RUN,
                              .dialect = job->dialect,
                              .flags = (job->debug ? HOST_DEBUG : 0u) | (job->legacy ? HOST_LEGACY : 0u) |
                                       (job->strict ? HOST_STRICT : 0u)};
    snprintf(start.name, sizeof start.name, "%s", job->id);
    return child_send(child, &start, NULL, 0, err);
}

// ---- what became of it ----

static void keep_facts(struct attempt *attempt, const struct child *child) {
    struct manifest *manifest = &attempt->manifest;
    manifest->user_us = child->exit.user_us;
    manifest->system_us = child->exit.system_us;
    manifest->peak_rss_bytes = child->exit.peak_rss_bytes;
    if (child->guard.watch.peak_bytes)
        manifest->peak_bytes = child->guard.watch.peak_bytes;
    manifest->private_dirty_bytes = child->memory.private_dirty_bytes;
    manifest->copied_on_write_bytes = child->memory.copied_on_write_bytes;
    if (child->raised.kind) {
        memcpy(manifest->exception, child->raised.name, sizeof manifest->exception);
        memcpy(manifest->traceback, child->traceback, sizeof manifest->traceback);
        manifest->line = child->raised.line;
        manifest->in_entry = child->raised.in_entry != 0;
    }
}

// The child read the file itself, while it ran.
static int check_objects(const struct attempt *attempt, struct err *err) {
    for (size_t i = 0; i < attempt->job.input_count; i++)
        if (job_object(attempt->job.inputs[i].format) != OBJECT_DATASET)
            TRY(storage_check_unchanged(&attempt->inputs[i].blob, attempt->job.inputs[i].source.name, err));
    return 0;
}

static int run_child(struct child *child, struct attempt *attempt, struct err *err) {
    struct host_call commit;
    bool piped = !attempt->job.debug;
    struct child_listener listener = {.context = attempt,
                                      .on_result = on_result,
                                      .on_note = on_note,
                                      .on_output = on_output,
                                      .on_request = on_request,
                                      .on_wait = on_wait,
                                      .on_turn = on_turn,
                                      .result_bytes = attempt->job.limits.result_bytes,
                                      .out = piped ? &attempt->out : NULL,
                                      .err = piped ? &attempt->err : NULL};
    TRY(child_take(child, steal_fd(&attempt->asked), &attempt->job.limits, err));
    FAILPOINT("run:started");
    TRY(tell(child, attempt, &commit, err));
    FAILPOINT("run:told");
    TRY(child_attend(child, &listener, err));
    FAILPOINT("run:ended");
    keep_facts(attempt, child);
    attempt->work_dir = steal_fd(&child->work_dir);
    attempt->work_hold = steal_fd(&child->control);
    TRY(child_verdict(child, &commit, &listener, err));
    return check_objects(attempt, err);
}

static int open_spools(struct attempt *attempt, struct err *err) {
    if (attempt->job.debug)
        return 0;
    TRY(spool_open(&attempt->out, "stdout", attempt->job.limits.output_bytes, err));
    return spool_open(&attempt->err, "stderr", attempt->job.limits.output_bytes, err);
}

int step_run(struct attempt *attempt, struct err *err) {
    if (attempt->task != RUN_SCRIPT && attempt->task != RUN_LINT)
        return view_run(attempt, err);
    struct child child;
    TRY(open_spools(attempt, err));
    child_init(&child, attempt->calls);
    int result = run_child(&child, attempt, err);
    child_done(&child);
    return result;
}
