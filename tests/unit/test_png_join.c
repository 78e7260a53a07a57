// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>
#include <zlib.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/visualization.h"

enum { FILE_BYTES = 4096 };

static const struct codec_ceilings ceilings = {.bytes = 1u << 20, .picture_side = 100, .picture_pixels = 1000};

struct file {
    size_t used;
    uint8_t bytes[FILE_BYTES];
};

static void u32_put(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_chunk(struct file *file, const char *type, const uint8_t *data, uint32_t count) {
    uint8_t *at = file->bytes + file->used;
    u32_put(at, count);
    memcpy(at + 4, type, 4);
    if (count)
        memcpy(at + 8, data, count);
    u32_put(at + 8 + count, (uint32_t)crc32(0, at + 4, count + 4));
    file->used += 12 + count;
}

// A gray picture whose pixels are all `shade`; its first row uses `filter` (of rows of zeros when it is not 0).
static struct picture gray(struct file *file, uint32_t width, uint32_t height, uint8_t shade, uint8_t filter) {
    uint8_t rows[FILE_BYTES], packed[FILE_BYTES], head[13] = {[8] = 8};
    uLongf count = sizeof packed;
    memset(rows, shade, sizeof rows);
    for (uint32_t row = 0; row < height; row++)
        rows[row * (width + 1)] = row ? 0 : filter;
    assert_int_equal(compress(packed, &count, rows, height * (width + 1)), Z_OK);
    u32_put(head, width);
    u32_put(head + 4, height);
    memcpy(file->bytes, "\x89PNG\r\n\x1a\n", 8);
    file->used = 8;
    add_chunk(file, "IHDR", head, sizeof head);
    add_chunk(file, "IDAT", packed, (uint32_t)count);
    add_chunk(file, "IEND", NULL, 0);
    return (struct picture){file->bytes, file->used};
}

// The whole content of a descriptor that was written to.
static size_t content(int fd, char **ret) {
    size_t count = 0;
    assert_int_equal(memory_read(fd, "output", 1u << 20, ret, &count, NULL), 0);
    return count;
}

// Decodes with libpng's simplified interface to RGBA.
static uint8_t *decode(int fd, uint32_t *ret_width, uint32_t *ret_height) {
    auto_free char *bytes = NULL;
    png_image image = {.version = PNG_IMAGE_VERSION};
    size_t count = content(fd, &bytes);
    assert_true(png_image_begin_read_from_memory(&image, bytes, count));
    image.format = PNG_FORMAT_RGBA;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_true(pixels && png_image_finish_read(&image, NULL, pixels, 0, NULL));
    *ret_width = image.width;
    *ret_height = image.height;
    return pixels;
}

struct warnings {
    uint32_t count, last;
    char text[ERR_MSG_BYTES];
};

static void keep_warning(void *context, uint32_t index, const char *text) {
    struct warnings *warnings = context;
    warnings->count++;
    warnings->last = index;
    snprintf(warnings->text, sizeof warnings->text, "%s", text);
}

static void b_pictures_are_stacked_in_order(void **state) {
    (void)state;
    static struct file files[3];
    uint32_t width, height;
    struct pictures_joined joined;
    struct picture pictures[3];
    for (uint8_t i = 0; i < 3; i++)
        pictures[i] = gray(&files[i], 3, 2, (uint8_t)(10 * i), 0);
    auto_fd int output = memory_new("output", 0, NULL);
    assert_int_equal(pictures_join(pictures, 3, &ceilings, output, NULL, NULL, &joined, NULL), 0);
    assert_int_equal(joined.pictures, 3);
    assert_int_equal(joined.spliced, 1);
    auto_free uint8_t *pixels = decode(output, &width, &height);
    assert_int_equal(joined.width, 3);
    assert_int_equal(joined.height, 6);
    assert_int_equal(width, 3);
    assert_int_equal(height, 6);
    for (uint32_t row = 0; row < 6; row++)
        assert_int_equal(pixels[row * 12], 10 * (row / 2));
}

static void b_a_later_first_row_that_needs_zeros_above_is_encoded_again(void **state) {
    (void)state;
    static struct file files[2];
    for (uint8_t filter = 0; filter <= 4; filter++) {
        struct pictures_joined joined;
        uint32_t width, height;
        struct picture pictures[2] = {gray(&files[0], 1, 1, 200, 4), gray(&files[1], 1, 1, 9, filter)};
        auto_fd int output = memory_new("output", 0, NULL);
        assert_int_equal(pictures_join(pictures, 2, &ceilings, output, NULL, NULL, &joined, NULL), 0);
        auto_free uint8_t *pixels = decode(output, &width, &height);
        assert_int_equal(joined.spliced, filter < 2);
        assert_int_equal(pixels[0], 200);
        assert_int_equal(pixels[4], 9);
    }
}

static void b_unusable_pictures_are_skipped_with_a_warning(void **state) {
    (void)state;
    static struct file files[2];
    struct warnings warnings = {0};
    struct pictures_joined joined;
    struct err err = {.reason = REASON_EXIT};
    struct picture pictures[] = {gray(&files[0], 3, 2, 1, 0), {NULL, 0}, gray(&files[1], 3, 2, 1, 0)};
    auto_fd int output = memory_new("output", 0, NULL);
    assert_int_equal(pictures_join(pictures, 3, &ceilings, output, keep_warning, &warnings, &joined, &err), 0);
    assert_int_equal(err.reason, REASON_EXIT);
    assert_int_equal(joined.pictures, 2);
    assert_int_equal(warnings.count, 1);
    assert_int_equal(warnings.last, 1);
    assert_string_equal(warnings.text, "expected a PNG file, found an empty one");
}

static void b_no_picture_gives_no_output(void **state) {
    (void)state;
    auto_free char *bytes = NULL;
    struct pictures_joined joined = {.pictures = 9};
    auto_fd int output = memory_new("output", 0, NULL);
    assert_int_equal(pictures_join(NULL, 0, &ceilings, output, NULL, NULL, &joined, NULL), 0);
    assert_int_equal(joined.pictures, 0);
    assert_int_equal(content(output, &bytes), 0);
}

static void c_output_that_cannot_be_written(void **state) {
    (void)state;
    static struct file files[2];
    struct err err;
    struct pictures_joined joined = {.pictures = 9};
    for (uint32_t width = 3; width < 5; width++) { // spliced, then encoded again
        struct picture pictures[] = {gray(&files[0], 3, 2, 1, 0), gray(&files[1], width, 2, 1, 0)};
        auto_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        assert_int_equal(pictures_join(pictures, 2, &ceilings, full, NULL, NULL, &joined, &err), -1);
        assert_int_equal(err.reason, REASON_INFRA);
        assert_string_equal(err.msg, "writing the joined picture: No space left on device");
    }
    assert_int_equal(joined.pictures, 9);
}

static void l_joined_picture_over_its_ceiling(void **state) {
    (void)state;
    static struct file files[2];
    struct err err;
    struct pictures_joined joined;
    struct codec_ceilings tiny = ceilings;
    tiny.bytes = 60;
    for (uint32_t width = 3; width < 5; width++) {
        struct picture pictures[] = {gray(&files[0], 3, 2, 1, 0), gray(&files[1], width, 2, 1, 0)};
        auto_fd int output = memory_new("output", 0, NULL);
        assert_int_equal(pictures_join(pictures, 2, &tiny, output, NULL, NULL, &joined, &err), -1);
        assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
        assert_string_equal(err.msg, "the joined picture is larger than its limit of 60 bytes");
    }
}

static void m_device_json_has_three_keys(void **state) {
    (void)state;
    auto_free char *text = NULL;
    const struct picture pictures[] = {{(const uint8_t *)"PNG", 3}, {(const uint8_t *)"PN", 2}};
    auto_fd int output = memory_new("output", 0, NULL);
    assert_int_equal(device_json_write(pictures, 2, "a\"\n\xff", 4, "", 0, output, NULL), 0);
    content(output, &text);
    assert_string_equal(text, "{\"Graphics Device\": [\"UE5H\",\"UE4=\"], \"Standard Output\": \"a\\\"\\n\\\\xff\", "
                              "\"Standard Error\": \"\"}\n");
}

static void c_device_json_output_that_cannot_be_written(void **state) {
    (void)state;
    struct err err;
    auto_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(device_json_write(NULL, 0, "", 0, "", 0, full, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "writing the device JSON: No space left on device");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_pictures_are_stacked_in_order),
        cmocka_unit_test(b_a_later_first_row_that_needs_zeros_above_is_encoded_again),
        cmocka_unit_test(b_unusable_pictures_are_skipped_with_a_warning),
        cmocka_unit_test(b_no_picture_gives_no_output),
        cmocka_unit_test(c_output_that_cannot_be_written),
        cmocka_unit_test(l_joined_picture_over_its_ceiling),
        cmocka_unit_test(m_device_json_has_three_keys),
        cmocka_unit_test(c_device_json_output_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
