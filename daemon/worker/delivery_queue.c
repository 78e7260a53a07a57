// SPDX-License-Identifier: Apache-2.0
#include "delivery_queue.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt.h"
#include "daemon/failpoint.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/queue_keeper.h"
#include "quern/queue_worker.h"
#include "quern/record.h"
#include "quern/segment.h"
#include "quern/settings.h"
#include "wish.h"

enum {
    LAST_NEWS_MS = 5000,
    LONG_BYTES = 64 << 20, // people notice how long it takes to encode more
};

static struct delivery_queue *delivery_of(const struct attempt *attempt) {
    return (struct delivery_queue *)attempt->delivery;
}

// ---- claim ----

static int refuse(const char *what, const char *why, struct err *err) {
    return err_set(err, REASON_BAD_INPUT, "%s: %s", what, why);
}

// The path is one of the submitter's machine: what this host has there is nobody's business.
static int check_source(const struct job_source *source, struct err *err) {
    if (!source->url || !job_source_is_file(source))
        return 0;
    return err_set(err, REASON_BAD_INPUT,
                   "%s: expected an object of the store, found %.200s; `quern submit` uploads files", source->name,
                   source->url);
}

static int check_sources(const struct job *job, struct err *err) {
    TRY(check_source(&job->script, err));
    TRY(check_source(&job->bundle, err));
    for (size_t i = 0; i < job->input_count; i++)
        TRY(check_source(&job->inputs[i].source, err));
    return 0;
}

// What only makes sense where the submitter sits.
static int check_document(const struct job *job, const char *id, struct err *err) {
    if (strcmp(job->id, id) != 0)
        return err_set(err, REASON_BAD_INPUT, "id: expected %s, as the queue calls the job, found %s", id, job->id);
    if (job->debug)
        return refuse("debug", "a job of a queue has no terminal; use `quern run --pdb`", err);
    for (size_t i = 0; i < job->output_count; i++)
        if (strncmp(job->outputs[i].key, "file:", 5) == 0)
            return err_set(err, REASON_BAD_INPUT,
                           "outputs.%s: expected a key, found %.200s; fetch it with `quern result`",
                           job->outputs[i].port, job->outputs[i].key);
    return check_sources(job, err);
}

static int document(struct attempt *attempt, struct err *err) {
    const struct queue_claim *claim = &delivery_of(attempt)->claim;
    struct job job;
    memcpy(attempt->job.id, claim->id, sizeof attempt->job.id);
    TRY(queue_claim_check(delivery_of(attempt)->home->queue, claim, err));
    TRY(job_decode(claim->document, claim->document_bytes, &job, err));
    int good = check_document(&job, claim->id, err);
    if (good == 0)
        attempt->job = job;
    else
        job_free(&job);
    return good;
}

static int open_source(struct attempt *attempt, const struct job_source *source, struct storage_object *ret,
                       struct err *err) {
    return catalogue_get(delivery_of(attempt)->home->catalogue, source->url, source->version, ret, err);
}

static int give_catalogue(struct attempt *attempt, struct catalogue **ret, struct err *err) {
    (void)err;
    *ret = delivery_of(attempt)->home->catalogue;
    return 0;
}

// ---- publish ----

static int check_key(const struct delivery_queue *delivery, const char *port, const char *key, struct err *err) {
    for (uint32_t i = 0; i < delivery->count; i++)
        if (strcmp(delivery->outputs[i].user_key, key) == 0 || strcmp(delivery->outputs[i].own_key, key) == 0)
            return err_set(err, REASON_BAD_RESULT,
                           "%s: expected a key of its own, found that of another output: %.200s", port, key);
    return 0;
}

static void name_own(const struct attempt *attempt, struct delivery_output *ret, const char *dir, const char *name) {
    snprintf(ret->own_key, sizeof ret->own_key, "job:%s/%s%s", attempt->job.id, dir, name);
}

static int name_output(struct attempt *attempt, struct delivery_output *ret, const char *name, struct err *err) {
    name_own(attempt, ret, "", name);
    if (!ret->output || attempt->verdict.reason)
        return 0;
    int named = job_output_key(&attempt->job, ret->output->port, ret->user_key, sizeof ret->user_key, err);
    TRY(named);
    return named ? check_key(delivery_of(attempt), ret->output->port, ret->user_key, err) : 0;
}

// One more, which counts when it is put.
static int next_output(struct delivery_queue *delivery, struct delivery_output **ret, struct err *err) {
    if (delivery->count == DELIVERY_MAX_OUTPUTS)
        return err_set(err, REASON_BUG, "more than %u outputs", DELIVERY_MAX_OUTPUTS);
    *ret = &delivery->outputs[delivery->count];
    **ret = (struct delivery_output){.bytes = 0};
    return 0;
}

static int put_bytes(struct delivery_queue *delivery, struct delivery_output *made, uint32_t kind, int fd,
                     struct err *err) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of an output");
    made->bytes = (uint64_t)status.st_size;
    TRY(storage_put_as(catalogue_storage(delivery->home->catalogue), kind, fd, made->version, err));
    delivery->count++;
    return 0;
}

// `output` is told of it by settle().
static int put(struct attempt *attempt, const char *name, int fd, struct manifest_output *output,
               struct delivery_output **ret, struct err *err) {
    struct delivery_queue *delivery = delivery_of(attempt);
    TRY(next_output(delivery, ret, err));
    (*ret)->output = output;
    TRY(name_output(attempt, *ret, name, err));
    return put_bytes(delivery, *ret, output ? output->kind : OBJECT_FILE, fd, err);
}

static int put_kept(struct attempt *attempt, int fd, struct manifest_file *file, struct err *err) {
    struct delivery_queue *delivery = delivery_of(attempt);
    struct delivery_output *made = NULL;
    TRY(next_output(delivery, &made, err));
    made->file = file;
    name_own(attempt, made, MANIFEST_FILES_DIR "/", file->name);
    return put_bytes(delivery, made, file->kind, fd, err);
}

static int put_written(struct attempt *attempt, const char *key, int fd, struct manifest_file *file, struct err *err) {
    struct delivery_queue *delivery = delivery_of(attempt);
    struct delivery_output *made = NULL;
    TRY(next_output(delivery, &made, err));
    made->file = file;
    TRY(check_key(delivery, key, key, err));
    snprintf(made->user_key, sizeof made->user_key, "%s", key);
    return put_bytes(delivery, made, file->kind, fd, err);
}

static int put_file(struct attempt *attempt, const char *name, int fd, struct manifest_output *output,
                    struct err *err) {
    struct delivery_output *made = NULL;
    return put(attempt, name, fd, output, &made, err);
}

// Its key is its name: the suffix is for files.
static int put_object(struct attempt *attempt, const char *file, int fd, struct manifest_output *output,
                      struct err *err) {
    struct delivery_output *made = NULL;
    (void)file;
    return put(attempt, output->port, fd, output, &made, err);
}

// The next job that asks for this version on this host finds it in memory. Where there is no room it is decoded again.
static void keep(struct attempt *attempt, const struct attempt_result *result, const char *version) {
    struct supervisor_key key;
    struct segment_header header;
    struct err ignored;
    if (pread(result->segment, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        header.profile != attempt->profile)
        return;
    wish_key_of_result(version, attempt->profile, &key);
    (void)!calls_keep(attempt->calls, &key, result->segment, &ignored);
}

static int put_result(struct attempt *attempt, uint32_t index, struct manifest_output *output, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    struct codec_outcome outcome;
    struct err why;
    struct delivery_output *made = NULL;
    auto_fd int file = memory_new("quern-output", 0, err);
    TRY(file);
    if (result->segment_bytes > LONG_BYTES)
        report_flush(&attempt->report);
    if (codec_encode(&attempt->codec, result->segment, CODEC_CHECKED, file, &outcome, &why) < 0) {
        err_set(err, (enum reason)why.reason, "%s: %.900s", result->port, why.msg);
        return -1;
    }
    FAILPOINT("publish:encoded");
    TRY(put(attempt, result->port, file, output, &made, err));
    output->bytes = made->bytes;
    keep(attempt, result, made->version);
    FAILPOINT("publish:staged");
    return 0;
}

// ---- complete ----

static void tell_place(char *key_home, char *version_home, const char *key, const char *version) {
    memcpy(key_home, key, strlen(key) + 1);
    memcpy(version_home, version, strlen(version) + 1);
}

// The user's names are for what a job that succeeded gave.
static void settle(struct attempt *attempt) {
    struct delivery_queue *delivery = delivery_of(attempt);
    for (uint32_t i = 0; i < delivery->count; i++) {
        struct delivery_output *made = &delivery->outputs[i];
        if (attempt->verdict.reason)
            made->user_key[0] = '\0';
        const char *key = made->user_key[0] ? made->user_key : made->own_key;
        if (made->output)
            tell_place(made->output->key, made->output->version, key, made->version);
        if (made->file)
            tell_place(made->file->key, made->file->version, key, made->version);
    }
}

int delivery_queue_keep(const struct delivery_queue *delivery, struct err *err) {
    struct storage *store = catalogue_storage(delivery->home->catalogue);
    for (uint32_t i = 0; i < delivery->count; i++) {
        const struct delivery_output *made = &delivery->outputs[i];
        uint64_t bytes;
        struct err why = {0};
        if (storage_keep(store, made->own_key, made->version, &bytes, &why) == 0)
            continue;
        if (why.reason == REASON_NOT_FOUND)
            return err_set(err, REASON_INFRA, "%s: was collected before it had a name", made->own_key);
        *err = why;
        return -1;
    }
    return 0;
}

static int commit(struct attempt *attempt, const struct delivery_manifest *manifest, struct err *err) {
    struct delivery_queue *delivery = delivery_of(attempt);
    TRY(put_file(attempt, "job.json", manifest->fd, NULL, err));
    FAILPOINT("complete:staged");
    TRY(delivery_queue_keep(delivery, err));
    delivery->whole = true;
    return 0;
}

struct names {
    struct queue_name list[DELIVERY_MAX_OUTPUTS + DELIVERY_MAX_OWN];
    size_t count;
};

static void add_name(struct names *names, const char *key, const struct delivery_output *made) {
    if (key[0])
        names->list[names->count++] = (struct queue_name){key, made->version, made->bytes};
}

// Of a part nobody is told. The names are the commit: what was put and has none is collected.
static void collect_names(const struct delivery_queue *delivery, struct names *names) {
    names->count = 0;
    for (uint32_t i = 0; i < delivery->count && delivery->whole; i++) {
        add_name(names, delivery->outputs[i].own_key, &delivery->outputs[i]);
        add_name(names, delivery->outputs[i].user_key, &delivery->outputs[i]);
    }
}

// What the queue keeps of the manifest: all of it, or what is short.
static int make_brief(const struct attempt *attempt, const struct delivery_manifest *manifest, char **ret,
                      size_t *ret_bytes, struct err *err) {
    struct err too_long;
    *ret = NULL;
    *ret_bytes = 0;
    if (manifest->bytes > QUEUE_MAX_RESULT) {
        // Keys of a thousand bytes, sixty of them: job:ID/job.json has the record.
        if (manifest_encode_brief(&attempt->manifest, QUEUE_MAX_RESULT, ret, ret_bytes, &too_long) < 0)
            *ret = NULL;
        return 0;
    }
    *ret = strdup(manifest->json);
    *ret_bytes = manifest->bytes;
    return *ret ? 0 : err_set(err, REASON_INFRA, "out of memory for a result manifest");
}

static int tell_queue(struct delivery_queue *delivery, const struct err *verdict, const char *result, size_t bytes,
                      struct err *err) {
    struct names names;
    const struct queue_claim *claim = &delivery->claim;
    if (verdict->reason == REASON_LOST) // a process of ours died, and the job's with it
        return queue_lost(delivery->home->queue, claim->id, claim->token, &delivery->state, err);
    collect_names(delivery, &names);
    if (verdict->reason)
        return queue_fail(delivery->home->queue, claim->id, claim->token, verdict, result, bytes, names.list,
                          names.count, &delivery->state, err);
    int answer =
        queue_complete(delivery->home->queue, claim->id, claim->token, result, bytes, names.list, names.count, err);
    delivery->unconfirmed = answer == QUEUE_UNCONFIRMED;
    if (answer == QUEUE_OK || delivery->unconfirmed)
        delivery->state = JOB_SUCCEEDED;
    return answer;
}

static int conclude(struct attempt *attempt, const struct delivery_manifest *manifest, struct err *err) {
    struct delivery_queue *delivery = delivery_of(attempt);
    auto_free char *result = NULL;
    size_t bytes = 0;
    TRY(make_brief(attempt, manifest, &result, &bytes, err));
    news_finish(&delivery->news, LAST_NEWS_MS);
    // The queue's record says what the manifest says.
    struct err verdict = attempt->verdict;
    if (verdict.reason)
        manifest_message(&attempt->manifest, verdict.msg, sizeof verdict.msg);
    int answer = tell_queue(delivery, &verdict, result, bytes, err);
    TRY(answer);
    FAILPOINT("complete:told");
    if (answer == QUEUE_FENCED)
        attempt->calls->fenced = true;
    else
        report_manifest(&attempt->report, &attempt->verdict, -1);
    return 0;
}

// ---- news ----

// Whoever looks at the job sees what it waits for, as soon as its queue takes that.
static void tell_wait(struct news *news, const struct event *event) {
    char text[NEWS_PROGRESS_BYTES];
    snprintf(text, sizeof text, "%s waits: %.*s", step_name((enum step)event->step), (int)sizeof text - 32,
             event->err.msg);
    news_progress(news, text);
    news->next_ns = 0;
    news_turn(news);
}

static void tell(struct attempt *attempt, const struct event *event, int fd) {
    struct delivery_queue *delivery = delivery_of(attempt);
    struct err ignored;
    (void)fd;
    if (event->kind == EVENT_LOG) {
        news_log(&delivery->news, event->stream == 2, event->text, event->bytes);
        return;
    }
    if (event->kind == EVENT_STEP_BEGIN)
        news_progress(&delivery->news, step_name((enum step)event->step));
    if (event->kind == EVENT_PROGRESS)
        news_progress(&delivery->news, event->text);
    if (event->kind == EVENT_WAIT)
        tell_wait(&delivery->news, event);
    if (event->kind == EVENT_STEP_BEGIN || event->kind == EVENT_PREVIEW || event->kind == EVENT_PICTURE ||
        event->kind == EVENT_PRODUCT || event->kind == EVENT_PROGRESS)
        return;
    if (delivery->events >= 0 && record_send(delivery->events, event, sizeof *event, NULL, 0, &ignored) < 0)
        delivery->events = -1;
}

static int wait_for_news(struct attempt *attempt, uint64_t *ret_deadline_ns) {
    return news_wait(&delivery_of(attempt)->news, ret_deadline_ns);
}

static void turn(struct attempt *attempt) {
    struct news *news = &delivery_of(attempt)->news;
    news_turn(news);
    attempt->calls->fenced = attempt->calls->fenced || news->fenced;
}

static void flush(struct attempt *attempt) {
    delivery_of(attempt)->news.next_ns = 0;
    turn(attempt);
}

static const struct delivery_kind queue_kind = {.document = document,
                                                .open = open_source,
                                                .catalogue = give_catalogue,
                                                .result = put_result,
                                                .object = put_object,
                                                .file = put_file,
                                                .kept = put_kept,
                                                .written = put_written,
                                                .settle = settle,
                                                .commit = commit,
                                                .conclude = conclude,
                                                .tell = tell,
                                                .wait = wait_for_news,
                                                .turn = turn,
                                                .flush = flush};

void delivery_queue_init(struct delivery_queue *delivery, int events) {
    memset(delivery, 0, sizeof *delivery);
    delivery->base =
        (struct delivery){.kind = &queue_kind, .keeps = true, .names_jobs = true, .patience_ms = SUPERVISOR_CLAIM_MS};
    delivery->events = events;
    news_init(&delivery->news);
}

void delivery_queue_begin(struct delivery_queue *delivery, const struct delivery_home *home,
                          struct queue_claim *claim) {
    delivery->home = home;
    delivery->claim = *claim;
    *claim = (struct queue_claim){0};
    delivery->count = 0;
    delivery->whole = delivery->unconfirmed = false;
    delivery->state = JOB_RUNNING;
    news_begin(&delivery->news, home->news, delivery->claim.id, delivery->claim.token);
}

void delivery_queue_end(struct delivery_queue *delivery) {
    news_begin(&delivery->news, NULL, NULL, NULL);
    queue_news_drop(delivery->home->news);
    queue_claim_free(&delivery->claim);
}

void delivery_queue_done(struct delivery_queue *delivery) { news_done(&delivery->news); }
