/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From pieces of Arrow columns to arrays of a segment. A source is a column, or the values of a dictionary; a piece is
 * its share of one batch; a target is where the values go. Pieces of one source touch different rows of the target (of
 * bitmaps: different bits), so that threads decode them in any order.
 *
 * Fixed-width sources take one step, arrow_decode_fixed(). Texts take two: arrow_text_measure() writes offsets that
 * begin at 0 in each piece and finds how many bytes the piece has; when all are measured their places are known, and
 * arrow_text_fill() brings the bytes and shifts the offsets.
 *
 * Undefined bytes in null slots never arrive: a sentinel, 0 or nothing is written. Errors: REASON_BAD_INPUT naming the
 * column.
 */
#ifndef DATASET_ARROW_DECODE_H
#define DATASET_ARROW_DECODE_H

#include "arrow_buffer.h"

struct arrow_piece {
    struct arrow_batch *batch;
    uint32_t source; /* index, for the reader */
    uint32_t buffer; /* index of its first buffer: the validity */
    uint32_t data_buffers;
    uint64_t row; /* its first row in the target */
    uint64_t rows;
    uint64_t nulls;      /* as the batch says; proved while decoding */
    uint64_t text_first; /* texts: where its bytes begin in the data */
    uint64_t text_bytes;
    uint64_t text_at;    /* where its bytes go in the target */
    uint64_t text_slack; /* bytes behind them that may be written too: nobody has yet, or will look at them */
    bool text_gaps;      /* bytes below nulls, which must go */
    uint64_t sentinels;  /* fixed width: nulls found in what was written */
    uint64_t inexact;    /* numbers that became doubles: those that did not fit */
};

struct arrow_source {
    const struct arrow_column *column;
    const struct arrow_type *type; /* of what stands in the pieces: the index type for codes */
    struct arrow_piece *pieces;    /* borrowed */
    uint64_t piece_count;
    uint64_t rows;
    uint64_t nulls;
    uint64_t data_bytes; /* texts: room that suffices */
};

struct arrow_factored;

struct arrow_target {
    enum segment_kind kind;
    enum segment_nulls rule;
    uint8_t *values;
    int64_t *offsets;
    uint8_t *nulls;     /* mask or bitmap, by the rule; NULL: there are no nulls */
    uint64_t capacity;  /* texts: bytes at values */
    int64_t scale;      /* times: value in the file × scale = value in the target */
    const char *unit;   /* times: what the file counts, for messages */
    const int32_t *map; /* codes: index in the file → code */
    uint64_t map_count;
    struct arrow_factored *factored; /* texts that became codes while the file was read: arrow_factor.h */
};

MUST_USE int arrow_decode_fixed(struct arrow_worker *worker, const struct arrow_source *source,
                                struct arrow_piece *piece, const struct arrow_target *target, uint64_t ceiling,
                                struct err *err);

/* Bools of which some are missing stay bits. */
MUST_USE int arrow_decode_flags(struct arrow_worker *worker, const struct arrow_source *source,
                                struct arrow_piece *piece, const struct arrow_target *target, uint64_t ceiling,
                                struct err *err);

/* target->offsets may be NULL: only the size is found. */
MUST_USE int arrow_text_measure(struct arrow_worker *worker, const struct arrow_source *source,
                                struct arrow_piece *piece, const struct arrow_target *target, uint64_t ceiling,
                                struct err *err);
MUST_USE int arrow_text_fill(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                             const struct arrow_target *target, uint64_t ceiling, struct err *err);

/* Every text of a piece that is present, without a target. What `each` returns ends the walk unless it is 0. */
typedef int arrow_each_text(void *context, uint64_t row, const uint8_t *text, uint64_t bytes, struct err *err);
MUST_USE int arrow_text_each(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                             uint64_t ceiling, arrow_each_text *each, void *context, struct err *err);
MUST_USE int arrow_view_each(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                             uint64_t ceiling, arrow_each_text *each, void *context, struct err *err);

/* arrow_view.c: the same two steps for utf8 views, in which `present` is the validity or NULL. */
MUST_USE int arrow_view_measure(struct arrow_worker *worker, const struct arrow_source *source,
                                struct arrow_piece *piece, const uint8_t *present, int64_t *offsets, uint64_t ceiling,
                                struct err *err);
MUST_USE int arrow_view_fill(struct arrow_worker *worker, const struct arrow_source *source,
                             const struct arrow_piece *piece, const uint8_t *present, const int64_t *offsets,
                             uint8_t *to, uint64_t ceiling, struct err *err);

/* arrow_bytes.c: the same two steps for binary of one size. */
void arrow_bytes_measure(const struct arrow_source *source, struct arrow_piece *piece, const uint8_t *present,
                         int64_t *ends);
MUST_USE int arrow_bytes_fill(struct arrow_worker *worker, const struct arrow_source *source,
                              const struct arrow_piece *piece, uint8_t *to, uint64_t ceiling, struct err *err);

/* The validity of a piece, or NULL when nothing is missing. Its count is proved. */
MUST_USE int arrow_decode_validity(struct arrow_worker *worker, const struct arrow_source *source,
                                   const struct arrow_piece *piece, uint64_t ceiling, const uint8_t **ret,
                                   struct err *err);

/* arrow_decimal_text.c: the same two steps for decimals as texts. */
MUST_USE int arrow_decimal_measure(struct arrow_worker *worker, const struct arrow_source *source,
                                   struct arrow_piece *piece, const uint8_t *present, int64_t *ends, uint64_t ceiling,
                                   struct err *err);
MUST_USE int arrow_decimal_fill(struct arrow_worker *worker, const struct arrow_source *source,
                                const struct arrow_piece *piece, const uint8_t *present, uint8_t *to, uint64_t ceiling,
                                struct err *err);

/* Writes it as the target's rule wants it. */
void arrow_decode_nulls(const struct arrow_piece *piece, const struct arrow_target *target, const uint8_t *present);

/* Takes the pages of a range in one call instead of one fault each. */
void arrow_decode_touch(void *at, uint64_t bytes);

#endif
