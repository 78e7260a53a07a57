/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source's pieces are, proved as far as it goes without decoding: nodes, buffers, and declared sizes that the
 * rows need. Hence no file can ask for memory that its own bytes do not stand for.
 */
#ifndef DATASET_ARROW_PLAN_H
#define DATASET_ARROW_PLAN_H

#include "arrow_decode.h"

/* Where the next source of a batch finds its node, buffers and variadic count. */
struct arrow_cursor {
    uint32_t node;
    uint32_t buffer;
    uint32_t variadic;
};

/* Describes the next source of the batch, and adds its rows, nulls and bytes of text to `source`. Texts in
 * views and decimals as texts are not counted: see arrow_plan_unmeasured(). `ceiling`: bytes. */
MUST_USE int arrow_plan_piece(struct arrow_batch *batch, struct arrow_cursor *cursor, struct arrow_source *source,
                              struct arrow_piece *ret, uint64_t ceiling, struct err *err);

/* Passes over a field that is not wanted. */
MUST_USE int arrow_plan_skip(const struct arrow_batch *batch, struct arrow_cursor *cursor,
                             const struct arrow_extent *extent, struct err *err);

/* All nodes and buffers must have been used. */
MUST_USE int arrow_plan_end(const struct arrow_batch *batch, const struct arrow_cursor *cursor, struct err *err);

/* Reads the views or decimals of a source, to learn how many bytes of text there are. */
MUST_USE int arrow_plan_unmeasured(struct arrow_source *source, uint64_t ceiling, struct err *err);

/* The array for values of this type: the kind (`nulls`: with missing ones among them, which pandas' nullable types
 * do not mind: integers become doubles, bools flags), the unit of times, and for the target scale and words. */
struct arrow_values {
    enum segment_kind kind;
    enum segment_unit unit;
    int64_t scale;
    const char *words; /* what a time in the file counts */
};
struct arrow_values arrow_plan_values(const struct arrow_type *type, enum segment_profile profile, bool nulls);

/* Places the texts of measured pieces one behind the other; REASON_BAD_INPUT beyond the room in the target. Their slack is
 * what it is when they are filled in this order, by one thread. */
MUST_USE int arrow_plan_texts(struct arrow_source *source, uint64_t capacity, uint64_t *ret_bytes, struct err *err);

#endif
