/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a column between its file and a script (schemas/treatments.def), read off a segment: the decoder leaves
 * in it what it did. Pure; the texts are constants.
 */
#ifndef QUERN_TREATMENT_H
#define QUERN_TREATMENT_H

#include <stdint.h>

enum treatment_kind {
#define TREATMENT(NAME, word, text) TREATMENT_##NAME,
#include "../../schemas/treatments.def"
#undef TREATMENT
    TREATMENT_KIND_COUNT
};

struct treatment {
    enum treatment_kind kind;
    const char *word; /* "zero_copy" */
    const char *why;  /* a sentence for people, without a capital and a full stop */
    uint64_t bytes;   /* of the segment: the column's arrays, and its dictionary's where it is the first to use it */
};

/* Of a column of a segment that has passed segment_check_layout(). */
void treatment_of(const void *segment, uint32_t column, struct treatment *ret);

#endif
