// SPDX-License-Identifier: Apache-2.0
// `quern dataset put FILE KEY`: Arrow is checked and stored as it is; CSV and TSV, typed by pandas, and ARFF become Arrow;
// any other kind is stored as it is.
#include <string.h>

#include "cli/quantity.h"
#include "cli/source.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "quern/object.h"
#include "quern/own.h"

struct stored {
    struct view_result view;
    uint32_t kind; // enum object_kind
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
static int put_file(const struct store *store, const char *word, struct stored *stored, struct refusal *refusal) {
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
    if (stored->view.version[0] && strcmp(object.version, stored->view.version) != 0)
        return refuse(refusal, REASON_BAD_INPUT, "%s: the file changed while it was being read", word);
    if (catalogue_put_as(store->catalogue, stored->kind, fd, stored->version, &err) < 0 ||
        storage_check_unchanged(&object, word, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return 0;
}

static int put_product(const struct store *store, struct stored *stored, struct refusal *refusal) {
    struct err err;
    off_t bytes = lseek(stored->view.product, 0, SEEK_END);
    stored->bytes = bytes > 0 ? (uint64_t)bytes : 0;
    if (catalogue_put(store->catalogue, stored->view.product, stored->version, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return 0;
}

// What the file is said to be, or is called.
static uint32_t kind_of(const struct command_line *line) {
    const struct given *kind = command_given(line, "--kind");
    return kind ? (uint32_t)kind->number : job_object(source_format(line->operands[0]));
}

// Nobody here looks into an object.
static int put_object(const struct command_line *line, const struct store *store, struct stored *stored,
                      struct refusal *refusal) {
    TRY(store_new_key_check("KEY", line->operands[1], refusal));
    TRY(put_file(store, line->operands[0], stored, refusal));
    return store_set(store, line->operands[1], stored->version, refusal);
}

static int put(const struct command_line *line, const struct store *store, struct stored *stored,
               struct refusal *refusal) {
    struct view_request request;
    stored->kind = kind_of(line);
    if (stored->kind != OBJECT_DATASET)
        return put_object(line, store, stored, refusal);
    TRY(settle(line, &request, refusal));
    TRY(view(&request, &stored->view, refusal));
    if (request.task == RUN_CHECK)
        TRY(put_file(store, request.word, stored, refusal));
    else
        TRY(put_product(store, stored, refusal));
    return store_set(store, line->operands[1], stored->version, refusal);
}

static void tell(const char *key, const struct stored *stored) {
    char rows[QUANTITY_BYTES], columns[QUANTITY_BYTES], bytes[QUANTITY_BYTES], version[STORE_SHORT_BYTES];
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (stored->kind != OBJECT_DATASET) {
        terminal_say(&out, "%s  %s, %s  %s\n", key, object_word(stored->kind),
                     quantity_show_bytes(stored->bytes, bytes), store_short_version(stored->version, version));
        return;
    }
    terminal_say(&out, "%s  %s × %s, %s  %s\n", key, quantity_show_count(stored->view.rows, rows),
                 quantity_show_count(stored->view.columns, columns), quantity_show_bytes(stored->bytes, bytes),
                 store_short_version(stored->version, version));
}

int verb_dataset_put(const struct command_line *line) {
    struct refusal refusal;
    struct store store;
    struct stored stored = {.view.product = -1};
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = put(line, &store, &stored, &refusal);
    store_close(&store);
    view_done(&stored.view);
    if (result < 0)
        return refusal_print(&refusal, stderr);
    tell(line->operands[1], &stored);
    return 0;
}
