// SPDX-License-Identifier: Apache-2.0
// `quern dataset cp KEY KEY`: a second name for the same version; no bytes are copied.
#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/own.h"

static int copy(struct storage *storage, const char *from, const char *to, struct storage_object *ret,
                struct refusal *refusal) {
    TRY(store_new_key_check("KEY", to, refusal));
    TRY(store_get(storage, "KEY", from, ret, refusal));
    close(ret->fd);
    return store_set(storage, to, ret->version, refusal);
}

int verb_dataset_cp(const struct command_line *line) {
    struct refusal refusal;
    struct storage *storage;
    struct storage_object object;
    struct terminal out;
    char bytes[QUANTITY_BYTES], version[STORE_SHORT_BYTES];
    if (store_open(line, &storage, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int copied = copy(storage, line->operands[0], line->operands[1], &object, &refusal);
    storage_close(storage);
    if (copied < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "%s  %s  %s\n", line->operands[1], quantity_show_bytes(object.bytes, bytes),
                 store_short_version(object.version, version));
    return 0;
}
