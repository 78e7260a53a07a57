// SPDX-License-Identifier: Apache-2.0
// Calls the picture library on files, for tests in other languages. Prints a JSON report.
//
//     png_join_tool [side=N] [pixels=N] [bytes=N] [device=FILE out=FILE err=FILE] OUTPUT PICTURE...
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/visualization.h"

struct options {
    struct codec_ceilings ceilings;
    const char *device, *out, *err;
};

static void die(const char *text) {
    fprintf(stderr, "png_join_tool: %s\n", text);
    exit(2);
}

static struct picture read_file(const char *path) {
    struct err err;
    char *bytes = NULL;
    size_t count = 0;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path);
    if (memory_read(fd, path, 1u << 30, &bytes, &count, &err) < 0)
        die(err.msg);
    return (struct picture){(const uint8_t *)bytes, count};
}

static int create_file(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        die(path);
    return fd;
}

static bool take_option(struct options *options, const char *argument) {
    const char *value = strchr(argument, '=');
    if (!value++)
        return false;
    if (strncmp(argument, "side=", 5) == 0)
        options->ceilings.picture_side = (uint32_t)strtoul(value, NULL, 10);
    else if (strncmp(argument, "pixels=", 7) == 0)
        options->ceilings.picture_pixels = strtoull(value, NULL, 10);
    else if (strncmp(argument, "bytes=", 6) == 0)
        options->ceilings.bytes = strtoull(value, NULL, 10);
    else if (strncmp(argument, "device=", 7) == 0)
        options->device = value;
    else if (strncmp(argument, "out=", 4) == 0)
        options->out = value;
    else if (strncmp(argument, "err=", 4) == 0)
        options->err = value;
    else
        return false;
    return true;
}

static void add_warning(void *context, uint32_t index, const char *text) {
    json_array_append_new(context, json_pack("[i, s]", (int)index, text));
}

static int write_device(const struct options *options, const struct picture *pictures, uint32_t count,
                        struct err *err) {
    struct picture out = read_file(options->out), err_text = read_file(options->err);
    auto_fd int fd = create_file(options->device);
    int result = device_json_write(pictures, count, (const char *)out.bytes, out.count, (const char *)err_text.bytes,
                                   err_text.count, fd, err);
    free((void *)(uintptr_t)out.bytes);
    free((void *)(uintptr_t)err_text.bytes);
    return result;
}

static json_t *run(const struct options *options, const char *output, const struct picture *pictures, uint32_t count) {
    struct err err = {0};
    struct pictures_joined joined = {0};
    json_t *warnings = json_array();
    auto_fd int fd = create_file(output);
    int result = pictures_join(pictures, count, &options->ceilings, fd, add_warning, warnings, &joined, &err);
    if (result == 0 && options->device)
        result = write_device(options, pictures, count, &err);
    if (result < 0)
        return json_pack("{s:s, s:s, s:o}", "reason", reason_word(err.reason), "error", err.msg, "warnings", warnings);
    return json_pack("{s:i, s:i, s:i, s:i, s:I, s:o}", "pictures", joined.pictures, "width", joined.width, "height",
                     joined.height, "spliced", joined.spliced, "bytes", (json_int_t)joined.bytes, "warnings", warnings);
}

int main(int argc, char **argv) {
    struct options options = {
        .ceilings = {.bytes = 1u << 30, .picture_side = 16384, .picture_pixels = 64u << 20},
    };
    int at = 1;
    while (at < argc && take_option(&options, argv[at]))
        at++;
    if (at == argc)
        die("expected an output file");
    uint32_t count = (uint32_t)(argc - at - 1);
    struct picture *pictures = calloc(count + 1, sizeof *pictures);
    if (!pictures)
        die("out of memory");
    for (uint32_t i = 0; i < count; i++)
        pictures[i] = read_file(argv[at + 1 + (int)i]);
    json_t *report = run(&options, argv[at], pictures, count);
    json_dumpf(report, stdout, 0);
    json_decref(report);
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)pictures[i].bytes);
    free(pictures);
    return 0;
}
