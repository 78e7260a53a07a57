// SPDX-License-Identifier: Apache-2.0
// Whatever the reader accepts must be a segment that the check accepts, in both profiles.
#include <stdlib.h>
#include <string.h>

#include "quern/dataset.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void decode(const uint8_t *bytes, size_t count, enum segment_profile profile) {
    const struct codec_ceilings ceilings = {.bytes = 4 << 20, .rows = 100000, .columns = 200};
    struct dataset_reader *reader;
    struct dataset_shape shape;
    struct err err;
    if (dataset_reader_open(bytes, count, profile, &ceilings, &reader, &err) < 0)
        return;
    dataset_reader_shape(reader, &shape);
    auto_free char *base = malloc(shape.bytes);
    if (!base)
        abort();
    memset(base, 0, shape.bytes);
    int decoded = dataset_reader_decode(reader, base, 1, &err);
    dataset_reader_close(reader);
    if (decoded == 0 && segment_check(base, shape.bytes, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    decode(bytes, count, SEGMENT_PROFILE_NS);
    decode(bytes, count, SEGMENT_PROFILE_UNITS);
    return 0;
}
