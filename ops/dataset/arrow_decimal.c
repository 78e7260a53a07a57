// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_decode.h"

// A double gives back every decimal of 15 digits, and holds powers of ten up to this one.
enum { SURE_DIGITS = 15, EXACT_POWER = 22 };
#define SURE_END UINT64_C(1000000000000000) // 10^SURE_DIGITS, below 2^53

// A coefficient of 128 bits has up to 39 digits.
enum { MAX_DIGITS = 39, TEXT_BYTES = MAX_DIGITS + 24 };

static int write_digits(unsigned __int128 size, char digits[MAX_DIGITS + 1]) {
    char reversed[MAX_DIGITS];
    int count = 0;
    for (; size > 0; size /= 10)
        reversed[count++] = (char)('0' + (int)(size % 10));
    for (int i = 0; i < count; i++)
        digits[i] = reversed[count - 1 - i];
    digits[count] = 0;
    return count;
}

// The same number of digits of the double: "d.ddde+xx".
static bool gives_back(double value, const char *digits, int count, int exponent) {
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    const char *behind = strchr(text, 'e');
    if (!behind || text[0] != digits[0] || (count > 1 && memcmp(text + 2, digits + 1, (size_t)count - 1) != 0))
        return false;
    return strtol(behind + 1, NULL, 10) == exponent;
}

// Without a point, which a locale could change.
static double by_text(unsigned __int128 size, int32_t scale, bool *exact) {
    char digits[MAX_DIGITS + 1], text[TEXT_BYTES];
    int count = write_digits(size, digits);
    for (; count > 1 && digits[count - 1] == '0'; scale--)
        digits[--count] = 0;
    snprintf(text, sizeof text, "%se%d", digits, -scale);
    double value = strtod(text, NULL);
    *exact = gives_back(value, digits, count, count - 1 - scale);
    return value;
}

double arrow_decimal_value(__int128 coefficient, int32_t scale, bool *exact) {
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    unsigned __int128 size = coefficient < 0 ? -(unsigned __int128)coefficient : (unsigned __int128)coefficient;
    double value = 0;
    *exact = true;
    if (size < SURE_END && scale >= 0 && scale <= EXACT_POWER)
        value = (double)(uint64_t)size / powers[scale];
    else if (size > 0)
        value = by_text(size, scale, exact);
    return coefficient < 0 ? -value : value;
}
