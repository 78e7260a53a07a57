// SPDX-License-Identifier: Apache-2.0
#include "cli/store.h"

#include <string.h>

#include "cli/source.h"
#include "cli/suggest.h"

enum { SHORT_VERSION = 19 }; // sha256- and twelve digits

const char *store_url(const struct command_line *line) {
    const struct given *given = command_given(line, "--store");
    return given ? given->value : NULL;
}

int store_open_url(const char *url, struct storage **ret, struct refusal *refusal) {
    struct err err;
    if (storage_open(url, ret, &err) == 0)
        return 0;
    return refuse(refusal, url ? REASON_USAGE : (enum reason)err.reason, "%s%s", url ? "--store: " : "", err.msg);
}

int store_open(const struct command_line *line, struct storage **ret, struct refusal *refusal) {
    return store_open_url(store_url(line), ret, refusal);
}

int store_key_check(const char *name, const char *key, struct refusal *refusal) {
    struct err err;
    return storage_key_check(key, &err) < 0 ? refuse(refusal, REASON_USAGE, "%s: %s", name, err.msg) : 0;
}

int store_new_key_check(const char *name, const char *key, struct refusal *refusal) {
    TRY(store_key_check(name, key, refusal));
    if (!source_is_file(key))
        return 0;
    refuse(refusal, REASON_USAGE, "%s: expected a key, found '%s', which every command would take for a file", name,
           key);
    if (source_has_format(key))
        refusal_advise(refusal, "call it '%.*s'", (int)(strrchr(key, '.') - key), key);
    return -1;
}

static int offer_key(void *context, const struct storage_entry *entry) {
    suggest_offer(context, entry->key);
    return 0;
}

static int no_key(struct storage *storage, const char *name, const char *key, struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, key);
    refuse(refusal, REASON_NOT_FOUND, "%s: there is no dataset '%s' in the store", name, key);
    if (storage_names(storage, "", offer_key, &suggest, NULL) == 0 && suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    return -1;
}

// What the storage said of a key.
static int blame(struct storage *storage, const char *name, const char *key, const struct err *err,
                 struct refusal *refusal) {
    if (err->reason == REASON_NOT_FOUND)
        return no_key(storage, name, key, refusal);
    return refuse(refusal, (enum reason)err->reason, "%s: %s", name, err->msg);
}

int store_get(struct storage *storage, const char *name, const char *key, struct storage_object *ret,
              struct refusal *refusal) {
    struct err err;
    TRY(store_key_check(name, key, refusal));
    return storage_get(storage, key, NULL, ret, &err) < 0 ? blame(storage, name, key, &err, refusal) : 0;
}

int store_set(struct storage *storage, const char *key, const char *version, struct refusal *refusal) {
    const struct storage_name changed = {key, version};
    struct err err;
    if (storage_promote(storage, STORAGE_UNFENCED, &changed, 1, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "KEY: %s", err.msg);
    return 0;
}

int store_remove(struct storage *storage, const char *name, const char *key, struct refusal *refusal) {
    struct err err;
    TRY(store_key_check(name, key, refusal));
    return storage_remove(storage, STORAGE_UNFENCED, &key, 1, &err) < 0 ? blame(storage, name, key, &err, refusal) : 0;
}

const char *store_short_version(const char *version, char text[STORE_SHORT_BYTES]) {
    snprintf(text, STORE_SHORT_BYTES, "%.*s", SHORT_VERSION, version);
    return text;
}
