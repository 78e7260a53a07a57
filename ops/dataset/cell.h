/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a segment, whatever its kind and behind whatever codes: for those that write values as text. `segment` has
 * passed segment_check(); the bytes of a text are borrowed from it.
 */
#ifndef DATASET_CELL_H
#define DATASET_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/segment.h"

enum cell_sort {
    CELL_MISSING, /* NaN and NaT, too */
    CELL_INTEGER,
    CELL_NATURAL,
    CELL_FLOAT,
    CELL_BOOL,
    CELL_TIMESTAMP,
    CELL_DURATION,
    CELL_TIME, /* of a day */
    CELL_TEXT,
    CELL_BINARY,
};

struct cell {
    enum cell_sort sort;
    bool narrow;               /* FLOAT: of 16 or 32 bits */
    bool zoned;                /* TIMESTAMP: in UTC, of a zone */
    double number;             /* FLOAT */
    uint64_t natural;          /* NATURAL, BOOL */
    int64_t integer;           /* INTEGER; of times the value in their unit */
    int64_t seconds, fraction; /* of times; the fraction in their unit, never negative */
    int digits;                /* of the fraction */
    const char *bytes;         /* TEXT, BINARY */
    size_t count;
};

struct cell cell_read(const void *segment, const struct segment_array *array, uint64_t row);
struct cell cell_duration(uint32_t unit, int64_t value);

#endif
