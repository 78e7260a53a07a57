// SPDX-License-Identifier: Apache-2.0
#include "utf8.h"

#include <string.h>

enum { LABEL_TEXT = 64 };

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

static bool is_tail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// The length of the character of two bytes or more that begins here, or 0.
static size_t character(const uint8_t *bytes, size_t left) {
    uint8_t first = bytes[0], low = 0x80, high = 0xbf;
    size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || left < length)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_tail(bytes[i]))
            return 0;
    return length;
}

size_t utf8_first_bad(const void *text, size_t count) {
    const uint8_t *bytes = text;
    size_t at = 0;
    while (at < count) {
        if (bytes[at] < 0x80) {
            at = skip_ascii(bytes, at, count);
            continue;
        }
        size_t length = character(bytes + at, count - at);
        if (length == 0)
            return at;
        at += length;
    }
    return count;
}

bool utf8_ascii(const void *bytes, size_t count) { return skip_ascii(bytes, 0, count) == count; }

void utf8_label(const char *text, size_t count, char label[UTF8_LABEL_BYTES]) {
    size_t used = count <= LABEL_TEXT ? count : LABEL_TEXT - 3;
    while (used < count && used > 0 && !utf8_starts((uint8_t)text[used]))
        used--;
    bool valid = utf8_valid(text, used);
    for (size_t i = 0; i < used; i++) {
        uint8_t byte = (uint8_t)text[i];
        label[i] = byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid) ? '?' : text[i];
    }
    memcpy(label + used, "...", 4);
    if (used == count)
        label[used] = '\0';
}
