/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds equal values among those of a dictionary: pandas categories must be distinct, foreign dictionaries may repeat.
 *
 * Calling sequence: distinct_init() over an array of values → distinct_add() of each index → distinct_done().
 * The values are borrowed. Texts and bytes are equal when their bytes are; floats when they compare equal (0.0 and
 * -0.0 are one category for pandas). The hash is keyed, so that nobody can prepare collisions.
 */
#ifndef DATASET_DISTINCT_H
#define DATASET_DISTINCT_H

#include <stdint.h>

#include "quern/segment.h"

#define DISTINCT_MAX ((uint64_t)INT32_MAX)

struct distinct_values {
    enum segment_kind kind;
    const void *values;     /* fixed width, or the bytes of texts */
    const int64_t *offsets; /* texts and bytes only */
};

struct distinct {
    struct distinct_values values;
    uint32_t *slots; /* owned; index + 1, 0: free */
    uint64_t mask;
    uint64_t seed[2];
};

/* For at most `count` values, at most DISTINCT_MAX. REASON_INFRA when memory is short. */
MUST_USE int distinct_init(struct distinct *set, const struct distinct_values *values, uint64_t count, struct err *err);

/* The index of the first equal value added before, or `index` itself. */
uint32_t distinct_add(struct distinct *set, uint32_t index);

/* The same without adding it. */
uint32_t distinct_find(const struct distinct *set, uint32_t index);
void distinct_done(struct distinct *set);

#define auto_distinct __attribute__((cleanup(distinct_done)))

#endif
