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
