// SPDX-License-Identifier: Apache-2.0
#include "arrow_decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_POWER = 22 };

// 10^19 is the largest power of ten of 64 bits; five of its digits hold 256 bits.
enum { GROUP_DIGITS = 19, GROUPS = 5, MAX_DIGITS = GROUP_DIGITS * GROUPS, LIMBS = 4 };
#define GROUP UINT64_C(10000000000000000000)

struct arrow_decimal arrow_decimal_load(const uint8_t *at, uint32_t width) {
    struct arrow_decimal decimal = {.negative = at[width - 1] >> 7};
    memset(decimal.limbs, decimal.negative ? 0xff : 0, sizeof decimal.limbs);
    // Constant sizes become loads.
    if (width == 16)
        memcpy(decimal.limbs, at, 16);
    else if (width == 8)
        memcpy(decimal.limbs, at, 8);
    else
        memcpy(decimal.limbs, at, width);
    unsigned __int128 carry = decimal.negative;
    for (int i = 0; i < LIMBS && decimal.negative; i++) {
        carry += ~decimal.limbs[i];
        decimal.limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return decimal;
}

// The rest of a division by GROUP, which stays in place.
static uint64_t next_group(uint64_t limbs[LIMBS]) {
    unsigned __int128 rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        rest = rest << 64 | limbs[i];
        limbs[i] = (uint64_t)(rest / GROUP);
        rest %= GROUP;
    }
    return (uint64_t)rest;
}

// Without zeros in front; "0" for 0.
static int write_digits(const struct arrow_decimal *decimal, char digits[MAX_DIGITS + 1]) {
    char all[MAX_DIGITS + 1];
    uint64_t limbs[LIMBS];
    memcpy(limbs, decimal->limbs, sizeof limbs);
    for (int at = MAX_DIGITS - GROUP_DIGITS; at >= 0; at -= GROUP_DIGITS) {
        uint64_t group = next_group(limbs);
        for (int i = GROUP_DIGITS - 1; i >= 0; i--, group /= 10)
            all[at + i] = (char)('0' + group % 10);
    }
    all[MAX_DIGITS] = 0;
    size_t zeros = strspn(all, "0");
    zeros -= zeros == MAX_DIGITS;
    memcpy(digits, all + zeros, MAX_DIGITS + 1 - zeros);
    return (int)(MAX_DIGITS - zeros);
}

// The same number of digits of the double: "d.ddde+xx".
static bool gives_back(double value, const char *digits, int count, int exponent) {
    char text[MAX_DIGITS + 24];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    const char *behind = strchr(text, 'e');
    if (!behind || text[0] != digits[0] || (count > 1 && memcmp(text + 2, digits + 1, (size_t)count - 1) != 0))
        return false;
    return strtol(behind + 1, NULL, 10) == exponent;
}

// Without a point, which a locale could change.
static double by_text(const struct arrow_decimal *decimal, int32_t scale, bool *exact) {
    char digits[MAX_DIGITS + 1], text[MAX_DIGITS + 24];
    int count = write_digits(decimal, digits);
    for (; count > 1 && digits[count - 1] == '0'; scale--)
        digits[--count] = 0;
    snprintf(text, sizeof text, "%se%d", digits, -scale);
    double value = strtod(text, NULL);
    *exact = gives_back(value, digits, count, count - 1 - scale);
    return value;
}

double arrow_decimal_power(int32_t scale) {
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return scale >= 0 && scale <= EXACT_POWER ? powers[scale] : 0;
}

double arrow_decimal_value(const struct arrow_decimal *decimal, int32_t scale, bool *exact) {
    const uint64_t *limbs = decimal->limbs;
    bool small = !(limbs[1] | limbs[2] | limbs[3]) && limbs[0] < ARROW_DECIMAL_SMALL;
    double value = 0, power = arrow_decimal_power(scale);
    *exact = true;
    if (small && power > 0)
        value = (double)limbs[0] / power;
    else if (limbs[0] | limbs[1] | limbs[2] | limbs[3])
        value = by_text(decimal, scale, exact);
    return decimal->negative ? -value : value;
}

size_t arrow_decimal_text(const struct arrow_decimal *decimal, int32_t scale, char text[ARROW_DECIMAL_TEXT_BYTES]) {
    char digits[MAX_DIGITS + 1];
    int count = write_digits(decimal, digits), left = count - scale;
    int point = scale >= 0 && left > -6 ? left : 1; // digits in front of the point; 0 and less: zeros behind it
    int used = snprintf(text, ARROW_DECIMAL_TEXT_BYTES, "%s", decimal->negative ? "-" : "");
    char *at = text + used;
    size_t room = ARROW_DECIMAL_TEXT_BYTES - (size_t)used;
    if (point <= 0)
        used += snprintf(at, room, "0.%.*s%s", -point, "000000", digits);
    else if (point >= count)
        used += snprintf(at, room, "%s", digits);
    else
        used += snprintf(at, room, "%.*s.%s", point, digits, digits + point);
    if (left != point)
        used += snprintf(text + used, ARROW_DECIMAL_TEXT_BYTES - (size_t)used, "E%+d", left - point);
    return (size_t)used;
}
