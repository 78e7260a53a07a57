/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two halves of segment_check(): segment_check.c proves header, directory and spans, segment_values.c what stands
 * in the arrays. Private to this folder.
 */
#ifndef DATASET_SEGMENT_CHECK_H
#define DATASET_SEGMENT_CHECK_H

#include "quern/segment.h"

#define SEGMENT_LABEL_BYTES 96

/* For messages: `column "x"`, or `array 3 (values of a dictionary)`. */
void segment_label(const void *base, uint32_t index, char label[SEGMENT_LABEL_BYTES]);

/* Proves the contents of one array whose spans are proved. Dictionaries come before the columns that use them. */
MUST_USE int segment_values_check(const void *base, uint32_t index, struct err *err);

#endif
