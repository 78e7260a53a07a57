// SPDX-License-Identifier: Apache-2.0
// Arrow files in on stdin, what reader, check and writer make of each out on stdout, without a process per file: the tool
// behind tests/interop/random_frames.py and mutated_files.py.
//     request: one byte, the profile ('n' or 'u'); one byte, decimals ('f' or 't'); one byte, columns ('a' all or 's' some);
//              u32 count, little-endian; their names, each with its NUL; u32 count; the file
//     reply:   one byte, 'o' written, 'r' refused, 'b' broken segment; u32 count; the file written, or `reason: message`
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"

static const struct codec_ceilings ceilings = {.bytes = 256u << 20, .rows = 10000000, .columns = 20000};

static void close_reader(struct dataset_reader **reader) { dataset_reader_close(*reader); }

// 'o', 'r' or 'b'; *ret: the segment.
static char decode(const void *file, size_t bytes, const struct codec_wish *wish, void **ret, struct err *err) {
    __attribute__((cleanup(close_reader))) struct dataset_reader *reader = NULL;
    struct dataset_shape shape;
    if (dataset_reader_open_wish(file, bytes, wish, &ceilings, &reader, err) < 0)
        return 'r';
    dataset_reader_shape(reader, &shape);
    // Not a byte more than was asked for, so that a sanitizer sees each that is written beyond.
    auto_free void *base = NULL;
    if (posix_memalign(&base, SEGMENT_ALIGN, shape.bytes) != 0)
        abort();
    memset(base, 0, shape.bytes);
    if (dataset_reader_decode(reader, base, 2, err) < 0)
        return 'r';
    if (segment_check(base, shape.bytes, err) < 0)
        return 'b';
    *ret = steal_ptr(&base);
    return 'o';
}

static void reply(char verdict, const char *bytes, size_t count) {
    uint32_t head = (uint32_t)count;
    fputc(verdict, stdout);
    fwrite(&head, sizeof head, 1, stdout);
    fwrite(bytes, 1, count, stdout);
    fflush(stdout);
}

static void reply_error(char verdict, const struct err *err) {
    char text[sizeof err->msg + 64];
    int count = snprintf(text, sizeof text, "%s: %s", reason_word((enum reason)err->reason), err->msg);
    reply(verdict, text, (size_t)count);
}

static void reply_written(const void *segment) {
    auto_free char *file = NULL;
    size_t count;
    uint64_t written;
    struct err err;
    auto_fd int output = memory_new("output", 0, &err);
    if (output < 0 || dataset_write(segment, output, 0, 2, &written, &err) < 0 ||
        memory_read(output, "output", (size_t)1 << 30, &file, &count, &err) < 0)
        reply_error('b', &err);
    else
        reply('o', file, count);
}

static void serve(const void *file, size_t bytes, const struct codec_wish *wish) {
    struct err err;
    auto_free void *segment = NULL;
    char verdict = decode(file, bytes, wish, &segment, &err);
    if (verdict == 'o')
        reply_written(segment);
    else
        reply_error(verdict, &err);
}

// What stands behind its count on stdin. NULL: nothing more comes.
static char *take_bytes(uint32_t *ret_count) {
    if (fread(ret_count, sizeof *ret_count, 1, stdin) != 1)
        return NULL;
    auto_free char *bytes = malloc(*ret_count ? *ret_count : 1);
    return bytes && fread(bytes, 1, *ret_count, stdin) == *ret_count ? steal_ptr(&bytes) : NULL;
}

int main(void) {
    char asked[3];
    while (fread(asked, sizeof asked, 1, stdin) == 1) {
        uint32_t name_bytes = 0, bytes = 0;
        auto_free char *names = take_bytes(&name_bytes);
        auto_free char *file = names ? take_bytes(&bytes) : NULL;
        if (!file)
            return 2;
        const struct codec_wish wish = {
            .profile = asked[0] == 'n' ? SEGMENT_PROFILE_NS : SEGMENT_PROFILE_UNITS,
            .decimals = asked[1] == 't' ? CODEC_DECIMALS_TEXT : CODEC_DECIMALS_FLOAT,
            .columns = asked[2] == 's' ? names : NULL,
            .column_bytes = name_bytes,
        };
        serve(file, bytes, &wish);
    }
    return 0;
}
