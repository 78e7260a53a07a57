// SPDX-License-Identifier: Apache-2.0
// Whatever the reader accepts must be a segment that the check accepts, in both profiles and however it is wished for.
#include <stdlib.h>
#include <string.h>

#include "quern/dataset.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void decode(const uint8_t *bytes, size_t count, const struct codec_wish *wish) {
    const struct codec_ceilings ceilings = {.bytes = 4 << 20, .rows = 100000, .columns = 200};
    struct dataset_reader *reader;
    struct dataset_shape shape;
    struct err err;
    if (dataset_reader_open_wish(bytes, count, wish, &ceilings, &reader, &err) < 0)
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
    static const struct codec_wish wishes[] = {
        {.profile = SEGMENT_PROFILE_NS},
        {.profile = SEGMENT_PROFILE_UNITS},
        {.profile = SEGMENT_PROFILE_NS, .decimals = CODEC_DECIMALS_TEXT, .share_texts = 1},
        {.profile = SEGMENT_PROFILE_NS, .columns = "x", .column_bytes = 2, .memory_bytes = 1 << 20, .share_texts = 1},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        decode(bytes, count, &wishes[i]);
    return 0;
}
