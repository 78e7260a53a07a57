// SPDX-License-Identifier: Apache-2.0
// Joins the compressed rows of equal pictures without compressing anything again.
//
// A deflate stream is a list of blocks, of which the last one has BFINAL set. Clearing that bit and padding to the next
// byte with an empty stored block makes a stream that another one can follow: distances never reach back behind the
// picture they came from, and a first row that is filtered against zeros (None, Sub) does not see the row above it.
#include "png_join.h"

#include <string.h>
#include <zlib.h>

enum { ZLIB_HEADER_BYTES = 2, FILTER_SUB = 1 };

// Collects the joined zlib stream and puts it as IDAT chunks.
struct idat {
    struct sink *sink;
    size_t used;
    uint8_t bytes[PNG_IDAT_BYTES];
};

static void u32_put(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int put_chunk(struct sink *sink, const char *type, const uint8_t *data, size_t count, struct err *err) {
    uint8_t head[8], tail[4];
    u32_put(head, (uint32_t)count);
    memcpy(head + 4, type, 4);
    uLong sum = crc32_z(0, head + 4, 4);
    u32_put(tail, (uint32_t)(count ? crc32_z(sum, data, count) : sum));
    TRY(sink_put(sink, head, sizeof head, err));
    TRY(sink_put(sink, data, count, err));
    return sink_put(sink, tail, sizeof tail, err);
}

static int put_header(struct sink *sink, const struct png_view *like, uint32_t height, struct err *err) {
    uint8_t data[PNG_IHDR_BYTES];
    memcpy(data, like->ihdr.bytes + 8, sizeof data);
    u32_put(data + 4, height);
    TRY(sink_put(sink, png_signature, sizeof png_signature, err));
    return put_chunk(sink, "IHDR", data, sizeof data, err);
}

static int idat_flush(struct idat *idat, struct err *err) {
    if (idat->used > 0)
        TRY(put_chunk(idat->sink, "IDAT", idat->bytes, idat->used, err));
    idat->used = 0;
    return 0;
}

static int idat_put(struct idat *idat, const uint8_t *bytes, size_t count, struct err *err) {
    while (count > 0) {
        size_t room = sizeof idat->bytes - idat->used;
        size_t step = count < room ? count : room;
        memcpy(idat->bytes + idat->used, bytes, step);
        idat->used += step;
        bytes += step;
        count -= step;
        if (idat->used == sizeof idat->bytes)
            TRY(idat_flush(idat, err));
    }
    return 0;
}

// Copies the bytes [from, to) of the picture's zlib stream, wherever the borders of its chunks are.
static int copy_range(struct idat *idat, const struct png_view *view, uint64_t from, uint64_t to, struct err *err) {
    struct picture rest = view->idat, data;
    for (uint64_t at = 0; at < to && png_idat_next(&rest, &data); at += data.count) {
        uint64_t first = from > at ? from - at : 0;
        uint64_t last = to - at < data.count ? to - at : data.count;
        if (first < last)
            TRY(idat_put(idat, data.bytes + first, (size_t)(last - first), err));
    }
    return 0;
}

static uint8_t byte_at(const struct png_view *view, uint64_t offset) {
    struct picture rest = view->idat, data;
    while (png_idat_next(&rest, &data)) {
        if (offset < data.count)
            return data.bytes[offset];
        offset -= data.count;
    }
    return 0;
}

// The byte at `offset`, without BFINAL if that stands in it, and without the bits behind the last block.
static uint8_t patched_byte(const struct png_view *view, uint64_t offset) {
    unsigned byte = byte_at(view, offset);
    if (offset == view->last_block_bit / 8)
        byte &= ~(1u << view->last_block_bit % 8);
    if (offset == view->end_bit / 8)
        byte &= (1u << view->end_bit % 8) - 1;
    return (uint8_t)byte;
}

// An empty stored block: three zero bits, zeros to the next byte, its length and the complement of that.
static int put_padding(struct idat *idat, const struct png_view *view, struct err *err) {
    static const uint8_t zero = 0, empty[] = {0x00, 0x00, 0xff, 0xff};
    unsigned used = view->end_bit % 8;
    uint8_t last = used ? patched_byte(view, view->end_bit / 8) : zero;
    TRY(idat_put(idat, &last, 1, err));
    if (used > 8 - 3)
        TRY(idat_put(idat, &zero, 1, err));
    return idat_put(idat, empty, sizeof empty, err);
}

static int put_rows(struct idat *idat, const struct png_view *view, struct err *err) {
    uint64_t head = view->last_block_bit / 8, end = view->end_bit / 8;
    TRY(copy_range(idat, view, ZLIB_HEADER_BYTES, head, err));
    if (head < end) {
        uint8_t patched = patched_byte(view, head);
        TRY(idat_put(idat, &patched, 1, err));
        TRY(copy_range(idat, view, head + 1, end, err));
    }
    return put_padding(idat, view, err);
}

static int put_end(struct idat *idat, uint32_t adler, struct err *err) {
    uint8_t end[] = {0x01, 0x00, 0x00, 0xff, 0xff, 0, 0, 0, 0};
    u32_put(end + 5, adler);
    TRY(idat_put(idat, end, sizeof end, err));
    TRY(idat_flush(idat, err));
    return put_chunk(idat->sink, "IEND", NULL, 0, err);
}

int png_splice(const struct png_view *views, uint32_t count, uint32_t height, struct sink *sink, struct err *err) {
    static const uint8_t zlib_header[ZLIB_HEADER_BYTES] = {0x78, 0x01};
    struct idat idat;
    idat.sink = sink;
    idat.used = 0;
    uLong adler = adler32(0, NULL, 0);
    TRY(put_header(sink, views, height, err));
    TRY(idat_put(&idat, zlib_header, sizeof zlib_header, err));
    for (uint32_t i = 0; i < count; i++) {
        TRY(put_rows(&idat, &views[i], err));
        adler = adler32_combine(adler, views[i].adler, (z_off_t)views[i].raw_bytes);
    }
    return put_end(&idat, (uint32_t)adler, err);
}

bool png_can_splice(const struct png_view *views, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct png_view *view = &views[i];
        if (view->width != views->width || view->depth != views->depth || view->color != views->color)
            return false;
        if (view->color == PNG_INDEXED || view->trns.bytes || view->interlaced)
            return false;
        if (i > 0 && view->first_filter > FILTER_SUB)
            return false;
    }
    return true;
}
