/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Different values of a column, counted exactly up to PROFILE_DISTINCT; beyond that it is only known that there are
 * more. So the memory is bounded: half a MiB.
 *
 * A value is a word: of fixed width itself, of texts and bytes a keyed hash, and then equal words have their bytes
 * compared. Sets of slices of one column are put together by profile_set_join(). Errors: REASON_INFRA.
 */
#ifndef DATASET_PROFILE_SET_H
#define DATASET_PROFILE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

#define PROFILE_DISTINCT 10000u

struct profile_slot {
    uint64_t word;
    uint64_t row; /* + 1; 0: free */
};

struct profile_set {
    const char *bytes; /* texts and bytes: of all rows; borrowed. NULL: fixed width */
    const int64_t *offsets;
    struct profile_slot *slots; /* owned */
    uint64_t mask;
    uint64_t seed[2];
    uint32_t count;
    bool more;
};

/* For a column of `rows`. */
MUST_USE int profile_set_init(struct profile_set *set, uint64_t rows, const char *bytes, const int64_t *offsets,
                              struct err *err);
void profile_set_done(struct profile_set *set);

/* Returns whether the set takes more. */
bool profile_set_add(struct profile_set *set, uint64_t word, uint64_t row);
bool profile_set_add_text(struct profile_set *set, uint64_t row);
void profile_set_join(struct profile_set *set, const struct profile_set *other);

#define auto_profile_set __attribute__((cleanup(profile_set_done)))

#endif
