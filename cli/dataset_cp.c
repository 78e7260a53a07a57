// SPDX-License-Identifier: Apache-2.0
// `quern dataset cp KEY KEY`: a second name for the same version; no bytes are copied.
#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static int copy(const struct store *store, const char *from, const char *to, struct storage_pin *ret,
                struct refusal *refusal) {
    TRY(store_new_key_check("KEY", to, refusal));
    TRY(store_find(store, "KEY", from, ret, refusal));
    return store_set(store, to, ret->version, refusal);
}

int verb_dataset_cp(const struct command_line *line) {
    struct refusal refusal;
    struct store store;
    struct storage_pin pin;
    struct terminal out;
    char bytes[QUANTITY_BYTES], version[STORE_SHORT_BYTES];
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int copied = copy(&store, line->operands[0], line->operands[1], &pin, &refusal);
    store_close(&store);
    if (copied < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "%s  %s  %s\n", line->operands[1], quantity_show_bytes(pin.bytes, bytes),
                 store_short_version(pin.version, version));
    return 0;
}
