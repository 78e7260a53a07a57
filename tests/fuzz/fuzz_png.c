// SPDX-License-Identifier: Apache-2.0
// Up to four pictures are joined; libpng must decode the result to the pixels that it decodes from the parts.
//
// Input: per picture two bytes of length (little-endian) and the file. Bit 15 of the length asks for true checksums,
// of chunks and of the compressed pixels, so that mutations reach what lies behind them.
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>
#include <zlib.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/visualization.h"

enum { PICTURES = 4, SIDE = 48, MEND = 0x8000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const struct codec_ceilings ceilings = {.bytes = 1u << 20, .picture_side = SIDE, .picture_pixels = 1200};

static uint32_t u32_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void u32_put(uint8_t *bytes, uLong value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void mend_adler(uint8_t *data, size_t count) {
    uint8_t rows[65536];
    z_stream stream = {.next_in = data + 2, .avail_in = (uInt)count - 2, .next_out = rows, .avail_out = sizeof rows};
    if (count < 6 || inflateInit2(&stream, -15) != Z_OK)
        return;
    if (inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in >= 4)
        u32_put(data + 2 + stream.total_in, adler32_z(adler32(0, NULL, 0), rows, stream.total_out));
    inflateEnd(&stream);
}

static void mend(uint8_t *file, size_t count) {
    for (size_t at = 8; count >= 12 && at <= count - 12;) {
        size_t bytes = u32_at(file + at);
        if (bytes > count - 12 - at)
            return;
        if (memcmp(file + at + 4, "IDAT", 4) == 0)
            mend_adler(file + at + 8, bytes);
        u32_put(file + at + 8 + bytes, crc32_z(0, file + at + 4, bytes + 4));
        at += 12 + bytes;
    }
}

static uint32_t split(uint8_t *bytes, size_t count, struct picture *pictures) {
    uint32_t found = 0;
    while (found < PICTURES && count >= 2) {
        unsigned head = (unsigned)bytes[0] | (unsigned)bytes[1] << 8;
        size_t size = head & (MEND - 1);
        bytes += 2;
        count -= 2;
        size = size < count ? size : count;
        if (head & MEND)
            mend(bytes, size);
        pictures[found++] = (struct picture){bytes, size};
        bytes += size;
        count -= size;
    }
    return found;
}

struct pixels {
    uint32_t width, height;
    uint64_t rgba[4 * SIDE * SIDE]; // one 16 bit RGBA pixel each, as libpng leaves it in memory
};

static void read_bytes(png_structp png, png_bytep bytes, size_t count) {
    struct picture *rest = png_get_io_ptr(png);
    if (count > rest->count)
        png_error(png, "short");
    memcpy(bytes, rest->bytes, count);
    rest->bytes += count;
    rest->count -= count;
}

static void jump(png_structp png, png_const_charp text) {
    (void)text;
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static bool decode_with(png_structp png, png_infop info, struct picture *rest, struct pixels *ret) {
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_chunk_malloc_max(png, 0);
    png_set_read_fn(png, rest, read_bytes);
    png_read_info(png, info);
    ret->width = png_get_image_width(png, info);
    ret->height = png_get_image_height(png, info);
    if ((uint64_t)ret->width * ret->height > 4 * SIDE * SIDE)
        abort();
    png_set_expand_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 0xffff, PNG_FILLER_AFTER);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    while (passes-- > 0)
        for (uint32_t row = 0; row < ret->height; row++)
            png_read_row(png, (png_bytep)(ret->rgba + (size_t)row * ret->width), NULL);
    png_read_end(png, NULL);
    return true;
}

static void decode(struct picture picture, struct pixels *ret) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, jump, ignore);
    png_infop info = png_create_info_struct(png);
    if (!decode_with(png, info, &picture, ret))
        abort();
    png_destroy_read_struct(&png, &info, NULL);
}

static void compare(const struct pixels *whole, uint32_t top, const struct pixels *part) {
    for (uint32_t row = 0; row < part->height; row++)
        if (memcmp(whole->rgba + (size_t)(top + row) * whole->width, part->rgba + (size_t)row * part->width,
                   part->width * sizeof *part->rgba) != 0)
            abort();
}

static void skip(void *context, uint32_t index, const char *text) {
    if (!text[0])
        abort();
    ((bool *)context)[index] = true;
}

static void check_joined(const struct picture *pictures, uint32_t count, const bool *skipped, int output,
                         const struct pictures_joined *joined) {
    static struct pixels whole, part;
    auto_free char *bytes = NULL;
    size_t size = 0;
    uint32_t top = 0;
    if (memory_read(output, "output", 1u << 20, &bytes, &size, NULL) < 0 || size != joined->bytes)
        abort();
    if (size == 0 && joined->pictures == 0)
        return;
    decode((struct picture){(const uint8_t *)bytes, size}, &whole);
    for (uint32_t i = 0; i < count; i++) {
        if (skipped[i])
            continue;
        decode(pictures[i], &part);
        compare(&whole, top, &part);
        top += part.height;
    }
    if (top != whole.height || joined->height != top || joined->width != whole.width)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct picture pictures[PICTURES];
    bool skipped[PICTURES] = {false};
    struct pictures_joined joined;
    auto_free uint8_t *own = malloc(count + 1);
    auto_fd int output = memory_new("output", 0, NULL);
    if (!own || output < 0)
        return 0;
    if (count > 0)
        memcpy(own, bytes, count);
    uint32_t found = split(own, count, pictures);
    if (pictures_join(pictures, found, &ceilings, output, skip, skipped, &joined, NULL) < 0)
        abort();
    check_joined(pictures, found, skipped, output, &joined);
    return 0;
}
