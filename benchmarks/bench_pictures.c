// SPDX-License-Identifier: Apache-2.0
// bench_pictures FILE...: joins PNG files, by splicing and by encoding again. Rounds: rounds.h.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ops/visualization/png_join.h"
#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "rounds.h"

enum { PICTURES = 64 };

static const struct codec_ceilings ceilings = {.bytes = 1u << 30, .picture_side = 16384, .picture_pixels = 64u << 20};

static void die(const char *text) {
    fprintf(stderr, "bench_pictures: %s\n", text);
    exit(1);
}

static struct picture read_file(const char *path) {
    struct err err;
    char *bytes = NULL;
    size_t count = 0;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || memory_read(fd, path, 1u << 30, &bytes, &count, &err) < 0)
        die(path);
    return (struct picture){(const uint8_t *)bytes, count};
}

static void check_only(const struct picture *pictures, uint32_t count) {
    struct err err;
    struct png_view view;
    uint64_t start = clock_now_ns();
    for (uint32_t i = 0; i < count; i++)
        if (png_check(&pictures[i], &ceilings, &view, &err) < 0)
            die(err.msg);
    rounds_since("validate only", start);
}

static void join(const struct picture *pictures, uint32_t count) {
    struct err err;
    struct pictures_joined joined;
    auto_fd int output = memory_new("output", 0, NULL);
    uint64_t start = clock_now_ns();
    if (pictures_join(pictures, count, &ceilings, output, NULL, NULL, &joined, &err) < 0)
        die(err.msg);
    rounds_since("join", start);
}

static void encode(const struct picture *pictures, uint32_t count) {
    struct err err;
    struct png_view views[PICTURES];
    struct sink sink;
    uint32_t width = 0, height = 0;
    auto_fd int output = memory_new("output", 0, NULL);
    uint64_t start = clock_now_ns();
    for (uint32_t i = 0; i < count; i++) {
        if (png_check(&pictures[i], &ceilings, &views[i], &err) < 0)
            die(err.msg);
        width = views[i].width > width ? views[i].width : width;
        height += views[i].height;
    }
    sink_open(&sink, output, "the joined picture", ceilings.bytes);
    if (png_reencode(views, count, width, height, &sink, &err) < 0 || sink_flush(&sink, &err) < 0)
        die(err.msg);
    rounds_since("decode and encode", start);
}

int main(int argc, char **argv) {
    static struct picture pictures[PICTURES];
    uint32_t count = (uint32_t)argc - 1;
    if (count < 1 || count > PICTURES)
        die("expected 1 to 64 PNG files");
    for (uint32_t i = 0; i < count; i++)
        pictures[i] = read_file(argv[i + 1]);
    while (rounds_wait()) {
        check_only(pictures, count);
        join(pictures, count);
        encode(pictures, count);
        rounds_end();
    }
    return 0;
}
