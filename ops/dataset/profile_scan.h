/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a slice of one column of a checked segment holds, in passes over its rows and without sorting: O(rows). Slices
 * of one column are scanned by any threads; profile_work.c puts them together.
 *
 * Least and greatest values are told as the rows where they stand, of equal ones the first. Missing values, and NaN,
 * count nowhere. Codes tell which values of the dictionary are used, in `used` of as many bytes.
 */
#ifndef DATASET_PROFILE_SCAN_H
#define DATASET_PROFILE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "profile_set.h"
#include "quern/segment.h"

#define PROFILE_BINS 16u

struct profile_slice {
    const void *segment;
    const struct segment_array *array;
    uint64_t first, end; /* rows */
};

struct profile_piece {
    uint64_t present;     /* values that are not missing */
    uint64_t least, most; /* rows; undefined when there are none */
    double sum;           /* numbers and times */
    uint64_t trues;       /* booleans */
};

void profile_scan(const struct profile_slice *slice, uint8_t *used, struct profile_piece *ret);

/* Adds the slice's rows to `bins`, equally wide ones from the least to the greatest of all values. */
void profile_bin(const struct profile_slice *slice, double low, double high, uint64_t bins[PROFILE_BINS]);

/* Adds the slice's values until the set is full. Not for booleans and codes. */
void profile_collect(const struct profile_slice *slice, struct profile_set *set);

/* Whether the value of one row is less than that of another one; both are present. */
bool profile_less(const struct profile_slice *slice, uint64_t row, uint64_t than);

/* A number or time as a double. */
double profile_value(const struct profile_slice *slice, uint64_t row);
bool profile_is_number(enum segment_kind kind); /* or a time: has bins */

#endif
