// SPDX-License-Identifier: Apache-2.0
/*
 * quern-worker: does the steps of one job after the other. Blocking, single-threaded, no Python, parses no dataset, no
 * picture and no zip. Descriptors at exec: quern/supervisor.h. Arguments, in this order, each of which may be missing or
 * empty: the directory for the outputs, the store's URL, the task (enum run_task), and the rows of RUN_HEAD.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "quern/jail.h"
#include "quern/memory.h"
#include "quern/own.h"

static int read_job(struct attempt *attempt, struct err *err) {
    auto_free char *json = NULL;
    size_t bytes = 0;
    TRY(memory_read(SUPERVISOR_FD_JOB, "job document", JOB_MAX_BYTES, &json, &bytes, err));
    return job_decode(json, bytes, &attempt->job, err);
}

static int work(struct attempt *attempt, struct err *err) {
    TRY(jail_die_with_parent(err));
    TRY(read_job(attempt, err));
    return job_steps_run(attempt, err);
}

static const char *argument(int argc, char **argv, int index) {
    return index < argc && *argv[index] ? argv[index] : NULL;
}

static void read_arguments(struct attempt *attempt, int argc, char **argv) {
    const char *task = argument(argc, argv, 3), *rows = argument(argc, argv, 4);
    attempt->output_dir = argument(argc, argv, 1);
    attempt->store_url = argument(argc, argv, 2);
    attempt->task = task ? (enum run_task)strtoul(task, NULL, 10) : RUN_SCRIPT;
    attempt->task_rows = rows ? (uint32_t)strtoul(rows, NULL, 10) : 0;
}

int main(int argc, char **argv) {
    struct err err;
    struct attempt *attempt = malloc(sizeof *attempt);
    if (!attempt)
        return JAIL_EXIT;
    // The terminal's Ctrl-C is the supervisor's: it cancels the job.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    attempt_init(attempt);
    attempt->calls.socket = SUPERVISOR_FD_CALLS;
    attempt->report.events = SUPERVISOR_FD_EVENTS;
    read_arguments(attempt, argc, argv);
    int result = work(attempt, &err);
    if (result < 0)
        fprintf(stderr, "quern-worker: %s\n", err.msg);
    attempt_done(attempt);
    free(attempt);
    return result < 0 ? JAIL_EXIT : 0;
}
