// SPDX-License-Identifier: Apache-2.0
// Joins the PNG files of its command line, by splicing and by encoding again, in turns; medians of 21 rounds.
// benchmarks/pictures.py makes the files and measures Pillow beside it.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ops/visualization/png_join.h"
#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { PICTURES = 64, ROUNDS = 21, MEDIAN = 10 };

static const struct codec_ceilings ceilings = {.bytes = 1u << 30, .picture_side = 16384, .picture_pixels = 64u << 20};

struct run {
    const char *name;
    uint64_t ns[ROUNDS];
    uint64_t bytes;
};

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

static void check_only(const struct picture *pictures, uint32_t count, struct run *run, int round) {
    struct err err;
    struct png_view view;
    uint64_t start = clock_now_ns();
    for (uint32_t i = 0; i < count; i++)
        if (png_check(&pictures[i], &ceilings, &view, &err) < 0)
            die(err.msg);
    run->ns[round] = clock_now_ns() - start;
}

static void join(const struct picture *pictures, uint32_t count, struct run *run, int round) {
    struct err err;
    struct pictures_joined joined;
    auto_fd int output = memory_new("output", 0, NULL);
    uint64_t start = clock_now_ns();
    if (pictures_join(pictures, count, &ceilings, output, NULL, NULL, &joined, &err) < 0)
        die(err.msg);
    run->ns[round] = clock_now_ns() - start;
    run->bytes = joined.bytes;
}

static void encode(const struct picture *pictures, uint32_t count, struct run *run, int round) {
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
    run->ns[round] = clock_now_ns() - start;
    run->bytes = sink.total;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void report(struct run *run) {
    qsort(run->ns, ROUNDS, sizeof *run->ns, compare);
    printf("%s: %.1f ms (fastest %.1f), %llu bytes\n", run->name, (double)run->ns[MEDIAN] / 1e6,
           (double)run->ns[0] / 1e6, (unsigned long long)run->bytes);
}

int main(int argc, char **argv) {
    static struct picture pictures[PICTURES];
    struct run check = {.name = "validate only"}, joined = {.name = "join"}, encoded = {.name = "decode and encode"};
    uint32_t count = (uint32_t)argc - 1;
    if (count < 1 || count > PICTURES)
        die("expected 1 to 64 PNG files");
    for (uint32_t i = 0; i < count; i++)
        pictures[i] = read_file(argv[i + 1]);
    for (int round = 0; round < ROUNDS; round++) {
        check_only(pictures, count, &check, round);
        join(pictures, count, &joined, round);
        encode(pictures, count, &encoded, round);
    }
    report(&check);
    report(&joined);
    report(&encoded);
    return 0;
}
