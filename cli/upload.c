// SPDX-License-Identifier: Apache-2.0
#include "cli/upload.h"

#include <stdlib.h>
#include <string.h>

#include "cli/source.h"
#include "cli/transfer.h"
#include "quern/own.h"

struct upload {
    struct client *client;
    struct job *job;
};

static int point_at(struct upload *upload, const char *role, const char *version, struct job_source *source,
                    struct refusal *refusal) {
    char *url = NULL;
    char *pinned = strdup(version);
    if (!pinned || asprintf(&url, "job:%s/input/%s", upload->job->id, role) < 0) {
        free(pinned);
        return refuse(refusal, REASON_INFRA, "out of memory for the name of an upload");
    }
    free(source->url);
    free(source->version);
    source->url = url;
    source->version = pinned;
    return 0;
}

static int put(struct upload *upload, struct storage_object *object, const struct job_source *source,
               char version[STORAGE_VERSION_BYTES], struct refusal *refusal) {
    struct transfer transfer;
    struct err err;
    if (strcmp(object->version, source->version) != 0)
        return refuse(refusal, REASON_BAD_INPUT, "%s: the file changed while it was being read", source->name);
    transfer_begin(&transfer, "uploading", source->name, object->bytes);
    int done = catalogue_put(upload->client->store.catalogue, object->fd, version, &err);
    if (done == 0)
        done = storage_check_unchanged(object, source->name, &err);
    transfer_end(&transfer);
    return done < 0 ? refuse(refusal, (enum reason)err.reason, "%s: %s", source->name, err.msg) : 0;
}

static int upload_file(struct upload *upload, const char *role, struct job_source *source, struct refusal *refusal) {
    struct storage_object object;
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    if (!source->url || !job_source_is_file(source))
        return 0;
    if (storage_open_file(source_path(source), &object, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    int done = put(upload, &object, source, version, refusal);
    own_close(&object.fd);
    TRY(done);
    return point_at(upload, role, version, source, refusal);
}

int upload_files(struct client *client, struct job *job, struct refusal *refusal) {
    struct upload upload = {.client = client, .job = job};
    TRY(upload_file(&upload, "script", &job->script, refusal));
    TRY(upload_file(&upload, "bundle", &job->bundle, refusal));
    for (size_t i = 0; i < job->input_count; i++) {
        char role[32];
        snprintf(role, sizeof role, "dataframe%u", (unsigned)job->inputs[i].port);
        TRY(upload_file(&upload, role, &job->inputs[i].source, refusal));
    }
    return 0;
}
