// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "arff.h"

enum { MAX_BYTES = 400, EXACT_DIGITS = 15, WHOLE_DIGITS = 18, EXACT_TENS = 22 };

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

struct digits {
    uint64_t value;
    unsigned count, behind; // behind the point
    bool point;
};

// A sign, digits and one point, and nothing else.
static bool plain(const struct arff_word *word, struct digits *ret) {
    const char *at = word->at, *end = word->at + word->bytes;
    *ret = (struct digits){0};
    at += at < end && (*at == '-' || *at == '+');
    for (; at < end && ret->count <= WHOLE_DIGITS; at++) {
        if (*at == '.' && !ret->point) {
            ret->point = true;
            continue;
        }
        if (!is_digit(*at))
            return false;
        ret->value = ret->value * 10 + (uint64_t)(*at - '0');
        ret->count++;
        ret->behind += ret->point;
    }
    return at == end && ret->count > 0;
}

// What C knows beyond decimal numbers is refused: 0x10, nan(7), blanks in front.
static enum arff_number slow(const struct arff_word *word, double *ret) {
    char text[MAX_BYTES + 1], *rest;
    size_t bytes = word->bytes;
    if (bytes == 0 || bytes > MAX_BYTES || memchr(word->at, 'x', bytes) || memchr(word->at, 'X', bytes) ||
        memchr(word->at, '(', bytes) || memchr(word->at, 0, bytes) || (unsigned char)word->at[0] <= ' ')
        return ARFF_NO_NUMBER;
    memcpy(text, word->at, bytes);
    text[bytes] = 0;
    *ret = strtod(text, &rest);
    return *rest ? ARFF_NO_NUMBER : ARFF_REAL;
}

enum arff_number arff_number_read(const struct arff_word *word, int64_t *ret_whole, double *ret_real) {
    static const double tens[EXACT_TENS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct digits digits;
    bool negative = word->bytes > 0 && word->at[0] == '-';
    bool simple = plain(word, &digits);
    // Both operands are exact, so that the one division rounds as it has to.
    if (simple && digits.count <= EXACT_DIGITS)
        *ret_real = (double)digits.value / tens[digits.behind] * (negative ? -1.0 : 1.0);
    else if (slow(word, ret_real) == ARFF_NO_NUMBER)
        return ARFF_NO_NUMBER;
    if (!simple || digits.point || digits.count > WHOLE_DIGITS)
        return ARFF_REAL;
    *ret_whole = negative ? -(int64_t)digits.value : (int64_t)digits.value;
    return ARFF_WHOLE;
}
