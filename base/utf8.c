// SPDX-License-Identifier: Apache-2.0
#include "quern/utf8.h"

#include <string.h>

enum { LABEL_TEXT = 64 };

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

// Most text is ASCII: 32 bytes per step until a high bit is seen.
static size_t skip_ascii(const uint8_t *bytes, size_t at, size_t count) {
    for (; count - at >= 32; at += 32) {
        uint64_t word[4];
        memcpy(word, bytes + at, sizeof word);
        if ((word[0] | word[1] | word[2] | word[3]) & 0x8080808080808080u)
            break;
    }
    while (at < count && bytes[at] < 0x80)
        at++;
    return at;
}

size_t utf8_first_bad(const void *text, size_t count) {
    const uint8_t *bytes = text;
    size_t at = 0;
    while (at < count) {
        if (bytes[at] < 0x80) {
            at = skip_ascii(bytes, at, count);
            continue;
        }
        size_t length = utf8_next((const char *)bytes + at, count - at);
        if (length == 0)
            return at;
        at += length;
    }
    return count;
}

bool utf8_ok(const void *text, size_t bytes) { return utf8_first_bad(text, bytes) == bytes; }

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

bool utf8_ascii(const void *bytes, size_t count) { return skip_ascii(bytes, 0, count) == count; }

void utf8_label(const char *text, size_t count, char label[UTF8_LABEL_BYTES]) {
    size_t used = count <= LABEL_TEXT ? count : LABEL_TEXT - 3;
    while (used < count && used > 0 && !utf8_starts((uint8_t)text[used]))
        used--;
    bool valid = utf8_ok(text, used);
    for (size_t i = 0; i < used; i++) {
        uint8_t byte = (uint8_t)text[i];
        label[i] = byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid) ? '?' : text[i];
    }
    memcpy(label + used, "...", 4);
    if (used == count)
        label[used] = '\0';
}
