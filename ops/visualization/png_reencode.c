// SPDX-License-Identifier: Apache-2.0
// Joins pictures of any kind: decoded by libpng row by row, padded on the right, encoded again.
#include "png_join.h"

#include <stdlib.h>
#include <string.h>

#include "png_source.h"
#include "quern/own.h"

// Level 1 without filters costs a quarter of libpng's defaults, and plots do not get larger by it.
enum { ZLIB_LEVEL = 1 };

struct target {
    png_structp png;
    png_infop info;
    struct sink *sink;
    bool alpha, wide;
    uint32_t width, height;
    size_t row_bytes;
};

static void write_sink(png_structp png, png_bytep bytes, size_t count) {
    struct target *target = png_get_io_ptr(png);
    if (sink_put(target->sink, bytes, count, png_get_error_ptr(png)) < 0)
        png_error(png, "the output failed"); // err is filled already, and png_fail() keeps it.
}

static void flush_nothing(png_structp png) { (void)png; }

static int write_head(struct target *target) {
    png_structp png = target->png;
    if (setjmp(png_jmpbuf(png)))
        return -1;
    png_set_user_limits(png, target->width, target->height);
    png_set_write_fn(png, target, write_sink, flush_nothing);
    png_set_IHDR(png, target->info, target->width, target->height, target->wide ? 16 : 8,
                 target->alpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, ZLIB_LEVEL);
    png_set_compression_buffer_size(png, PNG_IDAT_BYTES);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_write_info(png, target->info);
    return 0;
}

static int write_row(struct target *target, const uint8_t *row) {
    if (setjmp(png_jmpbuf(target->png)))
        return -1;
    png_write_row(target->png, row);
    return 0;
}

static int write_end(struct target *target) {
    if (setjmp(png_jmpbuf(target->png)))
        return -1;
    png_write_end(target->png, NULL);
    return 0;
}

static int copy_rows(struct target *target, struct png_source *source, uint32_t rows, uint8_t *row, struct err *err) {
    for (uint32_t i = 0; i < rows; i++) {
        TRY(png_source_row(source, row, err));
        TRY(write_row(target, row));
    }
    return 0;
}

static int copy_picture(struct target *target, const struct png_view *view, uint8_t *row, struct err *err) {
    struct png_source source = {0};
    // What is right of the picture: nothing, or white. The rows of one picture never reach there.
    memset(row, target->alpha ? 0 : 0xff, target->row_bytes);
    int result = png_source_open(&source, view, target->alpha, target->wide, err);
    if (result == 0)
        result = copy_rows(target, &source, view->height, row, err);
    png_source_close(&source);
    return result;
}

static int copy_pictures(struct target *target, const struct png_view *views, uint32_t count, struct err *err) {
    auto_free uint8_t *row = malloc(target->row_bytes);
    if (!row)
        return err_set(err, REASON_INFRA, "out of memory for a row of %zu bytes", target->row_bytes);
    TRY(write_head(target));
    for (uint32_t i = 0; i < count; i++)
        TRY(copy_picture(target, &views[i], row, err));
    return write_end(target);
}

static void choose_format(struct target *target, const struct png_view *views, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        target->alpha |= png_has_alpha(&views[i]);
        target->wide |= views[i].depth == 16;
    }
    target->row_bytes = (size_t)target->width * (target->alpha ? 4 : 3) * (target->wide ? 2 : 1);
}

int png_reencode(const struct png_view *views, uint32_t count, uint32_t width, uint32_t height, struct sink *sink,
                 struct err *err) {
    struct target target = {.sink = sink, .width = width, .height = height};
    choose_format(&target, views, count);
    err->reason = REASON_NONE;
    target.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, err, png_fail, png_ignore);
    target.info = target.png ? png_create_info_struct(target.png) : NULL;
    int result = target.info ? copy_pictures(&target, views, count, err)
                             : err_set(err, REASON_INFRA, "out of memory for encoding a picture");
    png_destroy_write_struct(&target.png, &target.info);
    return result;
}
