/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that repeat themselves become codes of few distinct ones while the file is read: a script's cells then share one
 * object per text, which costs a sixth of making each of them, and the segment has a byte or two per row.
 *
 * Calling sequence: arrow_factors_find() when the plain layout is known and admitted → `count` columns with codes and
 * texts → memory for a segment → arrow_factor_copy() per piece and arrow_factor_write() → arrow_factors_done().
 * A look at the first rows says whether a column is worth it; one that turns out to have more distinct texts than
 * ARROW_FACTOR_MOST stays as it is.
 *
 * Ownership: the set owns its memory. Errors: REASON_BAD_INPUT naming the column, as decoding has them; REASON_INFRA.
 */
#ifndef DATASET_ARROW_FACTOR_H
#define DATASET_ARROW_FACTOR_H

#include <stdatomic.h>

#include "arrow_decode.h"

#define ARROW_FACTOR_MOST 2048u
#define ARROW_FACTOR_MOST_BYTES 262144u /* of all distinct texts together */
#define ARROW_FACTOR_LEAST_ROWS 1024u
#define ARROW_FACTOR_TRIAL 8192u /* rows that are looked at first; a quarter of them may differ */

/* Distinct texts, in the order in which they come. */
struct arrow_factor {
    uint32_t count;
    uint32_t used;  /* bytes */
    uint32_t *ends; /* owned, as bytes */
    uint8_t *bytes;
};

/* A column. */
struct arrow_factored {
    bool on;
    int16_t *codes;              /* owned; one per row, -1: missing */
    struct arrow_factor *pieces; /* owned; of each piece until they are one */
    struct arrow_factor all;
    atomic_bool burst;
};

struct arrow_factors {
    struct arrow_factored *columns; /* owned; one per source */
    uint32_t sources;
    uint32_t count; /* that are on */
};

/* arrow_trial.c: whether the first rows say that it is worth it. */
bool arrow_trial(struct arrow_worker *worker, const struct arrow_source *source, uint64_t ceiling);

MUST_USE int arrow_factors_find(struct arrow_source *sources, uint32_t count, uint32_t threads, uint64_t ceiling,
                                struct arrow_factors *ret, struct err *err);
void arrow_factors_done(struct arrow_factors *set);

/* A step of arrow_work.h: a piece's codes to where the target wants them; target->factored says which. */
MUST_USE int arrow_factor_copy(struct arrow_worker *worker, const struct arrow_source *source,
                               struct arrow_piece *piece, const struct arrow_target *target, uint64_t ceiling,
                               struct err *err);

/* The distinct texts into an array with room for them. */
void arrow_factor_write(const struct arrow_factor *factor, uint8_t *values, int64_t *offsets);

#endif
