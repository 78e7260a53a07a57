// SPDX-License-Identifier: Apache-2.0
// `quern dataset budget [SIZE|none]`: what the store holds and what it may hold. A directory has the room of its disk.
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/own.h"

static int read_budget(const char *word, uint64_t *ret, struct refusal *refusal) {
    char better[QUANTITY_BYTES];
    *ret = 0;
    if (strcmp(word, "none") == 0)
        return 0;
    if (quantity_size(word, ret, better) < 0)
        return refuse(refusal, REASON_USAGE, "expected a size like %s, or none, found '%.100s'", better, word);
    return 0;
}

static int set_budget(const struct store *store, const char *word, struct refusal *refusal) {
    struct err err;
    uint64_t bytes;
    TRY(read_budget(word, &bytes, refusal));
    if (storage_set_budget(store->storage, bytes, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return 0;
}

static void tell(const struct storage_usage *usage) {
    char used[QUANTITY_BYTES], budget[QUANTITY_BYTES];
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "used    %s\nbudget  %s\n", quantity_show_bytes(usage->used_bytes, used),
                 usage->budget_bytes ? quantity_show_bytes(usage->budget_bytes, budget) : "none");
}

static int tell_json(const struct storage_usage *usage, struct refusal *refusal) {
    json_auto_t *object = json_pack("{s:i, s:I, s:I}", "schema", 1, "used_bytes", (json_int_t)usage->used_bytes,
                                    "budget_bytes", (json_int_t)usage->budget_bytes);
    auto_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (!text)
        return refuse(refusal, REASON_INFRA, "out of memory for what the store holds");
    puts(text);
    return 0;
}

static int budget(const struct command_line *line, const struct store *store, struct refusal *refusal) {
    struct storage_usage usage;
    struct err err;
    if (line->operand_count)
        TRY(set_budget(store, line->operands[0], refusal));
    if (storage_usage(store->storage, &usage, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    if (command_given(line, "--json"))
        return tell_json(&usage, refusal);
    tell(&usage);
    return 0;
}

int verb_dataset_budget(const struct command_line *line) {
    struct refusal refusal;
    struct store store;
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = budget(line, &store, &refusal);
    store_close(&store);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
