/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one column of a checked segment holds, in one or two passes and without sorting: O(rows).
 *
 * Least and greatest values are told as the rows (of a dictionary: of its values) where they stand. Distinct values are
 * counted exactly up to PROFILE_DISTINCT. Bins are equally wide and cover [min, max]; a boolean has two. Missing values
 * count nowhere. Errors: REASON_INFRA when memory is short.
 */
#ifndef DATASET_PROFILE_SCAN_H
#define DATASET_PROFILE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

#define PROFILE_DISTINCT 10000u
#define PROFILE_BINS 16u

struct profile_column {
    uint64_t present; /* values that are not missing */
    uint64_t least, most;
    double low, high; /* numbers and times: these two values */
    bool has_mean;
    double mean;
    uint64_t distinct;
    bool distinct_more; /* than PROFILE_DISTINCT */
    uint32_t bin_count; /* 0: no histogram */
    uint64_t bins[PROFILE_BINS];
};

MUST_USE int profile_scan(const void *segment, uint32_t column, struct profile_column *ret, struct err *err);

#endif
