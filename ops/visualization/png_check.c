// SPDX-License-Identifier: Apache-2.0
// The chunks of a hostile PNG file. Stricter than libpng: one wrong byte in any chunk, and the file is not used.
#include "png_view.h"

#include <string.h>
#include <zlib.h>

const uint8_t png_signature[PNG_SIGNATURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

struct chunk {
    size_t at; // of its length field in the file
    char type[5];
    uint32_t bytes;
    const uint8_t *data;
    struct picture whole;
};

static uint32_t u32_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool chunk_is(const struct chunk *chunk, const char *type) { return memcmp(chunk->type, type, 4) == 0; }

// An upper-case first letter: a reader that does not know the chunk must not show the picture.
static bool chunk_is_critical(const struct chunk *chunk) { return !(chunk->type[0] & 0x20); }

bool png_idat_next(struct picture *rest, struct picture *ret_data) {
    if (rest->count == 0)
        return false;
    uint32_t bytes = u32_at(rest->bytes);
    *ret_data = (struct picture){rest->bytes + 8, bytes};
    rest->bytes += PNG_FRAME_BYTES + bytes;
    rest->count -= PNG_FRAME_BYTES + bytes;
    return true;
}

uint32_t png_channels(const struct png_view *view) {
    static const uint8_t channels[] = {
        [PNG_GRAY] = 1, [PNG_RGB] = 3, [PNG_INDEXED] = 1, [PNG_GRAY_ALPHA] = 2, [PNG_RGB_ALPHA] = 4};
    return channels[view->color];
}

static int read_type(const uint8_t *bytes, struct chunk *chunk, struct err *err) {
    memcpy(chunk->type, bytes, 4);
    for (int i = 0; i < 4; i++) {
        char lower = (char)(chunk->type[i] | 0x20);
        if (lower < 'a' || lower > 'z')
            return err_set(err, REASON_BAD_RESULT, "the chunk at byte %zu: expected a type of four letters", chunk->at);
    }
    return 0;
}

static int read_chunk(const struct picture *file, size_t at, struct chunk *ret, struct err *err) {
    size_t left = file->count - at;
    struct chunk chunk = {.at = at};
    if (left == 0)
        return err_set(err, REASON_BAD_RESULT, "the file ends without chunk IEND");
    if (left < PNG_FRAME_BYTES)
        return err_set(err, REASON_BAD_RESULT, "the chunk at byte %zu: expected at least 12 bytes, found %zu", at,
                       left);
    TRY(read_type(file->bytes + at + 4, &chunk, err));
    chunk.bytes = u32_at(file->bytes + at);
    if (chunk.bytes > left - PNG_FRAME_BYTES)
        return err_set(err, REASON_BAD_RESULT, "chunk %s at byte %zu: expected %u bytes, found %zu", chunk.type, at,
                       chunk.bytes, left - PNG_FRAME_BYTES);
    chunk.data = file->bytes + at + 8;
    chunk.whole = (struct picture){file->bytes + at, PNG_FRAME_BYTES + (size_t)chunk.bytes};
    uint32_t sum = (uint32_t)crc32_z(0, chunk.data - 4, 4 + (size_t)chunk.bytes);
    uint32_t written = u32_at(chunk.data + chunk.bytes);
    if (sum != written)
        return err_set(err, REASON_BAD_RESULT, "chunk %s at byte %zu: expected checksum %08x, found %08x", chunk.type,
                       at, sum, written);
    *ret = chunk;
    return 0;
}

static bool depth_is_defined(uint8_t color, uint8_t depth) {
    // One bit per depth: bit 1, 2, 4, 8, 16 of the number itself.
    static const uint8_t depths[] = {
        [PNG_GRAY] = 1 | 2 | 4 | 8 | 16, [PNG_RGB] = 8 | 16,       [PNG_INDEXED] = 1 | 2 | 4 | 8,
        [PNG_GRAY_ALPHA] = 8 | 16,       [PNG_RGB_ALPHA] = 8 | 16,
    };
    bool power = depth && !(depth & (depth - 1));
    return color < sizeof depths && power && (depths[color] & depth);
}

static int check_size(const struct png_view *view, const struct codec_ceilings *ceilings, struct err *err) {
    uint32_t width = view->width, height = view->height;
    if (width == 0 || height == 0)
        return err_set(err, REASON_BAD_RESULT, "%u x %u pixels: expected at least 1 x 1", width, height);
    if (width > ceilings->picture_side || height > ceilings->picture_side)
        return err_set(err, REASON_BAD_RESULT, "%u x %u pixels: expected at most %u on a side", width, height,
                       ceilings->picture_side);
    if ((uint64_t)width * height > ceilings->picture_pixels)
        return err_set(err, REASON_BAD_RESULT, "%u x %u pixels: expected at most %llu (--picture-pixels)", width,
                       height, (unsigned long long)ceilings->picture_pixels);
    return 0;
}

static int read_ihdr(const struct chunk *chunk, struct png_view *view, struct err *err) {
    if (!chunk_is(chunk, "IHDR"))
        return err_set(err, REASON_BAD_RESULT, "expected chunk IHDR first, found %s", chunk->type);
    if (chunk->bytes != PNG_IHDR_BYTES)
        return err_set(err, REASON_BAD_RESULT, "chunk IHDR: expected 13 bytes, found %u", chunk->bytes);
    const uint8_t *data = chunk->data;
    view->ihdr = chunk->whole;
    view->width = u32_at(data);
    view->height = u32_at(data + 4);
    view->depth = data[8];
    view->color = data[9];
    view->interlaced = data[12] == 1;
    if (!depth_is_defined(view->color, view->depth))
        return err_set(err, REASON_BAD_RESULT, "chunk IHDR: %u bits with color type %u are not defined", view->depth,
                       view->color);
    if (data[10] != 0 || data[11] != 0 || data[12] > 1)
        return err_set(err, REASON_BAD_RESULT,
                       "chunk IHDR: expected compression 0, filter 0 and interlace 0 or 1, found %u, %u and %u",
                       data[10], data[11], data[12]);
    return 0;
}

static int out_of_order(const struct chunk *chunk, struct err *err) {
    return err_set(err, REASON_BAD_RESULT, "chunk %s at byte %zu: out of order", chunk->type, chunk->at);
}

static int read_plte(const struct chunk *chunk, struct png_view *view, struct err *err) {
    if (view->plte.bytes || view->trns.bytes || view->idat.bytes)
        return out_of_order(chunk, err);
    uint32_t most = view->color == PNG_INDEXED ? 1u << view->depth : 256;
    if (chunk->bytes == 0 || chunk->bytes % 3 || chunk->bytes / 3 > most)
        return err_set(err, REASON_BAD_RESULT, "chunk PLTE: expected 1 to %u colors of 3 bytes, found %u bytes", most,
                       chunk->bytes);
    view->plte = chunk->whole;
    return 0;
}

static int read_trns(const struct chunk *chunk, struct png_view *view, struct err *err) {
    if (view->trns.bytes || view->idat.bytes)
        return out_of_order(chunk, err);
    if (view->color & 4)
        return 0; // The pixels have their own alpha: dropped like any other ancillary chunk.
    if (view->color == PNG_INDEXED && !view->plte.bytes)
        return out_of_order(chunk, err);
    uint32_t colors = view->color == PNG_INDEXED ? (uint32_t)(view->plte.count - PNG_FRAME_BYTES) / 3 : 0;
    uint32_t least = view->color == PNG_INDEXED ? 1 : view->color == PNG_RGB ? 6 : 2;
    uint32_t most = view->color == PNG_INDEXED ? colors : least;
    if (chunk->bytes < least || chunk->bytes > most)
        return err_set(err, REASON_BAD_RESULT, "chunk tRNS: expected %u to %u bytes, found %u", least, most,
                       chunk->bytes);
    view->trns = chunk->whole;
    return 0;
}

static int read_idat(const struct chunk *chunk, struct png_view *view, struct err *err) {
    if (view->color == PNG_INDEXED && !view->plte.bytes)
        return err_set(err, REASON_BAD_RESULT, "expected chunk PLTE before the pixels, found none");
    if (!view->idat.bytes)
        view->idat.bytes = chunk->whole.bytes;
    else if (view->idat.bytes + view->idat.count != chunk->whole.bytes)
        return err_set(err, REASON_BAD_RESULT, "chunk IDAT at byte %zu: expected all IDAT chunks side by side",
                       chunk->at);
    view->idat.count += chunk->whole.count;
    return 0;
}

static int read_iend(const struct chunk *chunk, struct png_view *view, struct err *err) {
    if (!view->idat.bytes)
        return err_set(err, REASON_BAD_RESULT, "expected chunk IDAT, found none");
    if (chunk->bytes != 0)
        return err_set(err, REASON_BAD_RESULT, "chunk IEND: expected 0 bytes, found %u", chunk->bytes);
    view->iend = chunk->whole;
    return 0;
}

static int read_further(const struct chunk *chunk, struct png_view *view, struct err *err) {
    if (chunk_is(chunk, "IDAT"))
        return read_idat(chunk, view, err);
    if (chunk_is(chunk, "PLTE"))
        return read_plte(chunk, view, err);
    if (chunk_is(chunk, "tRNS"))
        return read_trns(chunk, view, err);
    if (chunk_is(chunk, "IEND"))
        return read_iend(chunk, view, err);
    if (chunk_is(chunk, "IHDR"))
        return out_of_order(chunk, err);
    if (chunk_is_critical(chunk))
        return err_set(err, REASON_BAD_RESULT, "chunk %s at byte %zu: critical and unknown", chunk->type, chunk->at);
    return 0;
}

static int read_chunks(const struct picture *file, const struct codec_ceilings *ceilings, struct png_view *view,
                       struct err *err) {
    struct chunk chunk = {0};
    size_t at = PNG_SIGNATURE_BYTES;
    TRY(read_chunk(file, at, &chunk, err));
    TRY(read_ihdr(&chunk, view, err));
    TRY(check_size(view, ceilings, err));
    for (uint32_t chunks = 1; !view->iend.bytes; chunks++) {
        if (chunks == PNG_MAX_CHUNKS)
            return err_set(err, REASON_BAD_RESULT, "expected at most %u chunks, found more", PNG_MAX_CHUNKS);
        at += chunk.whole.count;
        TRY(read_chunk(file, at, &chunk, err));
        TRY(read_further(&chunk, view, err));
    }
    return 0;
}

int png_check(const struct picture *picture, const struct codec_ceilings *ceilings, struct png_view *ret,
              struct err *err) {
    struct png_view view = {0};
    if (picture->count == 0)
        return err_set(err, REASON_BAD_RESULT, "expected a PNG file, found an empty one");
    if (picture->count < PNG_SIGNATURE_BYTES || memcmp(picture->bytes, png_signature, PNG_SIGNATURE_BYTES) != 0)
        return err_set(err, REASON_BAD_RESULT, "expected a PNG file, found something else");
    TRY(read_chunks(picture, ceilings, &view, err));
    TRY(png_pixels_check(&view, err));
    *ret = view;
    return 0;
}
