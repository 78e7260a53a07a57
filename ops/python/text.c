// SPDX-License-Identifier: Apache-2.0
#include "ops/python/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_tail(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Bytes of the valid UTF-8 sequence of two bytes or more that starts here; 0 if there is none. C1 controls, surrogates,
// overlong forms and what lies beyond U+10FFFF are not valid. A terminator is never a tail, so that nothing is read
// behind the end.
static size_t sequence_bytes(const unsigned char *s) {
    if (s[0] >= 0xc2 && s[0] <= 0xdf && is_tail(s[1]))
        return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : 2;
    if ((s[0] & 0xf0) == 0xe0 && is_tail(s[1]) && is_tail(s[2])) {
        bool overlong = s[0] == 0xe0 && s[1] < 0xa0, surrogate = s[0] == 0xed && s[1] >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4 && is_tail(s[1]) && is_tail(s[2]) && is_tail(s[3])) {
        bool overlong = s[0] == 0xf0 && s[1] < 0x90, beyond = s[0] == 0xf4 && s[1] >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

static bool is_plain(unsigned char byte) { return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\t'; }

void text_copy(char *home, size_t bytes, const char *text) {
    const unsigned char *from = (const unsigned char *)(text ? text : "");
    size_t used = 0;
    while (*from) {
        size_t whole = sequence_bytes(from), step = whole ? whole : 1;
        if (used + step >= bytes)
            break;
        if (whole)
            memcpy(home + used, from, whole);
        else
            home[used] = is_plain(*from) ? (char)*from : '?';
        used += step;
        from += step;
    }
    home[used] = '\0';
}
