// SPDX-License-Identifier: Apache-2.0
#include "quern/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "supervisor.h"

struct embedded {
    const struct run_options *options;
    struct supervisor supervisor;
    uint32_t worker;
    int signals; // signalfd
    uint32_t interrupts;
    struct err verdict;
    struct run_outcome outcome;
};

static void take_manifest(struct embedded *embedded, const struct event *event, int fd) {
    struct run_outcome *outcome = &embedded->outcome;
    struct err ignored;
    if (outcome->manifest_json ||
        memory_read(fd, "manifest", JOB_MAX_BYTES, &outcome->manifest_json, &outcome->manifest_bytes, &ignored) < 0)
        return;
    embedded->verdict = event->err;
    err_distrust(&embedded->verdict);
}

static void embedded_event(void *context, uint32_t worker, const struct event *event, int fd) {
    (void)worker;
    struct embedded *embedded = context;
    if (event->kind == EVENT_MANIFEST && fd >= 0)
        take_manifest(embedded, event, fd);
    if (embedded->options->on_event)
        embedded->options->on_event(embedded->options->context, event, fd);
}

static void embedded_interrupted(void *context) {
    struct embedded *embedded = context;
    struct signalfd_siginfo info;
    if (read(embedded->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (embedded->interrupts++ == 0)
        supervisor_end_job(&embedded->supervisor, embedded->worker, SUPERVISOR_CANCEL);
    else
        supervisor_kill(&embedded->supervisor, embedded->worker);
}

// What a worker needs of our environment: where the default store is.
struct settings {
    char text[2][4096];
    const char *list[3];
};

static void settings_take(struct settings *settings) {
    static const char *const names[] = {"XDG_DATA_HOME", "HOME"};
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        const char *value = getenv(names[i]);
        int used = value ? snprintf(settings->text[i], sizeof settings->text[i], "%s=%s", names[i], value) : -1;
        if (used > 0 && (size_t)used < sizeof settings->text[i])
            settings->list[count++] = settings->text[i];
    }
    settings->list[count] = NULL;
}

static bool needs_python(const struct run_options *options) {
    if (options->task == RUN_SCRIPT || options->task == RUN_LINT)
        return true;
    return options->job->input_count > 0 && job_is_text_table(options->job->inputs[0].format);
}

static int start(struct embedded *embedded, struct err *err) {
    const struct run_options *options = embedded->options;
    const struct run_queue *queue = options->queue;
    auto_free char *json = NULL;
    size_t bytes = 0;
    struct settings settings;
    TRY(job_encode(options->job, &json, &bytes, err));
    auto_fd int job = memory_from("quern-job", json, bytes, err);
    TRY(job);
    settings_take(&settings);
    char task[16], rows[16];
    snprintf(task, sizeof task, "%d", (int)options->task);
    snprintf(rows, sizeof rows, "%u", options->rows);
    const char *argv[] = {"quern-worker",
                          options->output_dir ? options->output_dir : "",
                          options->store ? options->store : "",
                          task,
                          rows,
                          options->store_password_file ? options->store_password_file : "",
                          queue ? queue->url : NULL,
                          queue ? queue->name : NULL,
                          queue ? queue->password_file : NULL,
                          NULL};
    static const int terminal[] = {0, 1, 2};
    struct worker_start how = {
        .argv = argv, .environ = settings.list, .job = job, .stdio = options->debug_terminal ? terminal : NULL};
    // The interpreter takes longest: it comes up while the worker starts and looks at the inputs.
    if (needs_python(options))
        TRY(peer_start(&embedded->supervisor.zygotes[0], err));
    TRY(supervisor_place(&embedded->supervisor, &embedded->worker, err));
    return supervisor_start_worker(&embedded->supervisor, &how, embedded->worker, err);
}

static void tick(struct embedded *embedded) {
    if (!embedded->options->on_tick || clock_now_ns() < embedded->supervisor.alarm_ns)
        return;
    embedded->supervisor.alarm_ns = clock_deadline_ns(RUN_TICK_MS);
    embedded->options->on_tick(embedded->options->context);
}

static int block_signals(struct embedded *embedded, sigset_t *ret_old, struct err *err) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, ret_old);
    embedded->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (embedded->signals < 0)
        return err_sys(err, REASON_INFRA, "signalfd");
    supervisor_watch(&embedded->supervisor, embedded->signals, embedded_interrupted);
    return 0;
}

// A worker that died without a manifest: what the record would have said.
static void explain_death(const struct embedded *embedded, struct err *verdict) {
    const struct worker_link *link = &embedded->supervisor.workers[embedded->worker];
    if (embedded->interrupts)
        err_set(verdict, REASON_CANCELLED, "cancelled in step %s", step_name(link->step));
    else if (link->overstayed)
        err_set(verdict, REASON_INFRA, "step %s took longer than its deadline", step_name(link->step));
    else if (link->wait_signal)
        err_set(verdict, REASON_LOST, "quern-worker died of SIG%s in step %s", sigabbrev_np(link->wait_signal),
                step_name(link->step));
    else
        err_set(verdict, REASON_BUG, "quern-worker ended with code %d in step %s, without a manifest",
                link->wait_status_code, step_name(link->step));
}

static void read_outcome(struct embedded *embedded) {
    struct run_outcome *outcome = &embedded->outcome;
    if (!outcome->manifest_json)
        explain_death(embedded, &embedded->verdict);
    outcome->at_once = embedded->interrupts > 1;
    outcome->exit_code = (uint32_t)err_exit_code(&embedded->verdict);
    err_word(&embedded->verdict, outcome->reason);
    memcpy(outcome->message, embedded->verdict.msg, sizeof outcome->message);
}

static int embedded_run(struct embedded *embedded, struct err *err) {
    TRY(start(embedded, err));
    if (embedded->options->on_tick)
        embedded->supervisor.alarm_ns = clock_deadline_ns(RUN_TICK_MS);
    while (supervisor_has_workers(&embedded->supervisor)) {
        TRY(supervisor_turn(&embedded->supervisor, err));
        tick(embedded);
    }
    read_outcome(embedded);
    return 0;
}

int run_job(const struct run_options *options, struct run_outcome *ret, struct err *err) {
    struct environment environment;
    sigset_t old;
    if (options->environment)
        environment = *options->environment;
    else
        environment_default(&environment);
    struct embedded *embedded = calloc(1, sizeof *embedded);
    if (!embedded)
        return err_set(err, REASON_INFRA, "out of memory");
    embedded->options = options;
    embedded->signals = -1;
    static const struct supervisor_hooks hooks = {.on_event = embedded_event};
    supervisor_init(&embedded->supervisor, &hooks, embedded, 0);
    struct peer *zygote = supervisor_offer(&embedded->supervisor, &environment);
    zygote->once = true;
    zygote->lint = options->task == RUN_LINT;
    zygote->require = options->require;
    int result = block_signals(embedded, &old, err);
    if (result == 0)
        result = embedded_run(embedded, err);
    supervisor_done(&embedded->supervisor);
    if (embedded->signals >= 0)
        close(embedded->signals);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (result == 0)
        *ret = embedded->outcome;
    else
        run_outcome_done(&embedded->outcome);
    free(embedded);
    return result;
}
