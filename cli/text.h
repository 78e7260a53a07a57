/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in cells: printable, measured in terminal columns, cut and padded.
 *
 * text_cell() makes foreign UTF-8 safe for one cell: newlines as ↵, controls escaped. In a locale other than UTF-8 the
 * result is ASCII. Widths are terminal columns (CJK counts two, combining marks none). Strings returned are owned by
 * the caller; NULL: out of memory.
 */
#ifndef QUERN_CLI_TEXT_H
#define QUERN_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *text_cell(const char *text, size_t bytes, bool utf8);
uint32_t text_width(const char *text);

/* The bytes of `text` that fit into `width` columns; *ret_width: the columns they take. */
size_t text_fit(const char *text, uint32_t width, uint32_t *ret_width);

#endif
