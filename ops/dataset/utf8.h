/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it UTF-8, as Unicode defines it: no overlong forms, no surrogates, nothing beyond U+10FFFF. Everything that a
 * script will see as str passes here first, because the interpreter trusts what it is given.
 */
#ifndef DATASET_UTF8_H
#define DATASET_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The index of the first byte that is not part of a valid character, or `count` when all are. */
size_t utf8_first_bad(const void *bytes, size_t count);

static inline bool utf8_valid(const void *bytes, size_t count) { return utf8_first_bad(bytes, count) == count; }

bool utf8_ascii(const void *bytes, size_t count);

/* Whether a character begins at this byte of valid UTF-8: a text must not be cut elsewhere. */
static inline bool utf8_starts(uint8_t byte) { return (byte & 0xc0) != 0x80; }

/* `text` for a message: at most 64 bytes, cut at a character; invalid UTF-8 and control characters become '?'. */
#define UTF8_LABEL_BYTES 72
void utf8_label(const char *text, size_t count, char label[UTF8_LABEL_BYTES]);

#endif
