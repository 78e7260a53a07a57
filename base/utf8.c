// SPDX-License-Identifier: Apache-2.0
#include "quern/utf8.h"

static bool continues(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// The second byte carries the rules against overlong forms, surrogates and what is beyond U+10FFFF.
static bool second_ok(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return continues(second);
    }
}

static size_t length_by_first(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_next(const char *text, size_t bytes) {
    const unsigned char *at = (const unsigned char *)text;
    size_t length = bytes ? length_by_first(at[0]) : 0;
    if (length > bytes || (length > 1 && !second_ok(at[0], at[1])))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!continues(at[i]))
            return 0;
    return length;
}

bool utf8_ok(const char *text, size_t bytes) {
    for (size_t at = 0, length; at < bytes; at += length)
        if ((length = utf8_next(text + at, bytes - at)) == 0)
            return false;
    return true;
}

bool utf8_printable(const char *text, size_t bytes) {
    for (size_t at = 0; at < bytes; at++) {
        unsigned char c = (unsigned char)text[at];
        if (c < 0x20 || c == 0x7f)
            return false;
        if (c == 0xc2 && at + 1 < bytes && (unsigned char)text[at + 1] < 0xa0)
            return false;
    }
    return utf8_ok(text, bytes);
}
