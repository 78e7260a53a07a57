// SPDX-License-Identifier: Apache-2.0
// What Redis says of objects and names, checked before it is believed.
#include <string.h>

#include "storage_redis.h"

enum { ENTRY_WORDS = 4 };

static bool is_none(const struct reply *reply) { return strcmp(reply->elements[0]->text, "NONE") == 0; }

static int damaged(const char *what, struct err *err) {
    return err_set(err, REASON_INFRA, "store: what Redis has as %s is damaged", what);
}

// NONE, or OK and what comes behind it.
static int read_word(const struct reply *reply, const char *what, size_t least, struct err *err) {
    const char *word = NULL;
    TRY(reply_word(reply, what, 1, &word, err));
    if (strcmp(word, "NONE") == 0)
        return 0;
    if (strcmp(word, "OK") != 0)
        return err_set(err, REASON_INFRA, "%s: an answer that is not known", what);
    TRY(reply_word(reply, what, least, &word, err));
    return 1;
}

int storage_redis_read_manifest(const struct reply *reply, struct storage_redis_manifest *ret, struct err *err) {
    struct storage_redis_manifest manifest = {.bytes = 0};
    uint64_t chunk = 0;
    int there = read_word(reply, "open", 4, err);
    if (there <= 0)
        return there;
    TRY(reply_number(reply, 1, "manifest", &manifest.bytes, err));
    TRY(reply_number(reply, 2, "manifest", &chunk, err));
    TRY(reply_copy(reply, 3, "manifest", manifest.upload, sizeof manifest.upload, err));
    if (chunk == 0 || chunk > STORAGE_REDIS_CHUNK_MAX || manifest.bytes / chunk >= STORAGE_REDIS_CHUNKS_MAX ||
        strlen(manifest.upload) != sizeof manifest.upload - 1 ||
        strspn(manifest.upload, "0123456789abcdef") != sizeof manifest.upload - 1)
        return damaged("a manifest", err);
    manifest.chunk = (uint32_t)chunk;
    manifest.count = (uint32_t)(manifest.bytes / chunk + (manifest.bytes % chunk > 0));
    *ret = manifest;
    return 1;
}

int storage_redis_read_pin(const struct reply *reply, struct storage_pin *ret, struct err *err) {
    struct storage_pin pin = {.bytes = 0};
    int there = read_word(reply, "find", 3, err);
    if (there <= 0)
        return there;
    TRY(reply_copy(reply, 1, "name", pin.version, sizeof pin.version, err));
    TRY(reply_number(reply, 2, "name", &pin.bytes, err));
    if (storage_version_check("", pin.version, NULL) < 0)
        return damaged("a name", err);
    *ret = pin;
    return 1;
}

int storage_redis_read_names(const struct reply *reply, size_t *ret_count, struct err *err) {
    TRY(read_word(reply, "names", 1, err));
    if (is_none(reply) || (reply->count - 1) % ENTRY_WORDS != 0)
        return err_set(err, REASON_INFRA, "names: an answer that does not belong to it");
    *ret_count = (reply->count - 1) / ENTRY_WORDS;
    return 0;
}

int storage_redis_read_entry(const struct reply *reply, size_t index, struct storage_entry *ret, struct err *err) {
    struct storage_entry entry = {.bytes = 0};
    size_t at = 1 + index * ENTRY_WORDS, key_bytes = 0, version_bytes = 0;
    uint64_t changed_s = 0;
    TRY(reply_text(reply, at, "name", &entry.key, &key_bytes, err));
    TRY(reply_text(reply, at + 1, "name", &entry.version, &version_bytes, err));
    TRY(reply_number(reply, at + 2, "name", &entry.bytes, err));
    TRY(reply_number(reply, at + 3, "name", &changed_s, err));
    if (strlen(entry.key) != key_bytes || storage_held_key_check(entry.key, NULL) < 0 ||
        strlen(entry.version) != version_bytes || storage_version_check("", entry.version, NULL) < 0 ||
        changed_s > INT64_MAX)
        return damaged("a name", err);
    entry.changed_s = (int64_t)changed_s;
    *ret = entry;
    return 0;
}
