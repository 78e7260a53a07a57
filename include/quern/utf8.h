/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 from outside. Units: bytes. Pure functions over borrowed memory. */
#ifndef QUERN_UTF8_H
#define QUERN_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes, 1 to 4, of the well-formed character at the start of `text`; 0 when there is none. */
size_t utf8_next(const char *text, size_t bytes);

bool utf8_ok(const char *text, size_t bytes);

/* Well-formed and free of control characters (C0, DEL, C1), so that a terminal and a log take it as it is. */
bool utf8_printable(const char *text, size_t bytes);

#endif
