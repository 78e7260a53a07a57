// SPDX-License-Identifier: Apache-2.0
#include "ops/python/text.h"

#include <stdbool.h>
#include <string.h>

#include "quern/utf8.h"

// U+0080..U+009F are C2 80..C2 9F.
static bool is_control(const char *character, size_t bytes) {
    unsigned char first = (unsigned char)character[0];
    if (bytes == 1)
        return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
    return first == 0xc2 && (unsigned char)character[1] < 0xa0;
}

void text_copy(char *home, size_t bytes, const char *text) {
    const char *from = text ? text : "", *end = from + strlen(from);
    size_t used = 0;
    while (from < end) {
        size_t whole = utf8_next(from, (size_t)(end - from));
        bool allowed = whole && !is_control(from, whole);
        size_t step = allowed ? whole : 1;
        if (used + step >= bytes)
            break;
        if (allowed)
            memcpy(home + used, from, whole);
        else
            home[used] = '?';
        used += step;
        from += step;
    }
    home[used] = '\0';
}
