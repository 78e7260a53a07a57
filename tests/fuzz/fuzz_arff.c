// SPDX-License-Identifier: Apache-2.0
// Whatever the reader accepts must be a segment that the check accepts, in both profiles.
#include <stdlib.h>
#include <string.h>

#include "quern/dataset.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void decode(const uint8_t *bytes, size_t count, enum segment_profile profile) {
    const struct codec_ceilings ceilings = {.bytes = 4 << 20, .rows = 100000, .columns = 200};
    struct dataset_arff *arff;
    struct dataset_shape shape;
    struct err err;
    if (dataset_arff_open(bytes, count, profile, &ceilings, &arff, &err) < 0)
        return;
    dataset_arff_shape(arff, &shape);
    auto_free char *base = calloc(1, shape.bytes);
    if (!base)
        abort();
    int decoded = dataset_arff_decode(arff, base, &err);
    dataset_arff_close(arff);
    if (decoded == 0 && segment_check(base, shape.bytes, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    // Exactly as long as it says, so that a read beyond its end is seen.
    auto_free uint8_t *exact = malloc(count ? count : 1);
    if (!exact)
        abort();
    if (count)
        memcpy(exact, bytes, count);
    decode(exact, count, SEGMENT_PROFILE_NS);
    decode(exact, count, SEGMENT_PROFILE_UNITS);
    return 0;
}
