// SPDX-License-Identifier: Apache-2.0
// `quern dataset collect`: objects go that no name and no job wants.
#include <inttypes.h>
#include <unistd.h>

#include "cli/quantity.h"
#include "cli/store.h"
#include "cli/terminal.h"
#include "cli/up_place.h"
#include "cli/verbs.h"

enum { AT_ONCE = 1000, AGE_MS = 24 * 3600 * 1000 };

// The jobs of a `quern up` that does not run want objects of the default store, and cannot be asked.
static int check_owner(const struct store *store, struct refusal *refusal) {
    struct up_place place;
    char path[PATH_MAX];
    if (store->client || up_place_find(&place, refusal) < 0 ||
        access(up_place_file(&place, "data/appendonlydir", path), F_OK) < 0)
        return 0;
    refuse(refusal, REASON_CONFIG, "jobs of `quern up`, which does not run, may want what nobody else wants");
    refusal_advise(refusal, "start it first: quern up --detach");
    return -1;
}

static int collect(const struct store *store, uint64_t age_ms, struct storage_collected *all, struct refusal *refusal) {
    struct storage_collected some;
    struct err err;
    TRY(check_owner(store, refusal));
    do {
        if (catalogue_collect(&store->catalogue, 1, age_ms, AT_ONCE, &some, &err) < 0)
            return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
        all->objects += some.objects;
        all->attempts += some.attempts;
        all->bytes += some.bytes;
    } while (some.objects >= AT_ONCE);
    return 0;
}

int verb_dataset_collect(const struct command_line *line) {
    const struct given *age = command_given(line, "--age");
    struct storage_collected all = {0};
    struct refusal refusal;
    struct terminal out;
    struct store store;
    char bytes[QUANTITY_BYTES];
    if (age && age->number < STORAGE_MIN_AGE_MS) {
        refuse(&refusal, REASON_USAGE, "--age: expected at least %u s", STORAGE_MIN_AGE_MS / 1000);
        return refusal_print(&refusal, stderr);
    }
    if (store_open(line, &store, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = collect(&store, age ? age->number : AGE_MS, &all, &refusal);
    store_close(&store);
    if (result < 0)
        return refusal_print(&refusal, stderr);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "collected %" PRIu64 " objects, %s\n", all.objects, quantity_show_bytes(all.bytes, bytes));
    return 0;
}
