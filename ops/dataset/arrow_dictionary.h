/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dictionaries: their values become an array without nulls or repetitions, which pandas takes as categories, and a map
 * from indices in the file to codes.
 *
 * Calling sequence: arrow_dictionaries_read() when the file is open → kind, kept, kept_bytes, map → memory for a
 * segment → arrow_dictionary_write() → arrow_dictionaries_done().
 *
 * Ownership: the set owns its memory and borrows the file. Errors: REASON_BAD_INPUT, REASON_LIMIT_OUTPUT.
 */
#ifndef DATASET_ARROW_DICTIONARY_H
#define DATASET_ARROW_DICTIONARY_H

#include "arrow_plan.h"

struct arrow_dictionary {
    int64_t id;
    struct arrow_source source; /* its column is the first that uses the dictionary */
    struct arrow_values shape;
    uint8_t *values; /* owned, as the next four: what the file holds, decoded */
    int64_t *offsets;
    uint8_t *bitmap;
    int32_t *map; /* index in the file → code, -1 for a null */
    uint64_t kept;
    uint64_t kept_bytes; /* texts: bytes of those kept */
};

struct arrow_dictionaries {
    struct arrow_dictionary *all; /* by id */
    uint32_t count;
    struct arrow_batch *batches; /* owned */
    struct arrow_piece *pieces;  /* owned; those of a dictionary stand together */
};

/* `memory`: REASON_LIMIT_MEMORY for values that need more, before they are decoded. */
MUST_USE int arrow_dictionaries_read(const struct arrow_file *file, enum segment_profile profile, uint64_t ceiling,
                                     uint64_t memory, struct arrow_dictionaries *ret, struct err *err);

/* The number of the dictionary with this id; it is there for every column that has one. */
uint32_t arrow_dictionary_find(const struct arrow_dictionaries *set, int64_t id);

/* The kept values into arrays with room for them. */
void arrow_dictionary_write(const struct arrow_dictionary *dictionary, uint8_t *values, int64_t *offsets);
void arrow_dictionaries_done(struct arrow_dictionaries *set);

#endif
