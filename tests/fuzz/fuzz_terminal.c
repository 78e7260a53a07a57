// SPDX-License-Identifier: Apache-2.0
// The escape filter: whatever comes in, in whatever pieces, only \n, \t, printable UTF-8 and colours go out, and the
// pieces make no difference. The first byte chooses the mode, the second the size of the pieces.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static char *filter(struct escape escape, const char *text, size_t count, size_t piece, size_t *ret_count) {
    char *output = NULL;
    FILE *file = open_memstream(&output, ret_count);
    if (!file)
        abort();
    for (size_t at = 0; at < count; at += piece)
        escape_write(&escape, text + at, count - at < piece ? count - at : piece, file);
    escape_end(&escape, file);
    if (fclose(file) != 0)
        abort();
    return output;
}

// The bytes of the colour sequence that stands at `at`, 0 if there is none.
static size_t colour_at(const char *text, size_t left) {
    size_t at = 2;
    if (left < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    while (at < left && strchr("0123456789;:", text[at]) && text[at])
        at++;
    return at < left && text[at] == 'm' ? at + 1 : 0;
}

static void check(const struct escape *mode, const char *text, size_t count) {
    for (size_t at = 0; at < count;) {
        unsigned char byte = (unsigned char)text[at];
        size_t colour = colour_at(text + at, count - at);
        if (colour && mode->sgr != ESCAPE_SGR_PASS)
            abort();
        if (!colour && byte < 0x20 && byte != '\n' && byte != '\t')
            abort();
        if (byte == 0x7f || (byte >= 0x80 && !mode->utf8))
            abort();
        if (byte == 0xc2 && (at + 1 >= count || (unsigned char)text[at + 1] < 0xa0))
            abort();
        if (byte == 0xe2 && at + 2 < count && (unsigned char)text[at + 1] == 0x80 &&
            (unsigned char)text[at + 2] >= 0xa8 && (unsigned char)text[at + 2] <= 0xae)
            abort();
        at += colour ? colour : 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count < 2)
        return 0;
    struct escape mode = {.utf8 = bytes[0] & 1, .sgr = (enum escape_sgr)(bytes[0] / 2 % 3)};
    const char *text = (const char *)bytes + 2;
    size_t whole_count, pieces_count, piece = bytes[1] % 16u + 1u;
    char *whole = filter(mode, text, count - 2, count, &whole_count);
    char *pieces = filter(mode, text, count - 2, piece, &pieces_count);
    check(&mode, whole, whole_count);
    if (whole_count != pieces_count || memcmp(whole, pieces, whole_count) != 0)
        abort();
    free(whole);
    free(pieces);
    return 0;
}
