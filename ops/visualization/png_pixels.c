// SPDX-License-Identifier: Apache-2.0
// The compressed pixels of a PNG file: inflated once, to the last bit, without being kept.
#include "png_view.h"

#include <string.h>
#include <zlib.h>

enum { WINDOW_BYTES = 65536, PASSES = 7 };

// Where we are in the filtered rows. Interlaced pictures have up to seven passes, each with rows of its own length.
struct rows {
    int pass;
    uint32_t rows_left;  // in this pass, without the current one
    uint64_t row_bytes;  // of this pass, without the filter byte
    uint64_t bytes_left; // in the current row
    uint64_t expected, found;
};

struct pass {
    uint8_t x, y, step_x, step_y;
};

static struct pass pass_of(const struct png_view *view, int pass) {
    static const struct pass adam7[PASSES] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                              {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    static const struct pass whole = {0, 0, 1, 1};
    return view->interlaced ? adam7[pass] : whole;
}

static uint32_t steps(uint32_t size, uint8_t start, uint8_t step) {
    return size > start ? (size - start + step - 1) / step : 0;
}

// Rows and bytes per row of a pass; a pass without columns has no rows either.
static void measure(const struct png_view *view, int pass, uint32_t *ret_rows, uint64_t *ret_row_bytes) {
    struct pass p = pass_of(view, pass);
    uint64_t columns = steps(view->width, p.x, p.step_x);
    *ret_rows = columns ? steps(view->height, p.y, p.step_y) : 0;
    *ret_row_bytes = (columns * png_channels(view) * view->depth + 7) / 8;
}

static void rows_begin(struct rows *rows, const struct png_view *view) {
    *rows = (struct rows){.pass = -1};
    for (int pass = 0; pass < (view->interlaced ? PASSES : 1); pass++) {
        uint32_t count;
        uint64_t bytes;
        measure(view, pass, &count, &bytes);
        rows->expected += count * (1 + bytes);
    }
}

// Never called behind the last row: rows_take() counts first.
static void rows_next(struct rows *rows, const struct png_view *view) {
    while (rows->rows_left == 0)
        measure(view, ++rows->pass, &rows->rows_left, &rows->row_bytes);
    rows->rows_left--;
    rows->bytes_left = rows->row_bytes;
}

static int take_filter(const struct rows *rows, uint8_t filter, struct png_view *view, struct err *err) {
    if (filter > 4)
        return err_set(err, REASON_BAD_RESULT, "expected a row filter of 0 to 4, found %u", filter);
    if (rows->found == 0)
        view->first_filter = filter;
    return 0;
}

static int rows_take(struct rows *rows, struct png_view *view, const uint8_t *bytes, size_t count, struct err *err) {
    if (count > rows->expected - rows->found)
        return err_set(err, REASON_BAD_RESULT, "expected %llu bytes of pixels, found more",
                       (unsigned long long)rows->expected);
    while (count > 0) {
        size_t step = 1;
        if (rows->bytes_left > 0) {
            step = count < rows->bytes_left ? count : (size_t)rows->bytes_left;
            rows->bytes_left -= step;
        } else {
            TRY(take_filter(rows, *bytes, view, err));
            rows_next(rows, view);
        }
        bytes += step;
        count -= step;
        rows->found += step;
    }
    return 0;
}

// zlib stops at the borders of blocks (Z_BLOCK) and says there how many bits of the last byte it has not used.
static void note_border(const z_stream *stream, struct png_view *view) {
    enum { UNUSED_BITS = 63, IN_LAST_BLOCK = 64, AT_BORDER = 128 };
    uint64_t bit = stream->total_in * 8 - (uint64_t)(stream->data_type & UNUSED_BITS);
    if (!(stream->data_type & AT_BORDER))
        return;
    if (stream->data_type & IN_LAST_BLOCK)
        view->end_bit = bit;
    else
        view->last_block_bit = bit;
}

static int inflate_error(int status, const z_stream *stream, struct err *err) {
    if (status == Z_MEM_ERROR)
        return err_set(err, REASON_INFRA, "out of memory for inflating a picture");
    if (status == Z_NEED_DICT)
        return err_set(err, REASON_BAD_RESULT, "the compressed pixels are damaged: they need a dictionary");
    return err_set(err, REASON_BAD_RESULT, "the compressed pixels are damaged: %s",
                   stream->msg ? stream->msg : "unknown");
}

static int feed(z_stream *stream, struct picture *rest, const struct rows *rows, struct err *err) {
    struct picture data;
    while (stream->avail_in == 0) {
        if (!png_idat_next(rest, &data))
            return err_set(err, REASON_BAD_RESULT, "the compressed pixels end early: expected %llu bytes, found %llu",
                           (unsigned long long)rows->expected, (unsigned long long)rows->found);
        stream->next_in = (z_const Bytef *)(uintptr_t)data.bytes;
        stream->avail_in = (uInt)data.count;
    }
    return 0;
}

static int inflate_rows(z_stream *stream, struct picture *rest, struct rows *rows, struct png_view *view,
                        struct err *err) {
    uint8_t window[WINDOW_BYTES];
    for (int status = Z_OK; status != Z_STREAM_END;) {
        TRY(feed(stream, rest, rows, err)); // There is always more to come: the checksum ends the stream.
        stream->next_out = window;
        stream->avail_out = sizeof window;
        status = inflate(stream, Z_BLOCK);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return inflate_error(status, stream, err);
        TRY(rows_take(rows, view, window, sizeof window - stream->avail_out, err));
        note_border(stream, view);
    }
    return 0;
}

static int check_end(const z_stream *stream, struct picture *rest, const struct rows *rows, struct err *err) {
    struct picture data;
    uint64_t behind = stream->avail_in;
    while (png_idat_next(rest, &data))
        behind += data.count;
    if (rows->found != rows->expected)
        return err_set(err, REASON_BAD_RESULT, "expected %llu bytes of pixels, found %llu",
                       (unsigned long long)rows->expected, (unsigned long long)rows->found);
    if (behind > 0)
        return err_set(err, REASON_BAD_RESULT, "expected nothing behind the compressed pixels, found %llu bytes",
                       (unsigned long long)behind);
    return 0;
}

int png_pixels_check(struct png_view *view, struct err *err) {
    z_stream stream = {0};
    struct picture rest = view->idat;
    struct rows rows;
    rows_begin(&rows, view);
    int status = inflateInit2(&stream, 15);
    if (status != Z_OK)
        return inflate_error(status, &stream, err);
    int result = inflate_rows(&stream, &rest, &rows, view, err);
    if (result == 0)
        result = check_end(&stream, &rest, &rows, err);
    view->raw_bytes = rows.found;
    view->adler = (uint32_t)stream.adler;
    inflateEnd(&stream);
    return result;
}
