/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ways to stack validated pictures, for pictures_join() only. Both put a whole PNG file into `sink`.
 *
 * png_splice() copies the compressed rows as they are; it needs png_can_splice(). png_reencode() takes any pictures and
 * keeps one row in memory, or one whole picture if that is interlaced.
 */
#ifndef QUERN_PNG_JOIN_H
#define QUERN_PNG_JOIN_H

#include "png_view.h"
#include "sink.h"

/* The compressed picture plus a chunk's frame are put in pieces of this size: ceilings of readers never see more. */
enum { PNG_IDAT_BYTES = 65536 };

bool png_can_splice(const struct png_view *views, uint32_t count);
MUST_USE int png_splice(const struct png_view *views, uint32_t count, uint32_t height, struct sink *sink,
                        struct err *err);
MUST_USE int png_reencode(const struct png_view *views, uint32_t count, uint32_t width, uint32_t height,
                          struct sink *sink, struct err *err);

#endif
