/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow IPC files ↔ segments. Pure functions over memory, free of Python, sockets and logging; they run in quern-codec,
 * in fuzzers and in tests.
 *
 * Reading, in two moments so that sizes are known before memory is spent:
 *     dataset_reader_open(bytes of the file) → dataset_reader_shape() → memory of that size → dataset_reader_decode()
 * Writing: dataset_write() appends the file to a descriptor. dataset_head() tells people what is inside.
 *
 * Ownership: a reader borrows the file's bytes until it is closed. The file is hostile: every offset, count and length
 * is checked; a type that is not supported is refused by a message that names column and type. Errors: REASON_BAD_INPUT,
 * REASON_LIMIT_OUTPUT for a ceiling, REASON_INFRA for threads and memory.
 */
#ifndef QUERN_DATASET_H
#define QUERN_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/codec.h"
#include "quern/segment.h"

struct dataset_reader; /* opaque */

struct dataset_shape {
    uint64_t bytes; /* of the segment: an upper bound, close */
    uint64_t rows;
    uint32_t columns;
};

MUST_USE int dataset_reader_open(const void *file, size_t bytes, enum segment_profile profile,
                                 const struct codec_ceilings *ceilings, struct dataset_reader **ret, struct err *err);
void dataset_reader_shape(const struct dataset_reader *reader, struct dataset_shape *ret);

/* Fills `base`, fresh zeroed memory of shape.bytes, on `threads` threads (0: one per core). The segment's total_bytes
 * may be smaller than shape.bytes: the caller cuts the file to it. */
MUST_USE int dataset_reader_decode(struct dataset_reader *reader, void *base, uint32_t threads, struct err *err);
void dataset_reader_close(struct dataset_reader *reader);

/*
 * The same for ARFF files (Weka's attribute-relation format): numeric and real are doubles, integer int64 (a double where
 * a value is missing or has a fraction), string a text, date a timestamp, {a, b} a dictionary of the declared values. ?
 * is a missing value. Sparse rows, relational attributes and weights of rows are refused by name. Messages tell line and
 * column.
 */
struct dataset_arff; /* opaque */

MUST_USE int dataset_arff_open(const void *file, size_t bytes, enum segment_profile profile,
                               const struct codec_ceilings *ceilings, struct dataset_arff **ret, struct err *err);
void dataset_arff_shape(const struct dataset_arff *arff, struct dataset_shape *ret);
MUST_USE int dataset_arff_decode(struct dataset_arff *arff, void *base, struct err *err);
void dataset_arff_close(struct dataset_arff *arff);

/* A checked segment as an Arrow IPC file with ZSTD buffers (raw where compression does not pay) and pandas metadata,
 * so that pd.read_feather() restores dtypes. One record batch. */
MUST_USE int dataset_write(const void *segment, int output, uint32_t level, uint32_t threads, uint64_t *ret_bytes,
                           struct err *err);

/* {"rows": n, "columns": [{"name": ..., "type": "double", "nulls": n}], "head": [[cell, ...], ...], "tail": [...]}
 * Cells are texts for people, cut at 200 characters, or null; `rows` at each end; at most 200 columns, the rest
 * counted in "columns_left". schemas/head.md. */
MUST_USE int dataset_head(const void *segment, uint32_t rows, int output, uint64_t *ret_bytes, struct err *err);

/* Types, ranges, means, distinct values and histograms of all columns, in O(rows), on all threads
 * (schemas/profile.md). `threads` is at least 1. */
MUST_USE int dataset_profile(const void *segment, uint32_t threads, int output, uint64_t *ret_bytes, struct err *err);

/* Proves that a CSV or TSV file loses nothing when it is typed: no NUL, no bytes that are no UTF-8, every quote closed, no
 * cell without a column, no name that is too long. REASON_BAD_INPUT with line and column. The offset of `fd` stays. */
MUST_USE int dataset_table_check(int fd, char separator, bool header, struct err *err);

/* The segment as a text table with a header line: `separator` is a comma or a tab. A missing value is an empty cell, an
 * empty text is "". Floats have the shortest digits that give the same value back; bytes are hexadecimal; a dictionary's
 * cell is the value. */
MUST_USE int dataset_text(const void *segment, char separator, int output, uint64_t *ret_bytes, struct err *err);

#endif
