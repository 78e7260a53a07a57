/* SPDX-License-Identifier: Apache-2.0 */
/* What a text that is not UTF-8 most likely is: the two bytes that UTF-16 files begin with are no start of a Latin-1 one. */
#ifndef DATASET_TEXT_ENCODING_H
#define DATASET_TEXT_ENCODING_H

#include <stddef.h>
#include <string.h>

/* `bad` is the first byte that is not UTF-8, of `left` that are there. */
static inline const char *text_encoding_remedy(const char *bad, size_t left) {
    if (left >= 2 && (memcmp(bad, "\xff\xfe", 2) == 0 || memcmp(bad, "\xfe\xff", 2) == 0))
        return "of a UTF-16 file: iconv -f utf-16 -t utf-8";
    return "of a Latin-1 file: iconv -f latin1 -t utf-8";
}

#endif
