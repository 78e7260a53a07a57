/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of versions that somebody wants to stay. Calling sequence: wanted_add()… → wanted_settle() → wanted_has()… →
 * wanted_free(). What is no version of an object, as those of plain files, is passed over.
 */
#ifndef QUERN_STORAGE_WANTED_H
#define QUERN_STORAGE_WANTED_H

#include <stdbool.h>
#include <stddef.h>

#include "quern/err.h"

enum { WANTED_HASH_BYTES = 32 };

struct wanted {
    unsigned char (*hashes)[WANTED_HASH_BYTES]; /* owned */
    size_t count, room;
};

MUST_USE int wanted_add(struct wanted *wanted, const char *version, struct err *err);
void wanted_settle(struct wanted *wanted);
bool wanted_has(const struct wanted *wanted, const char *version);
void wanted_free(struct wanted *wanted);

#define auto_wanted __attribute__((cleanup(wanted_free)))

#endif
