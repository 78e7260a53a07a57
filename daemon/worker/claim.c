// SPDX-License-Identifier: Apache-2.0
/* Step claim: take the job and pin every input to exactly the bytes that were meant. */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "attempt.h"
#include "quern/clock.h"

// Whoever is told that there is no such key looks for a fault in the store; a job that returned None had nothing to put there.
static int open_input(struct attempt *attempt, const struct job_source *source, struct storage_object *ret,
                      struct err *err) {
    struct err why = {0};
    if (attempt->delivery->kind->open(attempt, source, ret, &why) == 0)
        return 0;
    *err = why;
    if (why.reason != REASON_NOT_FOUND || strncmp(source->url, "job:", 4) != 0)
        return -1;
    return err_set(
        err, REASON_NOT_FOUND,
        "%.300s: that job has no such output: one that is None is not kept, and nobody can take it. Return an "
        "empty frame there, or quern.output(NAME, None), which arrives as None",
        source->url);
}

static uint64_t begun_unix_us(const struct attempt *attempt) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec - (clock_now_ns() - attempt->begun_ns) / 1000;
}

static void begin_manifest(struct attempt *attempt) {
    struct manifest *manifest = &attempt->manifest;
    const struct job *job = &attempt->job;
    memcpy(manifest->id, job->id, sizeof manifest->id);
    memcpy(manifest->environment, job->environment, sizeof manifest->environment);
    manifest->dialect = job->dialect;
    manifest->strict = job->strict;
    manifest->started_unix_us = begun_unix_us(attempt);
    manifest->peak_bytes = MANIFEST_UNKNOWN;
    manifest->private_dirty_bytes = manifest->copied_on_write_bytes = MANIFEST_UNKNOWN;
    manifest->input_count = (uint32_t)job->input_count;
    for (size_t i = 0; i < job->input_count; i++) {
        manifest->inputs[i].port = job->inputs[i].port;
        snprintf(manifest->inputs[i].name, sizeof manifest->inputs[i].name, "%s", job->inputs[i].source.name);
    }
}

// What the store knows of an object counts; a file, and what was uploaded, is what the document calls it.
static void take_kind(struct attempt *attempt, size_t input) {
    struct job_input *wanted = &attempt->job.inputs[input];
    uint32_t kind = object_of_version(attempt->inputs[input].blob.version);
    if (kind != OBJECT_DATASET)
        wanted->format = job_format_of(kind);
    attempt->manifest.inputs[input].kind = job_object(wanted->format);
}

int step_claim(struct attempt *attempt, struct err *err) {
    const struct job *job = &attempt->job;
    int read = attempt->delivery->kind->document(attempt, err);
    begin_manifest(attempt);
    TRY(read);
    for (size_t i = 0; i < job->input_count && attempt->task != RUN_LINT; i++) {
        struct storage_object *blob = &attempt->inputs[i].blob;
        TRY(open_input(attempt, &job->inputs[i].source, blob, err));
        memcpy(attempt->manifest.inputs[i].version, blob->version, sizeof blob->version);
        take_kind(attempt, i);
    }
    return 0;
}
