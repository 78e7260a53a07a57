// SPDX-License-Identifier: Apache-2.0
#include "codec_map.h"
#include "quern/dataset.h"

enum { FD_SEGMENT, FD_OUTPUT };

int codec_child_text(struct codec_child *child, struct err *err) {
    struct codec_map segment;
    TRY(codec_map_segment(child, child->fds[FD_SEGMENT], &segment, err));
    TRY(dataset_text(segment.bytes, (char)child->request.separator, child->fds[FD_OUTPUT], &child->done.bytes, err));
    child->done.rows = segment_header(segment.bytes)->rows;
    child->done.columns = segment_header(segment.bytes)->columns;
    return 0;
}
