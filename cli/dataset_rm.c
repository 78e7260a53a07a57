// SPDX-License-Identifier: Apache-2.0
// `quern dataset rm KEY`: the name goes, the object stays until it is collected.
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

int verb_dataset_rm(const struct command_line *line) {
    struct refusal refusal;
    struct store store;
    struct terminal out;
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int removed = store_remove(&store, "KEY", line->operands[0], &refusal);
    store_close(&store);
    if (removed < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "removed %s; its bytes stay in the store until they are collected\n", line->operands[0]);
    return 0;
}
