// SPDX-License-Identifier: Apache-2.0
#include "codec_map.h"
#include "quern/segment.h"

enum { FD_SEGMENT };

int codec_child_check(struct codec_child *child, struct err *err) {
    struct codec_map segment;
    TRY(codec_map_segment(child, child->fds[FD_SEGMENT], &segment, err));
    const struct segment_header *header = segment_header(segment.bytes);
    child->done.bytes = header->total_bytes;
    child->done.rows = header->rows;
    child->done.columns = header->columns;
    return 0;
}
