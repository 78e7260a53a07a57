/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of schemas/head.md that a profile has, too. New references, or NULL when memory is short. */
#ifndef DATASET_HEAD_H
#define DATASET_HEAD_H

#include <jansson.h>
#include <stdint.h>

#include "quern/segment.h"

json_t *head_column(const void *segment, uint32_t index);
json_t *head_cell(const void *segment, const struct segment_array *array, uint64_t row);
json_t *head_number(double value);
json_t *head_mean(const struct segment_array *array, double mean); /* of a column's values */

/* The object as one line of ASCII, appended to `output`. `what` is for messages. */
MUST_USE int head_write(const json_t *object, const char *what, int output, uint64_t *ret_bytes, struct err *err);

#endif
