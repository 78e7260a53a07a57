// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "quern/storage.h"
#include "quern/utf8.h"

enum { PART_BYTES = 255 };

// Words of patterns, of formats and of Redis Cluster: no harm here, but a key is written into shells, scripts and logs.
static const char refused[] = "{}[]*?%\\";

static int part_check(const char *key, const char *part, size_t bytes, struct err *err) {
    if (bytes == 0)
        return err_set(err, REASON_BAD_INPUT,
                       "key \"%s\": expected parts of 1 to 255 bytes between `/`, found an empty one", key);
    if (bytes > PART_BYTES)
        return err_set(err, REASON_BAD_INPUT,
                       "key \"%.100s...\": expected parts of 1 to 255 bytes between `/`, found %zu", key, bytes);
    if (part[0] == '.' && (bytes == 1 || (bytes == 2 && part[1] == '.')))
        return err_set(err, REASON_BAD_INPUT, "key \"%s\": expected no part `.` or `..`, found one", key);
    return 0;
}

static int parts_check(const char *key, struct err *err) {
    for (const char *part = key;; part++) {
        size_t bytes = strcspn(part, "/");
        TRY(part_check(key, part, bytes, err));
        part += bytes;
        if (!*part)
            return 0;
    }
}

int storage_key_check(const char *key, struct err *err) {
    TRY(storage_held_key_check(key, err));
    const char *found = strpbrk(key, refused);
    return found ? err_set(err, REASON_BAD_INPUT, "key \"%.200s\": expected none of { } [ ] * ? %% \\, found '%c'", key,
                           *found)
                 : 0;
}

int storage_held_key_check(const char *key, struct err *err) {
    size_t bytes = strnlen(key, STORAGE_KEY_BYTES);
    if (bytes == 0)
        return err_set(err, REASON_BAD_INPUT, "key: expected 1 to 1024 bytes, found none");
    if (bytes == STORAGE_KEY_BYTES)
        return err_set(err, REASON_BAD_INPUT, "key \"%.100s...\": expected 1 to 1024 bytes, found more", key);
    if (!utf8_printable(key, bytes))
        return err_set(err, REASON_BAD_INPUT, "key: expected UTF-8 without control characters, found other bytes");
    bool job = strncmp(key, "job:", 4) == 0;
    const char *name = job ? key + 4 : key;
    if ((job && (!*name || *name == '/')) || strchr(name, ':'))
        return err_set(err, REASON_BAD_INPUT,
                       "key \"%s\": expected no `:` but in the prefix `job:` of a name, found one", key);
    return parts_check(key, err);
}
