/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one validated picture as libpng decodes them: RGB or RGBA, 8 or 16 bits (big-endian) per sample.
 *
 * Calling sequence: zero the struct → png_source_open() → png_source_row() `height` times → png_source_close(), also
 * after errors. libpng sees a file made of the validated chunks only. Ownership: the view is borrowed.
 * Errors: REASON_INFRA where memory is short; REASON_BUG if libpng refuses what png_check() took.
 */
#ifndef QUERN_PNG_SOURCE_H
#define QUERN_PNG_SOURCE_H

#include <png.h>

#include "png_view.h"

enum { PNG_SOURCE_SPANS = 6 };

struct png_source {
    png_structp png;
    png_infop info;
    struct picture spans[PNG_SOURCE_SPANS]; /* what is left to read */
    size_t span;
    size_t row_bytes;
    uint8_t *image; /* owned; all rows of an interlaced picture, else NULL */
    uint32_t row;
    struct err *err;
};

MUST_USE int png_source_open(struct png_source *source, const struct png_view *view, bool alpha, bool wide,
                             struct err *err);
MUST_USE int png_source_row(struct png_source *source, uint8_t *row, struct err *err);
void png_source_close(struct png_source *source);

/* For both directions: libpng's errors become the struct err that error_ptr points to, and a long jump. */
_Noreturn void png_fail(png_structp png, png_const_charp text);
void png_ignore(png_structp png, png_const_charp text);

#endif
