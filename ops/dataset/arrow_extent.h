/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of each batch belongs to a field: what is skipped where its column is not wanted. Knows all of Arrow's types,
 * nested ones too, which nobody has to be able to decode for that. Errors: REASON_BAD_INPUT, REASON_LIMIT_OUTPUT.
 */
#ifndef DATASET_ARROW_EXTENT_H
#define DATASET_ARROW_EXTENT_H

#include "flat.h"

struct arrow_extent {
    uint32_t nodes;
    uint32_t buffers;   /* but for those that `variadic` counts in the batch */
    uint32_t bare;      /* fields without a buffer of validity, which old batches have: has_every_validity */
    uint32_t variadics; /* counts of data buffers, each of so many more buffers */
};

/* Of a Field and its children. `visited`: fields seen of this schema, which is bounded. */
MUST_USE int arrow_extent_read(const struct flat_table *field, uint32_t *visited, struct arrow_extent *ret,
                               struct err *err);

#endif
