/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates of ARFF files, in the patterns of Java's SimpleDateFormat: y M d H k K h a m s S E Z X and quoted text. Names of months
 * and days are English. Two digits of a year mean 1969 to 2068, as strptime(3) reads them.
 *
 * arff_date_check() once per pattern, then arff_date_read() per cell; both are pure. Units: milliseconds since 1970,
 * UTC where the pattern has an offset.
 */
#ifndef DATASET_ARFF_DATE_H
#define DATASET_ARFF_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARFF_DATE_DEFAULT "yyyy-MM-dd'T'HH:mm:ss"

/* The index of the first character that is not understood, or `bytes`. `ret_zoned`: the pattern has an offset. */
size_t arff_date_check(const char *pattern, size_t bytes, bool *ret_zoned);

/* Whether the text is a date of this checked pattern. */
bool arff_date_read(const char *pattern, size_t pattern_bytes, const char *text, size_t bytes, int64_t *ret_ms);

#endif
