/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the columns of a checked segment hold, found by several threads in slices of columns, so that one long column
 * keeps all of them busy. The answer does not depend on how many there are. Errors: REASON_INFRA when memory is short.
 */
#ifndef DATASET_PROFILE_WORK_H
#define DATASET_PROFILE_WORK_H

#include "profile_scan.h"

struct profile_column {
    uint64_t present;     /* values that are not missing */
    uint64_t least, most; /* rows; of a dictionary: its values */
    bool has_mean;
    double mean;
    uint64_t distinct;
    bool distinct_more; /* than PROFILE_DISTINCT */
    uint32_t bin_count; /* 0: no histogram */
    uint64_t bins[PROFILE_BINS];
};

/* The first `count` columns, into as many of `ret`. `threads` is at least 1. */
MUST_USE int profile_work(const void *segment, uint32_t count, uint32_t threads, struct profile_column *ret,
                          struct err *err);

#endif
