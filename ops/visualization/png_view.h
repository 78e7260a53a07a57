/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of one validated PNG file: where its useful chunks are and how its compressed pixels are laid out.
 *
 * Calling sequence: png_check() fills everything. Nobody else reads the file's other chunks: text, colour profiles,
 * gamma, physical size, animation frames and whatever stands behind IEND are dropped.
 *
 * Ownership: all pointers are borrowed from the bytes of the picture. Errors: REASON_BAD_RESULT with a text for people
 * where the file is to blame; REASON_INFRA where memory is short.
 */
#ifndef QUERN_PNG_VIEW_H
#define QUERN_PNG_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/visualization.h"

/* A 268 megapixel picture of 16 bit samples in the 8 KiB chunks that libpng writes has 262,144 of them. */
#define PNG_MAX_CHUNKS 300000u

enum { PNG_SIGNATURE_BYTES = 8, PNG_FRAME_BYTES = 12, PNG_IHDR_BYTES = 13 };
enum png_color { PNG_GRAY = 0, PNG_RGB = 2, PNG_INDEXED = 3, PNG_GRAY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

extern const uint8_t png_signature[PNG_SIGNATURE_BYTES];

struct png_view {
    uint32_t width, height; /* pixels */
    uint8_t depth;          /* bits per sample: 1, 2, 4, 8, 16 */
    uint8_t color;          /* enum png_color */
    bool interlaced;
    uint8_t first_filter; /* of the first row: 0 to 4 */

    /* Whole chunks with length, type and checksum; bytes NULL: absent. `idat`: all of them, side by side. */
    struct picture ihdr, plte, trns, idat, iend;

    /* The zlib stream in `idat`; bits are counted from its first byte. */
    uint64_t last_block_bit; /* where the last deflate block begins: its BFINAL bit */
    uint64_t end_bit;        /* behind the last deflate block */
    uint64_t raw_bytes;      /* of the filtered rows */
    uint32_t adler;          /* of the filtered rows */
};

MUST_USE int png_check(const struct picture *picture, const struct codec_ceilings *ceilings, struct png_view *ret,
                       struct err *err);

/* The second half of png_check(): inflates the pixels and fills `first_filter` and the zlib part of the view. */
MUST_USE int png_pixels_check(struct png_view *view, struct err *err);

uint32_t png_channels(const struct png_view *view);
static inline bool png_has_alpha(const struct png_view *view) { return (view->color & 4) || view->trns.bytes; }

/* Walks over the contents of the IDAT chunks: start with `rest` = view->idat. False at the end. */
bool png_idat_next(struct picture *rest, struct picture *ret_data);

#endif
