// SPDX-License-Identifier: Apache-2.0
#include "bits.h"

// Two batches can share a byte, and two threads fill it.
static void put_byte(uint8_t *to, uint8_t bits) {
    if (bits)
        __atomic_fetch_or(to, bits, __ATOMIC_RELAXED);
}

static unsigned byte_of(const uint8_t *from, uint64_t rows, uint64_t byte) {
    unsigned bits = from ? from[byte] : 0xff;
    uint64_t left = rows - byte * 8;
    return left >= 8 ? bits : bits & ((1u << left) - 1);
}

// The bytes between the first and the last one are nobody else's.
static void put_shifted(uint8_t *to, unsigned shift, const uint8_t *from, uint64_t rows) {
    uint64_t last = (shift + rows - 1) / 8;
    unsigned bits = 0;
    for (uint64_t byte = 0; byte <= last; byte++) {
        bits = bits >> 8 | (byte * 8 < rows ? byte_of(from, rows, byte) << shift : 0);
        if (byte > 0 && byte < last)
            to[byte] = (uint8_t)bits;
        else
            put_byte(to + byte, (uint8_t)bits);
    }
}

void bits_put(uint8_t *to, uint64_t at, const uint8_t *from, uint64_t rows) {
    unsigned shift = (unsigned)(at % 8);
    uint64_t whole = rows / 8;
    to += at / 8;
    if (rows == 0)
        return;
    if (shift > 0) {
        put_shifted(to, shift, from, rows);
        return;
    }
    if (whole && from)
        memcpy(to, from, whole);
    else if (whole)
        memset(to, 0xff, whole);
    if (rows % 8)
        put_byte(to + whole, (uint8_t)byte_of(from, rows, whole));
}

// Each byte of the word keeps its own bit and becomes 0 or 1.
static void spread_byte(uint8_t *to, uint8_t bits, uint64_t rows) {
    uint64_t word = bits * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
    word = (word + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
    if (rows >= sizeof word)
        memcpy(to, &word, sizeof word);
    else
        memcpy(to, &word, rows);
}

void bits_spread(uint8_t *to, const uint8_t *bits, const uint8_t *present, uint64_t rows) {
    for (uint64_t row = 0; row < rows; row += 8)
        spread_byte(to + row, present ? bits[row / 8] & present[row / 8] : bits[row / 8], rows - row);
}

void bits_spread_missing(uint8_t *to, const uint8_t *bitmap, uint64_t rows) {
    for (uint64_t first = 0; first < rows; first += 64) {
        uint64_t end = rows - first < 64 ? rows : first + 64;
        if (bits_missing(bitmap, rows, first))
            for (uint64_t row = first; row < end; row += 8)
                spread_byte(to + row, (uint8_t)~bitmap[row / 8], end - row);
    }
}
