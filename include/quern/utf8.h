/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 from outside. Units: bytes. Pure functions over borrowed memory. */
#ifndef QUERN_UTF8_H
#define QUERN_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes, 1 to 4, of the well-formed character at the start of `text`; 0 when there is none. */
size_t utf8_next(const char *text, size_t bytes);

/* The index of the first byte that is not part of a well-formed character, or `count` when all are. Fast on ASCII. */
size_t utf8_first_bad(const void *bytes, size_t count);

bool utf8_ok(const void *text, size_t bytes);

bool utf8_ascii(const void *bytes, size_t count);

/* Whether a character begins at this byte of well-formed UTF-8: a text must not be cut elsewhere. */
static inline bool utf8_starts(uint8_t byte) { return (byte & 0xc0) != 0x80; }

/* `text` for a message: at most 64 bytes, cut at a character; ill-formed UTF-8 and control characters become '?'. */
#define UTF8_LABEL_BYTES 72
void utf8_label(const char *text, size_t count, char label[UTF8_LABEL_BYTES]);

/* Well-formed and free of control characters (C0, DEL, C1), so that a terminal and a log take it as it is. */
bool utf8_printable(const char *text, size_t bytes);

#endif
