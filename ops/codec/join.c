// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "codec_child.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/visualization.h"

enum { FD_OUTPUT, FD_PICTURES };

static void warn(void *context, uint32_t index, const char *text) { codec_child_warn(context, index, text); }

// Read, not mapped: a picture that somebody still writes to is then at worst a broken one. The copies end with the
// process.
static int read_pictures(const struct codec_child *child, struct picture *pictures, size_t count, struct err *err) {
    uint64_t left = child->request.ceilings.bytes;
    for (size_t i = 0; i < count; i++) {
        char what[32], *bytes;
        snprintf(what, sizeof what, "picture %zu", i + 1);
        if (memory_read(child->fds[FD_PICTURES + i], what, left, &bytes, &pictures[i].count, err) < 0) {
            if (err->reason == REASON_BAD_INPUT)
                err->reason = REASON_BAD_RESULT;
            return -1;
        }
        pictures[i].bytes = (const uint8_t *)bytes;
        left -= pictures[i].count;
    }
    return 0;
}

int codec_child_join(struct codec_child *child, struct err *err) {
    struct picture pictures[CODEC_MAX_PICTURES];
    struct pictures_joined joined;
    uint32_t count = (uint32_t)(child->fd_count - FD_PICTURES);
    TRY(read_pictures(child, pictures, count, err));
    TRY(pictures_join(pictures, count, &child->request.ceilings, child->fds[FD_OUTPUT], warn, child, &joined, err));
    child->done.pictures = joined.pictures;
    child->done.width = joined.width;
    child->done.height = joined.height;
    child->done.bytes = joined.bytes;
    return 0;
}
