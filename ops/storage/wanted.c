// SPDX-License-Identifier: Apache-2.0
#include "wanted.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"

enum { FIRST_ROOM = 1024 };

static unsigned char digit(char c) { return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10); }

static bool hash_of(const char *version, unsigned char hash[WANTED_HASH_BYTES]) {
    if (storage_version_check("", version, NULL) < 0)
        return false;
    const char *hex = strchr(version, '-') + 1;
    for (size_t i = 0; i < WANTED_HASH_BYTES; i++)
        hash[i] = (unsigned char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return true;
}

int wanted_add(struct wanted *wanted, const char *version, struct err *err) {
    if (wanted->count == wanted->room) {
        size_t room = wanted->room ? wanted->room * 2 : FIRST_ROOM;
        void *grown = reallocarray(wanted->hashes, room, sizeof *wanted->hashes);
        if (!grown)
            return err_set(err, REASON_INFRA, "store: out of memory for %zu versions", room);
        wanted->hashes = grown;
        wanted->room = room;
    }
    wanted->count += hash_of(version, wanted->hashes[wanted->count]);
    return 0;
}

static int order(const void *a, const void *b) { return memcmp(a, b, WANTED_HASH_BYTES); }

void wanted_settle(struct wanted *wanted) {
    if (wanted->count)
        qsort(wanted->hashes, wanted->count, sizeof *wanted->hashes, order);
}

bool wanted_has(const struct wanted *wanted, const char *version) {
    unsigned char hash[WANTED_HASH_BYTES];
    return wanted->count && hash_of(version, hash) &&
           bsearch(hash, wanted->hashes, wanted->count, sizeof *wanted->hashes, order);
}

void wanted_free(struct wanted *wanted) { free(wanted->hashes); }
