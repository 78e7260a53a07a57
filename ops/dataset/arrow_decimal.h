/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimals: a signed coefficient of 32, 64, 128 or 256 bits, times 10^-scale; -1000 <= scale <= 1000. Pure functions.
 */
#ifndef DATASET_ARROW_DECIMAL_H
#define DATASET_ARROW_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARROW_DECIMAL_TEXT_BYTES 112 /* with the NUL */

struct arrow_decimal {
    bool negative;
    uint64_t limbs[4]; /* of the size, the lowest first */
};

/* `width` bytes, little-endian. */
struct arrow_decimal arrow_decimal_load(const uint8_t *at, uint32_t width);

/* The nearest double. `*exact`: it gives back all digits of the decimal. */
double arrow_decimal_value(const struct arrow_decimal *decimal, int32_t scale, bool *exact);

/* The power of ten that a small coefficient is divided by, or 0: no double is it, or it is another one's. */
double arrow_decimal_power(int32_t scale);

/* The same as arrow_decimal_value(), exact, for a coefficient of 16 bytes that is small; false: it is not. */
#define ARROW_DECIMAL_SMALL INT64_C(1000000000000000) /* 10^15: a double gives back every decimal of 15 digits */
static inline bool arrow_decimal_small(const uint8_t *at, double power, double *ret) {
    int64_t low, high;
    memcpy(&low, at, sizeof low);
    memcpy(&high, at + sizeof low, sizeof high);
    *ret = (double)low / power;
    return high == low >> 63 && low > -ARROW_DECIMAL_SMALL && low < ARROW_DECIMAL_SMALL;
}

/* All digits, as Python's decimal.Decimal writes them: "-0.050", "1.5E+7" where the scale is negative or the number
 * below 10^-6. Returns how many bytes. */
size_t arrow_decimal_text(const struct arrow_decimal *decimal, int32_t scale, char text[ARROW_DECIMAL_TEXT_BYTES]);

#endif
