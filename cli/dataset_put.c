// SPDX-License-Identifier: Apache-2.0
// `quern dataset put FILE KEY`: Arrow is checked and stored as it is; CSV and TSV, typed by pandas, and ARFF become Arrow.
#include <string.h>

#include "cli/quantity.h"
#include "cli/source.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "quern/own.h"

struct stored {
    struct view_result view;
    uint64_t bytes;
    char version[STORAGE_VERSION_BYTES];
};

static int settle(const struct command_line *line, struct view_request *ret, struct refusal *refusal) {
    const struct given *environment = command_given(line, "--env"), *memory = command_given(line, "--memory");
    bool arrow = source_format(line->operands[0]) == JOB_ARROW;
    *ret = (struct view_request){.name = "FILE",
                                 .word = line->operands[0],
                                 .environment = environment ? environment->value : NULL,
                                 .task = arrow ? RUN_CHECK : RUN_ENCODE,
                                 .file = true,
                                 .memory_bytes = memory ? memory->number : 0,
                                 .no_header = command_given(line, "--no-header") != NULL};
    return store_new_key_check("KEY", line->operands[1], refusal);
}

// What was checked is what is stored: the file has to be the same before, meanwhile and afterwards.
static int put_file(struct storage *storage, const char *word, struct stored *stored, struct refusal *refusal) {
    struct storage_object object;
    struct err err;
    struct job_source source;
    TRY(source_file("FILE", word, &source, refusal));
    int result = storage_open_file(source_path(&source), &object, &err);
    free(source.url);
    free(source.version);
    free(source.name);
    if (result < 0)
        return refuse(refusal, (enum reason)err.reason, "FILE: %s", err.msg);
    auto_fd int fd = object.fd;
    stored->bytes = object.bytes;
    if (strcmp(object.version, stored->view.version) != 0)
        return refuse(refusal, REASON_BAD_INPUT, "%s: the file changed while it was being read", word);
    if (storage_put(storage, fd, stored->version, &err) < 0 || storage_check_unchanged(&object, word, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return 0;
}

static int put_product(struct storage *storage, struct stored *stored, struct refusal *refusal) {
    struct err err;
    off_t bytes = lseek(stored->view.product, 0, SEEK_END);
    stored->bytes = bytes > 0 ? (uint64_t)bytes : 0;
    if (storage_put(storage, stored->view.product, stored->version, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return 0;
}

static int put(const struct command_line *line, struct storage *storage, struct stored *stored,
               struct refusal *refusal) {
    struct view_request request;
    TRY(settle(line, &request, refusal));
    TRY(view(&request, &stored->view, refusal));
    if (request.task == RUN_CHECK)
        TRY(put_file(storage, request.word, stored, refusal));
    else
        TRY(put_product(storage, stored, refusal));
    return store_set(storage, line->operands[1], stored->version, refusal);
}

static void tell(const char *key, const struct stored *stored) {
    char rows[QUANTITY_BYTES], columns[QUANTITY_BYTES], bytes[QUANTITY_BYTES], version[STORE_SHORT_BYTES];
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "%s  %s × %s, %s  %s\n", key, quantity_show_count(stored->view.rows, rows),
                 quantity_show_count(stored->view.columns, columns), quantity_show_bytes(stored->bytes, bytes),
                 store_short_version(stored->version, version));
}

int verb_dataset_put(const struct command_line *line) {
    struct refusal refusal;
    struct storage *storage;
    struct stored stored = {.view.product = -1};
    if (store_open(line, &storage, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = put(line, storage, &stored, &refusal);
    storage_close(storage);
    view_done(&stored.view);
    if (result < 0)
        return refusal_print(&refusal, stderr);
    tell(line->operands[1], &stored);
    return 0;
}
