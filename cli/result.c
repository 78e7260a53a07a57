// SPDX-License-Identifier: Apache-2.0
// `quern result JOB`: what a job returned, drew and wrote, as the files that `quern run -o` makes.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/checksum.h"
#include "cli/kept.h"
#include "cli/limits_told.h"
#include "cli/quantity.h"
#include "cli/tell.h"
#include "cli/transfer.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "quern/object.h"
#include "quern/own.h"
#include "quern/queue_client.h"

enum { MOST_OUTPUTS = 512 };

// An output: its name below `job:ID/`, its version.
struct output {
    char *name, *version; /* owned */
    uint64_t bytes;
};

struct download {
    struct client client;
    char id[JOB_ID_BYTES];
    const char *wanted; /* NULL: all of them */
    struct output outputs[MOST_OUTPUTS];
    size_t count;
    char directory[PATH_MAX];
};

// The record comes last: it vouches for the others.
static bool is_record(const char *name) { return strcmp(name, "job.json") == 0; }

static bool is_kept(const char *name) { return strncmp(name, MANIFEST_FILES_DIR "/", sizeof MANIFEST_FILES_DIR) == 0; }

static const char *file_name(const char *name, const char *version, char text[STORAGE_KEY_BYTES + 8]) {
    uint32_t kind = object_of_version(version);
    for (size_t i = 0; manifest_files[i] && kind == OBJECT_DATASET; i++)
        if (strcmp(manifest_files[i], name) == 0)
            kind = OBJECT_FILE;
    return object_file_name(kind, name, text, STORAGE_KEY_BYTES + 8);
}

/* ---- which ones ---- */

static int keep_output(void *context, const struct storage_entry *entry) {
    struct download *download = context;
    char file[STORAGE_KEY_BYTES + 8];
    const char *name = strchr(entry->key, '/') + 1;
    bool wanted = !download->wanted || strcmp(download->wanted, name) == 0 ||
                  strcmp(download->wanted, file_name(name, entry->version, file)) == 0 ||
                  (is_kept(name) && strcmp(download->wanted, name + sizeof MANIFEST_FILES_DIR) == 0);
    if (!wanted || (strchr(name, '/') && !is_kept(name)) || download->count == MOST_OUTPUTS)
        return 0;
    struct output *output = &download->outputs[download->count++];
    *output = (struct output){strdup(name), strdup(entry->version), entry->bytes};
    return output->name && output->version ? 0 : -1;
}

static int compare(const void *a, const void *b) {
    const struct output *one = a, *other = b;
    int records = is_record(one->name) - is_record(other->name);
    return records ? records : strcmp(one->name, other->name);
}

static int no_output(const struct download *download, const char *word, struct refusal *refusal) {
    if (download->wanted) {
        refuse(refusal, REASON_NOT_FOUND, "job '%s' has no output '%s'", word, download->wanted);
        refusal_advise(refusal, "it has: quern dataset ls job:%s/", download->id);
        return -1;
    }
    return refuse(refusal, REASON_NOT_FOUND, "job '%s' has left no outputs", word);
}

static int find_outputs(struct download *download, const char *word, struct refusal *refusal) {
    char prefix[JOB_ID_BYTES + 8];
    struct err err = {.reason = REASON_INFRA, .msg = "out of memory for the names of outputs"};
    snprintf(prefix, sizeof prefix, "job:%s/", download->id);
    if (catalogue_names(download->client.store.catalogue, prefix, keep_output, download, &err) != 0)
        return client_blame(&download->client, &err, refusal);
    qsort(download->outputs, download->count, sizeof *download->outputs, compare);
    return download->count ? 0 : no_output(download, word, refusal);
}

/* ---- the files ---- */

static int fetch(const struct download *download, const struct output *output, struct storage_object *ret,
                 struct refusal *refusal) {
    struct transfer transfer;
    struct err err;
    transfer_begin(&transfer, "downloading", output->name, output->bytes);
    int result = storage_get_version(download->client.store.storage, output->version, ret, &err);
    if (result == 0 && checksum_verify(ret->fd, output->version, output->name, &err) < 0) {
        close(ret->fd);
        result = -1;
    }
    transfer_end(&transfer);
    return result < 0 ? refuse(refusal, (enum reason)err.reason, "%s: %s", output->name, err.msg) : 0;
}

static int blame_file(const struct err *err, struct refusal *refusal) {
    return refuse(refusal, err->reason == REASON_BAD_INPUT ? REASON_USAGE : (enum reason)err->reason, "-o: %s",
                  err->msg);
}

static int save(const struct download *download, struct storage_drop *drop, struct refusal *refusal) {
    char file[STORAGE_KEY_BYTES + 8];
    struct err err;
    for (size_t i = 0; i < download->count; i++) {
        struct storage_object object;
        TRY(fetch(download, &download->outputs[i], &object, refusal));
        auto_fd int fd = object.fd;
        if (storage_drop_add(drop, file_name(download->outputs[i].name, download->outputs[i].version, file), fd, &err) <
            0)
            return blame_file(&err, refusal);
    }
    // Of an earlier job in the same directory nothing stays that this one does not have.
    const char *const *stale = download->wanted ? NULL : manifest_files;
    return storage_drop_commit(drop, stale, &err) < 0 ? blame_file(&err, refusal) : 0;
}

static int save_all(const struct download *download, struct refusal *refusal) {
    struct storage_drop *drop = NULL;
    struct err err;
    if (storage_drop_open(download->directory, &drop, &err) < 0)
        return blame_file(&err, refusal);
    int result = save(download, drop, refusal);
    storage_drop_close(drop);
    return result;
}

static void tell_files(const struct download *download) {
    struct terminal out;
    const char *dir = download->directory;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    for (size_t i = 0; i < download->count; i++) {
        char file[STORAGE_KEY_BYTES + 8], bytes[QUANTITY_BYTES];
        terminal_say(&out, "%s%s%s  %s\n", dir, dir[strlen(dir) - 1] == '/' ? "" : "/",
                     file_name(download->outputs[i].name, download->outputs[i].version, file),
                     quantity_show_bytes(download->outputs[i].bytes, bytes));
    }
}

// The datasets and the record are told by tell_files().
static void tell_metrics(const struct queue_record *record) {
    struct terminal out;
    json_auto_t *manifest = record->result ? json_loadb(record->result, record->result_bytes, 0, NULL) : NULL;
    if (!manifest)
        return;
    json_object_del(manifest, "files");
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    kept_say(manifest, NULL, &out);
    limits_told_record(manifest, &out);
}

static int print(const struct download *download, struct refusal *refusal) {
    char bytes[65536];
    struct storage_object object;
    ssize_t got;
    TRY(fetch(download, &download->outputs[0], &object, refusal));
    auto_fd int fd = object.fd;
    for (off_t at = 0; (got = pread(fd, bytes, sizeof bytes, at)) > 0; at += got)
        if (fwrite(bytes, 1, (size_t)got, stdout) != (size_t)got)
            return 0; // told by main()
    return got < 0 ? refuse(refusal, REASON_INFRA, "%s: %s", download->wanted, strerror(errno)) : 0;
}

/* ---- the verb ---- */

static int choose_place(const struct command_line *line, struct download *download, uint64_t number,
                        struct refusal *refusal) {
    const struct given *output = command_given(line, "--output");
    bool standard = output && strcmp(output->value, "-") == 0;
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (standard && (!download->wanted || out.screen))
        return refuse(refusal, REASON_USAGE, "-o -: expected --get NAME, and a file or a pipe on standard output");
    if (output && strlen(output->value) >= sizeof download->directory)
        return refuse(refusal, REASON_USAGE, "-o: expected a path of at most %d bytes", PATH_MAX - 1);
    if (output)
        memcpy(download->directory, output->value, strlen(output->value) + 1);
    else if (download->wanted)
        memcpy(download->directory, ".", 2);
    else
        snprintf(download->directory, sizeof download->directory, "job-%" PRIu64, number);
    return 0;
}

static int get(const struct command_line *line, struct download *download, const struct queue_record *record,
               struct refusal *refusal) {
    const char *word = line->operands[0];
    if (!verdict_ended(record->state)) {
        refuse(refusal, REASON_INFRA, "job '%s' has not ended: it is %s", word, job_state_name(record->state));
        refusal_advise(refusal, "wait for it: quern wait %s", word);
        return -1;
    }
    TRY(choose_place(line, download, record->number, refusal));
    TRY(client_store(&download->client, refusal));
    TRY(find_outputs(download, word, refusal));
    if (strcmp(download->directory, "-") == 0)
        return print(download, refusal);
    TRY(save_all(download, refusal));
    tell_files(download);
    if (!download->wanted)
        tell_metrics(record);
    return 0;
}

// What a failed job left is fetched as well; the exit code says that it failed.
static int result(const struct command_line *line, struct download *download, struct refusal *refusal) {
    const struct given *wanted = command_given(line, "--get");
    struct queue_record record;
    struct terminal notes;
    download->wanted = wanted ? wanted->value : NULL;
    TRY(client_find_job(&download->client, line->operands[0], download->id, refusal));
    TRY(client_get(&download->client, line->operands[0], download->id, &record, refusal));
    int code = get(line, download, &record, refusal);
    if (code == 0)
        code = verdict_code(record.state, record.why);
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    if (code > 0)
        tell_record(&download->client, download->id, &record, &notes);
    queue_record_free(&record);
    return code;
}

int verb_result(const struct command_line *line) {
    struct refusal refusal;
    struct download download = {.count = 0};
    if (client_open(line, &download.client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int code = result(line, &download, &refusal);
    for (size_t i = 0; i < download.count; i++) {
        free(download.outputs[i].name);
        free(download.outputs[i].version);
    }
    client_close(&download.client);
    return code < 0 ? refusal_print(&refusal, stderr) : code;
}
