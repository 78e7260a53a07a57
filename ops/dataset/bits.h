/* SPDX-License-Identifier: Apache-2.0 */
/* Arrow's bitmaps: bit i % 8 of byte i / 8, 64 rows at a time. Bits behind the last row may be anything. */
#ifndef DATASET_BITS_H
#define DATASET_BITS_H

#include <stdint.h>
#include <string.h>

/* The 0 bits among the rows `first` to first + 63, as 1 bits; `first` is a multiple of 64. */
static inline uint64_t bits_missing(const uint8_t *bitmap, uint64_t rows, uint64_t first) {
    uint64_t word = 0, left = rows - first;
    if (left >= 64) {
        memcpy(&word, bitmap + first / 8, sizeof word);
        return ~word;
    }
    memcpy(&word, bitmap + first / 8, (left + 7) / 8);
    return ~word & (((uint64_t)1 << left) - 1);
}

static inline uint64_t bits_count_missing(const uint8_t *bitmap, uint64_t rows) {
    uint64_t missing = 0;
    for (uint64_t first = 0; first < rows; first += 64)
        missing += (uint64_t)__builtin_popcountll(bits_missing(bitmap, rows, first));
    return missing;
}

/* The bits that both have; `to` may be one of them. */
static inline void bits_both(uint8_t *to, const uint8_t *a, const uint8_t *b, uint64_t bytes) {
    uint64_t left, right, at = 0;
    for (; bytes - at >= sizeof left; at += sizeof left) {
        memcpy(&left, a + at, sizeof left);
        memcpy(&right, b + at, sizeof right);
        left &= right;
        memcpy(to + at, &left, sizeof left);
    }
    for (; at < bytes; at++)
        to[at] = a[at] & b[at];
}

static inline int bits_present(const uint8_t *bitmap, uint64_t row) { return bitmap[row / 8] >> (row % 8) & 1; }

/* Walks the missing rows: BITS_EACH_MISSING(bitmap, rows, row) { ... row ... } */
#define BITS_EACH_MISSING(bitmap, rows, row)                                                                           \
    for (uint64_t row##_first = 0, row = 0; row##_first < (rows); row##_first += 64)                                   \
        for (uint64_t row##_left = bits_missing(bitmap, rows, row##_first);                                            \
             row##_left && (row = row##_first + (uint64_t)__builtin_ctzll(row##_left), 1);                             \
             row##_left &= row##_left - 1)

/* A byte per row, 0 or 1: 1 where both bitmaps have a bit; `present` may be NULL. */
void bits_spread(uint8_t *to, const uint8_t *bits, const uint8_t *present, uint64_t rows);

/* A byte per row, 1 where the bitmap has no bit. `to` is zeroed, and stays untouched where nothing is missing. */
void bits_spread_missing(uint8_t *to, const uint8_t *bitmap, uint64_t rows);

/* Puts `rows` bits of `from` (NULL: ones) to bit `at` and on of the zeroed `to`, whose other bits belong to other
 * threads. */
void bits_put(uint8_t *to, uint64_t at, const uint8_t *from, uint64_t rows);

#endif
