// SPDX-License-Identifier: Apache-2.0
// jansson writes all doubles with one number of digits: with 15 it loses bits, with 17 it writes 0.1 as 0.10000000000000001.
#include "quern/json_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH_DIGITS = 17, FEWEST_DIGITS = 15, NUMBER_BYTES = 40 };

static size_t string_bytes(const char *text) {
    size_t bytes = 1;
    while (text[bytes] != '"')
        bytes += text[bytes] == '\\' ? 2 : 1;
    return bytes + 1;
}

// What stands in place of a number: never longer than it.
static size_t shorten(const char *number, size_t bytes, char ret[NUMBER_BYTES]) {
    char whole[NUMBER_BYTES];
    if (bytes >= sizeof whole)
        return 0;
    memcpy(whole, number, bytes);
    whole[bytes] = '\0';
    double value = strtod(whole, NULL);
    for (int digits = FEWEST_DIGITS; digits < ENOUGH_DIGITS && whole[strcspn(whole, ".e")]; digits++) {
        int used = snprintf(ret, NUMBER_BYTES, "%.*g", digits, value);
        used += !ret[strcspn(ret, ".e")] ? snprintf(ret + used, NUMBER_BYTES - (size_t)used, ".0") : 0;
        if (strtod(ret, NULL) == value && (size_t)used < bytes)
            return (size_t)used;
    }
    return 0;
}

static size_t take_number(char *to, const char *from, size_t bytes) {
    char shorter[NUMBER_BYTES];
    size_t used = shorten(from, bytes, shorter);
    memmove(to, used ? shorter : from, used ? used : bytes);
    return used ? used : bytes;
}

char *json_text(const json_t *value, size_t flags) {
    char *text = json_dumps(value, flags | JSON_REAL_PRECISION(ENOUGH_DIGITS)), *to = text;
    for (const char *from = text; text && *from;) {
        size_t digits = *from == '"' ? 0 : strspn(from, "-+0123456789.e"), bytes = 1;
        bool number = digits && *from != 'e';
        if (*from == '"')
            bytes = string_bytes(from);
        if (number)
            to += take_number(to, from, bytes = digits);
        else
            to = (char *)memmove(to, from, bytes) + bytes;
        from += bytes;
    }
    if (text)
        *to = '\0';
    return text;
}
