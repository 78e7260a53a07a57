// SPDX-License-Identifier: Apache-2.0
#include "delivery_local.h"

#include <stdio.h>
#include <string.h>

#include "attempt.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/queue_server.h"
#include "quern/record.h"
#include "quern/settings.h"

#define PREVIEW_ROWS 5u

static struct delivery_local *local_of(const struct attempt *attempt) {
    return (struct delivery_local *)attempt->delivery;
}

static int document(struct attempt *attempt, struct err *err) {
    auto_free char *json = NULL;
    size_t bytes = 0;
    TRY(memory_read(SUPERVISOR_FD_JOB, "job document", JOB_MAX_BYTES, &json, &bytes, err));
    return job_decode(json, bytes, &attempt->job, err);
}

// ---- sources ----

static const char *given(const char *text) { return text && *text ? text : NULL; }

static int open_store(struct delivery_local *local, const char *url, struct err *err) {
    const struct storage_options options = {.url = url, .password_file = given(local->store_password_file)};
    return local->store ? 0 : storage_open_with(&options, &local->store, err);
}

// A name that is none was not the script's choice.
static int blame_queue(const struct delivery_local *local, const struct err *why, struct err *err) {
    return err_set(err, why->reason == REASON_BAD_INPUT ? REASON_CONFIG : (enum reason)why->reason,
                   "the script asks for keys of the queue '%s': %.700s; `quern doctor` looks closer, and --store URL "
                   "names a store in its place",
                   local->queue.name, why->msg);
}

static int open_queue(struct delivery_local *local, struct queue_home *ret, struct err *err) {
    const struct run_queue *queue = &local->queue;
    const struct queue_options options = {
        .url = queue->url, .password_file = given(queue->password_file), .name = queue->name};
    struct err why = {0};
    if (queue_open(&options, &local->opened, &why) < 0 || queue_get_home(local->opened, ret, &why) < 0)
        return blame_queue(local, &why, err);
    if (*ret->store)
        return 0;
    return err_set(err, REASON_CONFIG,
                   "the queue '%s' names no store for its datasets: quern queue home %s --store URL", queue->name,
                   queue->name);
}

static int open_catalogue(struct delivery_local *local, struct err *err) {
    struct queue_home home;
    if (local->catalogue)
        return 0;
    if (!local->queue.url) {
        TRY(open_store(local, local->store_url, err));
        return catalogue_of_store(local->store, &local->catalogue, err);
    }
    TRY(open_queue(local, &home, err));
    TRY(open_store(local, home.store, err));
    return catalogue_of_queue(local->opened, local->store, &local->catalogue, err);
}

// Who pinned it had the catalogue.
static int open_version(struct delivery_local *local, const struct job_source *source, struct storage_object *ret,
                        struct err *err) {
    TRY(open_store(local, local->store_url, err));
    return storage_get(local->store, source->url, source->version, ret, err);
}

static int open_key(struct delivery_local *local, const struct job_source *source, struct storage_object *ret,
                    struct err *err) {
    if (source->version)
        return open_version(local, source, ret, err);
    TRY(open_catalogue(local, err));
    return catalogue_get(local->catalogue, source->url, NULL, ret, err);
}

static int open_source(struct attempt *attempt, const struct job_source *source, struct storage_object *ret,
                       struct err *err) {
    if (!job_source_is_file(source))
        return open_key(local_of(attempt), source, ret, err);
    TRY(storage_open_file(source->url + strlen("file:"), ret, err));
    if (source->version && strcmp(source->version, ret->version) != 0)
        return err_set(err, REASON_BAD_INPUT, "%s: the file was changed after the job was submitted", source->name);
    return 0;
}

static int give_catalogue(struct attempt *attempt, struct catalogue **ret, struct err *err) {
    TRY(open_catalogue(local_of(attempt), err));
    *ret = local_of(attempt)->catalogue;
    return 0;
}

// ---- outputs ----

static int drop_of(struct delivery_local *local, struct storage_drop **ret, struct err *err) {
    if (!local->drop)
        TRY(storage_drop_open(local->dir, &local->drop, err));
    *ret = local->drop;
    return 0;
}

static int preview(struct attempt *attempt, uint32_t index, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    struct codec_outcome outcome;
    auto_fd int head = memory_new("quern-head", 0, err);
    TRY(head);
    TRY(codec_head(&attempt->codec, result->segment, CODEC_CHECKED, PREVIEW_ROWS, head, &outcome, err));
    report_preview(&attempt->report, index + 1, result->port, head);
    return 0;
}

// Straight into its file: a copy of a large result costs as much as checking it.
static int encode(struct attempt *attempt, int segment, const char *file, uint64_t *ret_bytes, struct err *err) {
    struct err why;
    struct storage_drop *drop = NULL;
    struct codec_outcome outcome;
    int output = -1;
    TRY(drop_of(local_of(attempt), &drop, err));
    TRY(storage_drop_file(drop, file, &output, err));
    if (codec_encode(&attempt->codec, segment, CODEC_CHECKED, output, &outcome, &why) == 0) {
        *ret_bytes = outcome.bytes;
        return 0;
    }
    return storage_drop_undo(drop, &why, err);
}

static int put_result(struct attempt *attempt, uint32_t index, struct manifest_output *output, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    char file[HOST_NAME_BYTES + 8];
    TRY(preview(attempt, index, err));
    if (!attempt->delivery->keeps)
        return 0;
    snprintf(file, sizeof file, "%s.arrow", result->port);
    TRY(encode(attempt, result->segment, file, &output->bytes, err));
    snprintf(output->key, sizeof output->key, "%s", file);
    return 0;
}

static int put_file(struct attempt *attempt, const char *name, int fd, struct manifest_output *output,
                    struct err *err) {
    struct storage_drop *drop = NULL;
    if (!attempt->delivery->keeps)
        return 0;
    TRY(drop_of(local_of(attempt), &drop, err));
    if (output)
        snprintf(output->key, sizeof output->key, "%s", name);
    return storage_drop_add(drop, name, fd, err);
}

static int put_kept(struct attempt *attempt, int fd, struct manifest_file *file, struct err *err) {
    struct storage_drop *drop = NULL;
    if (!attempt->delivery->keeps)
        return 0;
    TRY(drop_of(local_of(attempt), &drop, err));
    snprintf(file->key, sizeof file->key, MANIFEST_FILES_DIR "/%s", file->name);
    return storage_drop_add(drop, file->key, fd, err);
}

static int put_written(struct attempt *attempt, const char *key, int fd, struct manifest_file *file, struct err *err) {
    struct delivery_local *local = local_of(attempt);
    TRY(open_catalogue(local, err));
    TRY(catalogue_put_as(local->catalogue, file->kind, fd, file->version, err));
    snprintf(file->key, sizeof file->key, "%s", key);
    return 0;
}

static void settle(struct attempt *attempt) {
    struct manifest *manifest = &attempt->manifest;
    for (uint32_t i = 0; attempt->verdict.reason && i < manifest->written_count; i++)
        manifest->written[i].key[0] = '\0';
}

// The store's catalogue knows no fence: the last one wins.
static int name_written(struct attempt *attempt, struct err *err) {
    const struct manifest *manifest = &attempt->manifest;
    struct storage_name names[MANIFEST_MAX_WRITTEN];
    if (manifest->written_count == 0 || attempt->verdict.reason)
        return 0;
    for (uint32_t i = 0; i < manifest->written_count; i++)
        names[i] = (struct storage_name){manifest->written[i].key, manifest->written[i].version};
    return catalogue_promote(local_of(attempt)->catalogue, names, manifest->written_count, err);
}

static int commit(struct attempt *attempt, const struct delivery_manifest *manifest, struct err *err) {
    struct storage_drop *drop = local_of(attempt)->drop;
    TRY(name_written(attempt, err));
    if (!drop)
        return 0;
    TRY(storage_drop_add(drop, "job.json", manifest->fd, err));
    // What an earlier run left in the same directory, and this one does not have, goes.
    return storage_drop_commit(drop, manifest_files, err);
}

// ---- news ----

static void tell(struct attempt *attempt, const struct event *event, int fd) {
    struct delivery_local *local = local_of(attempt);
    struct err ignored;
    if (local->events >= 0 && record_send(local->events, event, sizeof *event, &fd, fd >= 0 ? 1 : 0, &ignored) < 0)
        local->events = -1;
}

static int conclude(struct attempt *attempt, const struct delivery_manifest *manifest, struct err *err) {
    (void)err;
    report_manifest(&attempt->report, &attempt->verdict, manifest->fd);
    return 0;
}

static const struct delivery_kind local_kind = {.document = document,
                                                .open = open_source,
                                                .catalogue = give_catalogue,
                                                .result = put_result,
                                                .object = put_file,
                                                .file = put_file,
                                                .kept = put_kept,
                                                .written = put_written,
                                                .settle = settle,
                                                .commit = commit,
                                                .conclude = conclude,
                                                .tell = tell};

void delivery_local_init(struct delivery_local *local, const char *dir, const char *store_url, int events) {
    *local = (struct delivery_local){
        .base = {.kind = &local_kind, .keeps = dir != NULL}, .store_url = store_url, .dir = dir, .events = events};
}

void delivery_local_done(struct delivery_local *local) {
    storage_drop_close(local->drop);
    catalogue_close(local->catalogue);
    queue_close(local->opened);
    storage_close(local->store);
}
