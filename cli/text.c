// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "cli/escape.h"

char *text_cell(const char *text, size_t bytes, bool utf8) {
    char *cell = NULL;
    size_t cell_bytes = 0;
    FILE *file = open_memstream(&cell, &cell_bytes);
    if (!file)
        return NULL;
    struct escape escape = {.utf8 = utf8, .newline = utf8 ? "↵" : "\\n", .tab = "\\t"};
    escape_write(&escape, text, bytes, file);
    escape_end(&escape, file);
    return fclose(file) == 0 ? cell : NULL;
}

// One character: its bytes and its columns. A byte that is no character counts one column.
static size_t step(const char *text, uint32_t *ret_width) {
    mbstate_t state = {0};
    wchar_t point;
    size_t bytes = mbrtowc(&point, text, strlen(text), &state);
    *ret_width = 1;
    if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0)
        return 1;
    int width = wcwidth(point);
    *ret_width = width < 0 ? 1 : (uint32_t)width;
    return bytes;
}

uint32_t text_width(const char *text) {
    uint32_t width;
    text_fit(text, UINT32_MAX, &width);
    return width;
}

size_t text_fit(const char *text, uint32_t width, uint32_t *ret_width) {
    const char *at = text;
    uint32_t used = 0;
    while (*at) {
        uint32_t columns;
        size_t bytes = step(at, &columns);
        if (columns > width - used)
            break;
        at += bytes;
        used += columns;
    }
    *ret_width = used;
    return (size_t)(at - text);
}
