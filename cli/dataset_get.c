// SPDX-License-Identifier: Apache-2.0
// `quern dataset get KEY FILE`: as it is stored, or a dataset as CSV or TSV; the file appears whole or not at all.
#include <limits.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/source.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "quern/object.h"
#include "quern/own.h"

// The file's directory and its name there; "" for a path that names no file.
static const char *split(const char *path, char dir[PATH_MAX]) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int bytes = (int)(name - path);
    snprintf(dir, PATH_MAX, "%.*s", bytes ? bytes : 2, bytes ? path : "./");
    return name;
}

static int write_file(const char *path, int source, struct refusal *refusal) {
    char dir[PATH_MAX];
    struct err err;
    struct storage_drop *drop = NULL;
    if (strlen(path) >= PATH_MAX)
        return refuse(refusal, REASON_USAGE, "FILE: expected a path of at most %d bytes", PATH_MAX - 1);
    const char *name = split(path, dir);
    int result = storage_drop_open(dir, &drop, &err);
    if (result == 0)
        result = storage_drop_add(drop, name, source, &err);
    if (result == 0)
        result = storage_drop_commit(drop, NULL, &err);
    storage_drop_close(drop);
    return result < 0 ? refuse(refusal, err.reason == REASON_BAD_INPUT ? REASON_USAGE : (enum reason)err.reason,
                               "FILE: %s", err.msg)
                      : 0;
}

// A text table is made in the jail; what arrives here is copied once.
static int get_text(const struct command_line *line, enum run_task task, uint64_t *ret_bytes, struct refusal *refusal) {
    const struct view_request request = {
        .name = "KEY", .word = line->operands[0], .line = line, .key = true, .task = task};
    struct view_result result;
    TRY(view(&request, &result, refusal));
    off_t bytes = lseek(result.product, 0, SEEK_END);
    *ret_bytes = bytes > 0 ? (uint64_t)bytes : 0;
    int written = write_file(line->operands[1], result.product, refusal);
    view_done(&result);
    return written;
}

static int check_format(const char *path, struct refusal *refusal) {
    static const char expected[] = "expected a file called .arrow, .feather, .csv or .tsv";
    if (!source_has_format(path))
        return refuse(refusal, REASON_USAGE, "FILE: %s, found '%s'", expected, path);
    if (source_format(path) == JOB_ARFF)
        return refuse(refusal, REASON_USAGE, "FILE: ARFF is read but not written: %s, found '%s'", expected, path);
    return 0;
}

static int get(const struct command_line *line, const struct store *store, uint64_t *ret_bytes,
               struct refusal *refusal) {
    struct storage_pin pin;
    struct storage_object object;
    TRY(store_find(store, "KEY", line->operands[0], &pin, refusal));
    bool as_is = object_of_version(pin.version) != OBJECT_DATASET;
    if (!as_is)
        TRY(check_format(line->operands[1], refusal));
    enum job_format format = source_format(line->operands[1]);
    if (!as_is && format != JOB_ARROW)
        return get_text(line, format == JOB_TSV ? RUN_TSV : RUN_CSV, ret_bytes, refusal);
    TRY(store_get(store, "KEY", line->operands[0], &object, refusal));
    auto_fd int fd = object.fd;
    *ret_bytes = object.bytes;
    return write_file(line->operands[1], fd, refusal);
}

int verb_dataset_get(const struct command_line *line) {
    struct refusal refusal;
    struct store store;
    struct terminal out;
    char text[QUANTITY_BYTES];
    uint64_t bytes = 0;
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = get(line, &store, &bytes, &refusal);
    store_close(&store);
    if (result < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "%s  %s\n", line->operands[1], quantity_show_bytes(bytes, text));
    return 0;
}
