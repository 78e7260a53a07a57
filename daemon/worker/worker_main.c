// SPDX-License-Identifier: Apache-2.0
/*
 * quern-worker: does the steps of one job after the other. Blocking, no Python, parses no dataset, no picture and no zip; one
 * thread, and at times the one that looks at a job's processes (tree_guard.h). Descriptors at exec: quern/supervisor.h.
 *
 *     quern-worker --daemon   for quernd: one job after the other, by its struct settings
 *     quern-worker [DIR [STORE [TASK [ROWS [SECRET [QUEUE NAME [SECRET]]]]]]]   for `quern run`: one job. Each may be missing
 *                  or empty: the directory for the outputs, the store's URL, enum run_task, the rows of RUN_HEAD, the file
 *                  with the store's password; the URL of the queue whose keys the script may ask for, its name, its password
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "delivery_local.h"
#include "quern/jail.h"
#include "quern/settings.h"
#include "service.h"

static const char *argument(int argc, char **argv, int index) {
    return index < argc && *argv[index] ? argv[index] : NULL;
}

static void read_task(struct attempt *attempt, int argc, char **argv) {
    const char *task = argument(argc, argv, 3), *rows = argument(argc, argv, 4);
    attempt->task = task ? (enum run_task)strtoul(task, NULL, 10) : RUN_SCRIPT;
    attempt->task_rows = rows ? (uint32_t)strtoul(rows, NULL, 10) : 0;
}

// `quern run`: one job, and the end.
static int work_once(int argc, char **argv, struct err *err) {
    struct delivery_local local;
    struct supervisor_calls calls = {.socket = SUPERVISOR_FD_CALLS};
    struct attempt *attempt = malloc(sizeof *attempt);
    if (!attempt)
        return err_set(err, REASON_INFRA, "out of memory for a job");
    delivery_local_init(&local, argument(argc, argv, 1), argument(argc, argv, 2), SUPERVISOR_FD_EVENTS);
    local.store_password_file = argument(argc, argv, 5);
    local.queue = (struct run_queue){argument(argc, argv, 6), argument(argc, argv, 7), argument(argc, argv, 8)};
    attempt_init(attempt, &calls, &local.base);
    read_task(attempt, argc, argv);
    int result = job_steps_run(attempt, err);
    attempt_done(attempt);
    free(attempt);
    delivery_local_done(&local);
    return result;
}

// quernd: one job after the other.
static int work_for_ever(struct err *err) {
    struct settings settings;
    TRY(settings_read(SUPERVISOR_FD_JOB, &settings, err));
    return service_run(&settings, err);
}

int main(int argc, char **argv) {
    struct err err;
    // The terminal's Ctrl-C is the supervisor's: it cancels the job.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    bool daemon = argc > 1 && strcmp(argv[1], "--daemon") == 0;
    int result = jail_die_with_parent(&err);
    if (result == 0)
        result = daemon ? work_for_ever(&err) : work_once(argc, argv, &err);
    if (result < 0)
        fprintf(stderr, "quern-worker: %s\n", err.msg);
    return result < 0 ? JAIL_EXIT : 0;
}
