// SPDX-License-Identifier: Apache-2.0
#include "quern/codec.h"
#include "quern/segment.h"

void codec_ceilings_default(struct codec_ceilings *ceilings) {
    *ceilings = (struct codec_ceilings){
        .bytes = (uint64_t)1 << 40,
        .rows = (uint64_t)1 << 36,
        .columns = SEGMENT_MAX_COLUMNS,
        .picture_side = 32767,
        .picture_pixels = (uint64_t)1 << 28,
    };
}
