// SPDX-License-Identifier: Apache-2.0
// `quern submit SCRIPT`: the command line becomes a job document; what it names is uploaded or pinned; one enqueue.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/environments.h"
#include "cli/follow.h"
#include "cli/job_flags.h"
#include "cli/lint.h"
#include "cli/source.h"
#include "cli/store.h"
#include "cli/submission.h"
#include "cli/suggest.h"
#include "cli/upload.h"
#include "cli/verbs.h"
#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_server.h"

static const char job_prefix[] = "job:";

static int no_memory(struct refusal *refusal) { return refuse(refusal, REASON_INFRA, "out of memory for a job"); }

/* ---- what the flags say of the document ---- */

static int add_output(struct job *job, const char *flag, const char *port, size_t port_bytes, const char *key,
                      struct refusal *refusal) {
    if (job->output_count == HOST_MAX_PORTS)
        return refuse(refusal, REASON_USAGE, "%s: expected at most %u outputs", flag, HOST_MAX_PORTS);
    struct job_output *outputs = reallocarray(job->outputs, job->output_count + 1, sizeof *outputs);
    if (!outputs)
        return no_memory(refusal);
    job->outputs = outputs;
    struct job_output *output = &outputs[job->output_count++];
    *output = (struct job_output){.port = strndup(port, port_bytes), .key = strdup(key)};
    if (!output->port || !output->key)
        return no_memory(refusal);
    for (const struct job_output *other = outputs; other < output; other++)
        if (strcmp(other->port, output->port) == 0)
            return refuse(refusal, REASON_USAGE, "%s: '%s' was given twice", flag, output->port);
    return store_key_check(flag, key, refusal);
}

static int add_pair(struct job *job, const char *pair, struct refusal *refusal) {
    const char *equals = strchr(pair, '=');
    if (!equals || equals == pair || !equals[1])
        return refuse(refusal, REASON_USAGE, "--output: '%s' is not PORT=KEY; write dataset1=scores", pair);
    return add_output(job, "--output", pair, (size_t)(equals - pair), equals + 1, refusal);
}

// Digits alone would be taken for the number of a job everywhere else.
static int take_id(struct job *job, const char *id, struct refusal *refusal) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t bytes = strspn(id, allowed);
    if (bytes == 0 || bytes >= JOB_ID_BYTES || id[bytes])
        return refuse(refusal, REASON_USAGE, "--id: expected 1 to 64 of A-Z a-z 0-9 _ -, found '%.100s'", id);
    if (strspn(id, "0123456789") == bytes)
        return refuse(refusal, REASON_USAGE, "--id: '%s' would be taken for a number; put a letter in front", id);
    snprintf(job->id, sizeof job->id, "%s", id);
    return 0;
}

static int take(struct job *job, const struct given *given, struct refusal *refusal) {
    switch ((int)given->flag) {
    case FLAG_SUBMIT_PUBLISH:
        return add_output(job, "-o", JOB_OUTPUT_ALL, strlen(JOB_OUTPUT_ALL), given->value, refusal);
    case FLAG_SUBMIT_OUTPUT:
        return add_pair(job, given->value, refusal);
    case FLAG_SUBMIT_ID:
        return take_id(job, given->value, refusal);
    default:
        return 0;
    }
}

/* ---- what the document points at ---- */

// The queue says which environments its workers have, once somebody has told it.
static int check_environment(const struct client *client, const char *name, struct refusal *refusal) {
    char list[QUEUE_TEXT_BYTES];
    struct suggest suggest;
    snprintf(list, sizeof list, "%s", client->home.environments);
    suggest_init(&suggest, name);
    if (!*list)
        return 0;
    for (char *rest = list, *word; (word = strsep(&rest, ","));) {
        if (strcmp(word, name) == 0)
            return 0;
        suggest_offer(&suggest, word);
    }
    refuse(refusal, REASON_USAGE, "--env: the workers of the queue '%s' have no environment '%s'", client->name, name);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    refusal_advise(refusal, "they have: %s", client->home.environments);
    return -1;
}

// `job:12/dataset1` is what job 12 will return: the claim finds it, and this job waits for that one.
static int depend(const struct client *client, struct submission *submission, struct job_source *source,
                  struct refusal *refusal) {
    char word[STORAGE_KEY_BYTES], id[JOB_ID_BYTES];
    const char *name = source->url + strlen(job_prefix), *slash = strchr(name, '/');
    snprintf(word, sizeof word, "%.*s", slash ? (int)(slash - name) : -1, name);
    TRY(client_find_job(client, word, id, refusal));
    if (!slash) {
        refuse(refusal, REASON_USAGE, "'%s' is a job, and an input is one of its outputs", source->url);
        refusal_advise(refusal, "the first one: %s/dataset1", source->url);
        return -1;
    }
    char *url = NULL;
    if (asprintf(&url, "%s%s%s", job_prefix, id, slash ? slash : "") < 0)
        return no_memory(refusal);
    free(source->url);
    source->url = url;
    return submission_needs(submission, id, refusal);
}

static int settle_inputs(struct client *client, struct submission *submission, struct job *job,
                         struct refusal *refusal) {
    char name[JOB_FLAGS_NAME_BYTES];
    for (size_t i = 0; i < job->input_count; i++) {
        struct job_source *source = &job->inputs[i].source;
        job_flags_port(&job->inputs[i], name);
        if (!source_is_open(source))
            continue;
        if (strncmp(source->url, job_prefix, strlen(job_prefix)) == 0)
            TRY(depend(client, submission, source, refusal));
        else
            TRY(source_pin(name, &client->store, source, refusal));
    }
    return upload_files(client, job, refusal);
}

/* ---- the enqueue ---- */

static int refuse_answer(const struct client *client, const struct submission *submission, int answer,
                         const struct queue_receipt *receipt, struct refusal *refusal) {
    const struct queue_submission *queued = &submission->queued;
    switch (answer) {
    case QUEUE_FULL:
        refuse(refusal, REASON_INFRA, "the queue '%s' is full: %" PRIu64 " of %" PRIu64 " jobs wait", client->name,
               receipt->waiting, receipt->most);
        refusal_advise(refusal, "try again later; its bound: quern queue limit %s --waiting COUNT", client->name);
        return -1;
    case QUEUE_NO_DEPENDENCY:
        refuse(refusal, REASON_NOT_FOUND, "--after: there is no job '%s' in the queue '%s'", receipt->other,
               client->name);
        refusal_advise(refusal, "list them: quern ls -q %s", client->name);
        return -1;
    case QUEUE_DUPLICATE:
        break;
    default:
        return refuse(refusal, REASON_BUG, "the queue gave an answer that does not belong to a submission");
    }
    if (strcmp(receipt->other, queued->id) == 0) {
        refuse(refusal, REASON_USAGE, "--id: there is another job with the id '%s'", queued->id);
        refusal_advise(refusal, "look at it: quern status %s", queued->id);
    } else {
        refuse(refusal, REASON_INFRA, "--unique: the job '%s' has the name '%s' and has not ended", receipt->other,
               queued->unique ? queued->unique : "");
        refusal_advise(refusal, "wait for it: quern wait %s", receipt->other);
    }
    return -1;
}

// Whether the queue has it nobody knows now; the same again, under the same id, is the same job.
static int blame(const struct client *client, const struct submission *submission, const struct err *err,
                 struct refusal *refusal) {
    client_blame(client, err, refusal);
    if (err->reason == REASON_INFRA || err->reason == REASON_UNREACHABLE)
        refusal_advise(refusal, "the same again is the same job: --id %s", submission->queued.id);
    return -1;
}

static int enqueue(const struct client *client, struct submission *submission, const struct job *job,
                   struct refusal *refusal) {
    auto_free char *document = NULL;
    size_t bytes = 0;
    struct err err;
    struct queue_receipt receipt;
    if (job_encode(job, &document, &bytes, &err) < 0)
        return refuse(refusal, err.reason == REASON_BAD_INPUT ? REASON_USAGE : (enum reason)err.reason, "%s", err.msg);
    submission->queued.document = document;
    submission->queued.document_bytes = bytes;
    int answer = queue_submit(client->queue, &submission->queued, &receipt, &err);
    if (answer < 0)
        return blame(client, submission, &err, refusal);
    return answer == QUEUE_OK ? 0 : refuse_answer(client, submission, answer, &receipt, refusal);
}

// Everything that can be refused without a queue is refused first.
static int build(const struct command_line *line, struct job *job, struct refusal *refusal) {
    struct err err;
    TRY(job_flags_read(line, job, refusal));
    for (size_t i = 0; i < line->given_count; i++)
        TRY(take(job, &line->given[i], refusal));
    return job_check(job, &err) < 0 ? refuse(refusal, REASON_USAGE, "%s", err.msg) : 0;
}

// Only what cannot run is refused. Where the environment is not on this machine, nobody can tell, and it says so.
static int check_script(const struct command_line *line, const struct job *job, struct refusal *refusal) {
    const char *path = line->operands[0];
    struct environment environment;
    struct refusal unchecked;
    struct lint lint;
    if (environments_find(job->environment, &environment, &unchecked) < 0) {
        fprintf(stderr, "note: the script was not checked: the environment '%s' cannot be asked on this machine\n",
                job->environment);
        return 0;
    }
    if (lint_run(job, &environment, &lint, &unchecked) < 0) {
        fprintf(stderr, "note: the script was not checked: %s\n", unchecked.err.msg);
        return 0;
    }
    lint_print(&lint, path, stderr);
    int result = lint.errors ? refuse(refusal, REASON_EXCEPTION, "%s cannot run", path) : 0;
    if (result < 0)
        refusal_advise(refusal, "--no-check submits it all the same");
    lint_done(&lint);
    return result;
}

static int submit(const struct command_line *line, struct client *client, struct job *job, struct refusal *refusal) {
    struct submission submission;
    struct err err;
    TRY(submission_read(line, client, &submission, refusal));
    submission.queued.id = job->id;
    submission.queued.time_ms = job->limits.time_ms;
    if (queue_submission_check(&submission.queued, &err) < 0 || queue_keys_check(client->queue, &err) < 0)
        return client_blame(client, &err, refusal);
    TRY(client_store(client, refusal));
    TRY(check_environment(client, job->environment, refusal));
    if (!command_given(line, "--no-check"))
        TRY(check_script(line, job, refusal));
    TRY(settle_inputs(client, &submission, job, refusal));
    return enqueue(client, &submission, job, refusal);
}

int verb_submit(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    struct job job;
    job_defaults(&job);
    if (build(line, &job, &refusal) < 0 || client_open(line, &client, &refusal) < 0) {
        job_free(&job);
        return refusal_print(&refusal, stderr);
    }
    bool output = command_given(line, "--follow") != NULL;
    int code = 0;
    if (submit(line, &client, &job, &refusal) < 0)
        code = refusal_print(&refusal, stderr);
    else if (output)
        fprintf(stderr, "%s\n", job.id);
    else
        puts(job.id);
    if (fflush(stdout) || ferror(stdout))
        fprintf(stderr, "the job is queued: %s; the same again is the same job: --id %s\n", job.id, job.id);
    if (code == 0 && (output || command_given(line, "--wait")))
        code = follow_own(&client, job.id, output);
    client_close(&client);
    job_free(&job);
    return code;
}
