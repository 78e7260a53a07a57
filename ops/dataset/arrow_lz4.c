// SPDX-License-Identifier: Apache-2.0
#include "arrow_lz4.h"

#include <lz4frame.h>

bool arrow_lz4_known(void) { return true; }

void arrow_lz4_done(void *context) { LZ4F_freeDecompressionContext(context); }

// A frame that wants more room than there is would go on without writing: full, but not finished.
static const char *inflate(LZ4F_dctx *context, const uint8_t *frame, size_t frame_bytes, uint8_t *to, size_t count) {
    size_t read = 0, written = 0;
    for (;;) {
        size_t from = frame_bytes - read, room = count - written;
        size_t hint = LZ4F_decompress(context, to + written, &room, frame + read, &from, NULL);
        if (LZ4F_isError(hint))
            return LZ4F_getErrorName(hint);
        read += from;
        written += room;
        if (hint == 0)
            return written < count ? "the frame has fewer bytes" : read < frame_bytes ? "bytes behind the frame" : NULL;
        if (from == 0 && room == 0)
            return written == count ? "the frame has more bytes" : "the frame is cut";
    }
}

const char *arrow_lz4_inflate(void **context, const uint8_t *frame, size_t frame_bytes, void *to, size_t count) {
    LZ4F_dctx *made = *context;
    uint8_t nowhere;
    if (!made && LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)))
        return "out of memory for its context";
    *context = made;
    LZ4F_resetDecompressionContext(made);
    return inflate(made, frame, frame_bytes, count ? to : &nowhere, count);
}

bool arrow_lz4_prefix(void **context, const uint8_t *frame, size_t frame_bytes, void *to, size_t count) {
    LZ4F_dctx *made = *context;
    size_t read = 0, written = 0;
    if (!made && LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)))
        return false;
    *context = made;
    LZ4F_resetDecompressionContext(made);
    while (written < count) {
        size_t from = frame_bytes - read, room = count - written;
        size_t hint = LZ4F_decompress(made, (uint8_t *)to + written, &room, frame + read, &from, NULL);
        if (LZ4F_isError(hint) || (from == 0 && room == 0))
            return false;
        read += from;
        written += room;
    }
    return true;
}
