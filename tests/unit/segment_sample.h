/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments to test with: one column per kind, in a form that a test can compute again for every row.
 *
 * Row r of the sample, where r % 5 == 3 is missing in the columns that can miss something:
 *     i8 … u64   r * 7 in the width of the column     f4, f8   r / 4
 *     bool       r % 3 == 0                           time     r seconds after 2024-02-29T00:00:00.000000001
 *     text "r" as "zeile r ä"                         bytes    r % 4 bytes of value r
 *     c8, c16, c32: value r % 3 of "rot", "grün", ""
 * Ownership: the caller frees the segment.
 */
#ifndef QUERN_SEGMENT_SAMPLE_H
#define QUERN_SEGMENT_SAMPLE_H

#include <stdbool.h>

#include "quern/segment.h"

#define SAMPLE_DISTINCT 18u /* before the second column of one name */
#define SAMPLE_COLUMNS 19u  /* without bytes, which readers of datasets refuse */
#define SAMPLE_WITH_BYTES 20u
#define SAMPLE_EPOCH_NS 1709164800000000001

/* `columns`: one of the numbers above. `nulls`: whether rows with r % 5 == 3 are missing. */
void *segment_sample(uint64_t rows, uint32_t columns, bool nulls, uint64_t *ret_bytes);

/* A segment of this shape, all zeros. Aborts on failure, as everything here. */
void *segment_make(const struct segment_shape *shape, uint64_t *ret_bytes);

/* A sealed memory file with these bytes. */
int segment_sample_file(const void *segment, uint64_t bytes);

#endif
