// SPDX-License-Identifier: Apache-2.0
#include "png_source.h"

#include <stdlib.h>
#include <string.h>

void png_fail(png_structp png, png_const_charp text) {
    struct err *err = png_get_error_ptr(png);
    if (err->reason == REASON_NONE) {
        enum reason reason = strstr(text, "emory") ? REASON_INFRA : REASON_BUG;
        err_set(err, reason, "libpng: %s", text);
    }
    png_longjmp(png, 1);
}

void png_ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_spans(png_structp png, png_bytep bytes, size_t count) {
    struct png_source *source = png_get_io_ptr(png);
    while (count > 0) {
        if (source->span == PNG_SOURCE_SPANS)
            png_error(png, "read behind the end of a picture");
        struct picture *span = &source->spans[source->span];
        size_t step = count < span->count ? count : span->count;
        if (step > 0)
            memcpy(bytes, span->bytes, step);
        span->bytes += step;
        span->count -= step;
        bytes += step;
        count -= step;
        source->span += span->count == 0;
    }
}

static void fill_spans(struct png_source *source, const struct png_view *view) {
    const struct picture signature = {png_signature, PNG_SIGNATURE_BYTES};
    const struct picture nothing = {png_signature, 0};
    // The suggested palette of an RGB picture is no part of its pixels.
    const struct picture spans[PNG_SOURCE_SPANS] = {
        signature,
        view->ihdr,
        view->color == PNG_INDEXED ? view->plte : nothing,
        view->trns.bytes ? view->trns : nothing,
        view->idat,
        view->iend,
    };
    memcpy(source->spans, spans, sizeof spans);
}

static void set_transforms(png_structp png, bool alpha, bool wide) {
    png_set_expand(png);
    if (wide)
        png_set_expand_16(png);
    png_set_gray_to_rgb(png);
    if (alpha)
        png_set_add_alpha(png, 0xffff, PNG_FILLER_AFTER);
}

static int read_head(struct png_source *source, const struct png_view *view, bool alpha, bool wide) {
    if (setjmp(png_jmpbuf(source->png)))
        return -1;
    png_set_user_limits(source->png, view->width, view->height);
    png_set_chunk_cache_max(source->png, 1);
    png_set_chunk_malloc_max(source->png, 0); // It would bound IDAT chunks too; the others are at most 768 bytes.
    png_set_read_fn(source->png, source, read_spans);
    png_read_info(source->png, source->info);
    set_transforms(source->png, alpha, wide);
    if (view->interlaced)
        png_set_interlace_handling(source->png);
    png_read_update_info(source->png, source->info);
    source->row_bytes = png_get_rowbytes(source->png, source->info);
    return 0;
}

static int read_row(struct png_source *source, uint8_t *row) {
    if (setjmp(png_jmpbuf(source->png)))
        return -1;
    png_read_row(source->png, row, NULL);
    return 0;
}

// Every pass goes over all rows, and adds the pixels it has.
static int read_interlaced(struct png_source *source, const struct png_view *view, struct err *err) {
    source->image = calloc(view->height, source->row_bytes);
    if (!source->image)
        return err_set(err, REASON_INFRA, "out of memory for an interlaced picture of %u x %u pixels", view->width,
                       view->height);
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
        for (uint32_t row = 0; row < view->height; row++)
            TRY(read_row(source, source->image + row * source->row_bytes));
    return 0;
}

int png_source_open(struct png_source *source, const struct png_view *view, bool alpha, bool wide, struct err *err) {
    size_t pixel = (size_t)(alpha ? 4 : 3) * (wide ? 2 : 1);
    err->reason = REASON_NONE;
    fill_spans(source, view);
    source->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, err, png_fail, png_ignore);
    source->info = source->png ? png_create_info_struct(source->png) : NULL;
    if (!source->info)
        return err_set(err, REASON_INFRA, "out of memory for decoding a picture");
    TRY(read_head(source, view, alpha, wide));
    if (source->row_bytes != pixel * view->width)
        return err_set(err, REASON_BUG, "libpng: expected rows of %zu bytes, found %zu", pixel * view->width,
                       source->row_bytes);
    return view->interlaced ? read_interlaced(source, view, err) : 0;
}

int png_source_row(struct png_source *source, uint8_t *row, struct err *err) {
    err->reason = REASON_NONE;
    if (!source->image)
        return read_row(source, row);
    memcpy(row, source->image + source->row_bytes * source->row++, source->row_bytes);
    return 0;
}

void png_source_close(struct png_source *source) {
    free(source->image);
    source->image = NULL;
    png_destroy_read_struct(&source->png, &source->info, NULL);
}
