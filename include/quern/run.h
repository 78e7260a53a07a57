/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `quern run`: one job here and now, without queue or daemon, over the same spine as quernd:
 * the supervisor's code with one worker.
 *
 * Calling sequence: fill a struct job (inputs pinned) → run_job() → look at the outcome → run_outcome_done(). The call
 * starts worker, codec and zygote, lets their events through to `on_event` in the order in which they come, and
 * returns when all of them are gone. A first SIGINT, SIGTERM or SIGHUP cancels the job (reason "cancelled"); a second
 * one ends everything at once. The three are blocked meanwhile and taken from a signalfd: the caller must be
 * single-threaded. The callbacks must not wait for anybody: limits and signals count while they run.
 *
 * A job that ran and failed is an outcome, not an error: 0 is returned, exit_code and reason say which. -1 means that
 * there is no outcome: quern could not do its part.
 *
 * Ownership: options and job are borrowed for the call; an event and its descriptor for the callback (dup() what is
 * kept). The outcome owns manifest_json. Callbacks are called from the calling thread.
 */
#ifndef QUERN_RUN_H
#define QUERN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "quern/environment.h"
#include "quern/err.h"
#include "quern/events.h"
#include "quern/jail.h"
#include "quern/job.h"

#define RUN_TICK_MS 100

/*
 * What is done with a job. RUN_LINT has its script read, not run, in a jailed process of the environment's interpreter, and
 * needs no dataset: the inputs stand for their ports; what is wrong with it is what it writes (quern/lint.py). All others
 * but RUN_SCRIPT only look at its one input: no script is read (the document names the dataset
 * in its place), no Python runs but for typing CSV and TSV, nothing is kept; what comes out arrives as EVENT_PRODUCT.
 */
enum run_task {
    RUN_SCRIPT,
    RUN_CHECK,   /* decode and no more */
    RUN_ENCODE,  /* as an Arrow IPC file */
    RUN_HEAD,    /* its first rows as JSON (schemas/head.md) */
    RUN_PROFILE, /* what its columns hold as JSON (schemas/profile.md) */
    RUN_CSV,     /* as a text table */
    RUN_TSV,
    RUN_LINT,
    RUN_TASK_COUNT
};

/* A queue's catalogue, called when the script asks for a key; the store is then the one that the queue names. */
struct run_queue {
    const char *url, *name;
    const char *password_file; /* its first line; empty: none */
};

struct run_options {
    const struct job *job;
    const struct environment *environment; /* NULL: environment_default() */
    const char *output_dir;                /* NULL: keep nothing */
    const char *store;                     /* where keys are looked up; NULL: the default store */
    const char *store_password_file;       /* its first line; NULL or empty: none */
    const struct run_queue *queue;         /* whose keys the script asks for; NULL: the store's own */
    enum run_task task;
    uint32_t rows;               /* RUN_HEAD: rows at the beginning */
    struct jail_require require; /* else nothing runs: REASON_CONFIG */
    bool debug_terminal;         /* the script gets our terminal on 0, 1 and 2 */
    void (*on_event)(void *context, const struct event *event, int fd /* -1, or borrowed */);
    void (*on_tick)(void *context); /* about every RUN_TICK_MS while the job runs; NULL: no ticks */
    void *context;
};

struct run_outcome {
    char *manifest_json; /* owned; NULL when the worker did not come so far */
    size_t manifest_bytes;
    uint32_t exit_code; /* of `quern run`, by schemas/words.def */
    bool at_once;       /* a second signal came: whoever sent it waits for nothing more */
    char reason[REASON_WORD_BYTES];
    char message[ERR_MSG_BYTES];
};

MUST_USE int run_job(const struct run_options *options, struct run_outcome *ret, struct err *err);

static inline void run_outcome_done(struct run_outcome *outcome) {
    free(outcome->manifest_json);
    outcome->manifest_json = NULL;
}

#endif
