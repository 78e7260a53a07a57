// SPDX-License-Identifier: Apache-2.0
// Bytes that pass segment_check() can be written and shown, whatever they are.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void must(int result, const struct err *err) {
    if (result >= 0)
        return;
    fprintf(stderr, "%s\n", err->msg);
    abort();
}

static int output(void) {
    struct err err;
    int fd = memory_new("output", 0, &err);
    must(fd, &err);
    return fd;
}

static void write_all(const void *segment) {
    struct err err;
    uint64_t written;
    auto_fd int arrow = output(), head = output(), profile = output(), text = output();
    must(dataset_write(segment, arrow, 0, 1, &written, &err), &err);
    if (lseek(arrow, 0, SEEK_END) != (off_t)written)
        abort();
    must(dataset_head(segment, 3, head, &written, &err), &err);
    if (lseek(head, 0, SEEK_END) != (off_t)written)
        abort();
    must(dataset_text(segment, ',', text, &written, &err), &err);
    if (lseek(text, 0, SEEK_END) != (off_t)written)
        abort();
    must(dataset_profile(segment, 1, profile, &written, &err), &err);
    if (lseek(profile, 0, SEEK_END) != (off_t)written)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    auto_free void *segment = aligned_alloc(SEGMENT_ALIGN, (count + SEGMENT_ALIGN) / SEGMENT_ALIGN * SEGMENT_ALIGN);
    if (!segment)
        return 0;
    memcpy(segment, bytes, count);
    if (segment_check(segment, count, NULL) == 0)
        write_all(segment);
    return 0;
}
