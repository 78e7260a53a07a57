// SPDX-License-Identifier: Apache-2.0
// `quern dataset ls [PREFIX]`: what the store has, by key.
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "quern/object.h"
#include "quern/own.h"

// One walk measures, a second one prints: what changes in between is only out of line.
struct listing {
    struct terminal out;
    uint32_t width;
    uint64_t count;
    bool jobs; /* what jobs left, too */
    bool failed;
};

// What jobs left is shown to who asks for it: there is much of it, and most of it is of no interest any more.
static bool is_hidden(const struct listing *listing, const struct storage_entry *entry) {
    return !listing->jobs && strncmp(entry->key, "job:", 4) == 0;
}

static int measure(void *context, const struct storage_entry *entry) {
    struct listing *listing = context;
    uint32_t width = text_width(entry->key);
    if (is_hidden(listing, entry))
        return 0;
    listing->width = width > listing->width ? width : listing->width;
    listing->count++;
    return 0;
}

static int print_row(void *context, const struct storage_entry *entry) {
    struct listing *listing = context;
    char version[STORE_SHORT_BYTES], bytes[QUANTITY_BYTES], when[32] = "?";
    struct tm tm;
    if (is_hidden(listing, entry))
        return 0;
    time_t changed = (time_t)entry->changed_s;
    if (localtime_r(&changed, &tm))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
    uint32_t width = text_width(entry->key), spare = width < listing->width ? listing->width - width : 0;
    terminal_say(&listing->out, "%s%*s  %-7s  %s  %10s  %s\n", entry->key, (int)spare, "",
                 object_word(object_of_version(entry->version)), store_short_version(entry->version, version),
                 quantity_show_bytes(entry->bytes, bytes), when);
    return 0;
}

static int print_json(void *context, const struct storage_entry *entry) {
    struct listing *listing = context;
    if (is_hidden(listing, entry))
        return 0;
    json_auto_t *object = json_pack("{s:s, s:s, s:s, s:I, s:I}", "key", entry->key, "kind",
                                    object_word(object_of_version(entry->version)), "version", entry->version, "bytes",
                                    (json_int_t)entry->bytes, "changed", (json_int_t)entry->changed_s);
    auto_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    listing->failed = !text;
    if (text)
        puts(text);
    return listing->failed;
}

// Where the store has a budget, how much of it is left is of interest to who looks at what is in it.
static int tell_room(const struct store *store, struct refusal *refusal) {
    struct storage_usage usage;
    struct err err;
    struct terminal notes;
    char used[QUANTITY_BYTES], budget[QUANTITY_BYTES];
    if (!store_has_budget(store))
        return 0;
    if (storage_usage(store->storage, &usage, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    if (usage.budget_bytes)
        terminal_say(&notes, "%s of %s used\n", quantity_show_bytes(usage.used_bytes, used),
                     quantity_show_bytes(usage.budget_bytes, budget));
    return 0;
}

static int list(const struct store *store, const char *prefix, bool json, struct listing *listing,
                struct refusal *refusal) {
    struct err err;
    char whole[STORAGE_KEY_BYTES];
    TRY(store_key(store, prefix, whole, refusal));
    prefix = whole;
    if ((!json && catalogue_names(store->catalogue, prefix, measure, listing, &err) < 0) ||
        catalogue_names(store->catalogue, prefix, json ? print_json : print_row, listing, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return listing->failed ? refuse(refusal, REASON_INFRA, "out of memory for a list of keys") : 0;
}

int verb_dataset_ls(const struct command_line *line) {
    struct listing listing = {0};
    struct refusal refusal;
    struct store store;
    const char *prefix = line->operand_count ? line->operands[0] : "";
    bool json = command_given(line, "--json") != NULL;
    listing.jobs = strncmp(prefix, "job:", 4) == 0;
    terminal_open(&listing.out, stdout, TERMINAL_COLOUR_AUTO);
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int listed = list(&store, prefix, json, &listing, &refusal);
    if (listed == 0 && !json && !*prefix)
        listed = tell_room(&store, &refusal);
    store_close(&store);
    if (listed < 0)
        return refusal_print(&refusal, stderr);
    if (!json && listing.count == 0)
        fprintf(stderr, *prefix ? "no key begins so\n" : "the store is empty: quern dataset put FILE KEY\n");
    return 0;
}
