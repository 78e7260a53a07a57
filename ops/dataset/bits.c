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

void bits_put(uint8_t *to, uint64_t at, const uint8_t *from, uint64_t rows) {
    unsigned shift = (unsigned)(at % 8);
    uint64_t whole = shift == 0 ? rows / 8 : 0;
    to += at / 8;
    if (whole && from)
        memcpy(to, from, whole);
    else if (whole)
        memset(to, 0xff, whole);
    for (uint64_t byte = whole; byte * 8 < rows; byte++) {
        unsigned bits = byte_of(from, rows, byte) << shift;
        put_byte(to + byte, (uint8_t)bits);
        if (bits > 0xff)
            put_byte(to + byte + 1, (uint8_t)(bits >> 8));
    }
}
