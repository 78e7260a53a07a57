// SPDX-License-Identifier: Apache-2.0
#include "cli/upload.h"

#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/source.h"
#include "cli/terminal.h"
#include "quern/own.h"

enum { SAID_BYTES = 8 << 20 }; // less is there before it is read

struct upload {
    struct client *client;
    struct job *job;
    struct terminal notes;
};

static void say(struct upload *upload, const char *name, uint64_t bytes) {
    char text[QUANTITY_BYTES];
    if (!upload->notes.tty || bytes < SAID_BYTES)
        return;
    terminal_say(&upload->notes, "▶ uploading %s, %s", name, quantity_show_bytes(bytes, text));
    fflush(upload->notes.file);
}

static void unsay(struct upload *upload) {
    if (upload->notes.line_open)
        terminal_clear_line(&upload->notes);
}

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
    struct err err;
    if (strcmp(object->version, source->version) != 0)
        return refuse(refusal, REASON_BAD_INPUT, "%s: the file changed while it was being read", source->name);
    say(upload, source->name, object->bytes);
    int done = storage_put(upload->client->store.storage, object->fd, version, &err);
    if (done == 0)
        done = storage_check_unchanged(object, source->name, &err);
    unsay(upload);
    return done < 0 ? refuse(refusal, (enum reason)err.reason, "%s: %s", source->name, err.msg) : 0;
}

static int upload_file(struct upload *upload, const char *role, struct job_source *source, struct refusal *refusal) {
    struct storage_object object;
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    if (!source->url || !source_is_path(source))
        return 0;
    if (storage_open_file(source_path(source), &object, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    auto_fd int fd = object.fd;
    TRY(put(upload, &object, source, version, refusal));
    return point_at(upload, role, version, source, refusal);
}

int upload_files(struct client *client, struct job *job, struct refusal *refusal) {
    struct upload upload = {.client = client, .job = job};
    terminal_open(&upload.notes, stderr, TERMINAL_COLOUR_AUTO);
    TRY(upload_file(&upload, "script", &job->script, refusal));
    TRY(upload_file(&upload, "bundle", &job->bundle, refusal));
    for (size_t i = 0; i < job->input_count; i++) {
        char role[32];
        snprintf(role, sizeof role, "dataframe%u", (unsigned)job->inputs[i].port);
        TRY(upload_file(&upload, role, &job->inputs[i].source, refusal));
    }
    return 0;
}
