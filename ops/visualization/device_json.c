// SPDX-License-Identifier: Apache-2.0
#include "quern/visualization.h"

#include <string.h>

#include "quern/utf8.h"
#include "sink.h"

enum { BASE64_TRIPLES = 1024 };

static int put_text(struct sink *sink, const char *text, struct err *err) {
    return sink_put(sink, text, strlen(text), err);
}

static void base64_triple(const uint8_t *bytes, size_t count, char quad[4]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = (uint32_t)bytes[0] << 16;
    bits |= count > 1 ? (uint32_t)bytes[1] << 8 : 0;
    bits |= count > 2 ? (uint32_t)bytes[2] : 0;
    for (size_t i = 0; i < 4; i++)
        quad[i] = i <= count ? digits[bits >> (18 - 6 * i) & 63] : '=';
}

static int put_base64(struct sink *sink, const struct picture *picture, struct err *err) {
    char quads[4 * BASE64_TRIPLES];
    size_t at = 0;
    while (at < picture->count) {
        size_t used = 0;
        for (; used < sizeof quads && at < picture->count; used += 4, at += 3)
            base64_triple(picture->bytes + at, picture->count - at, quads + used);
        TRY(sink_put(sink, quads, used, err));
    }
    return 0;
}

static int put_pictures(struct sink *sink, const struct picture *pictures, uint32_t count, struct err *err) {
    for (uint32_t i = 0; i < count; i++) {
        TRY(put_text(sink, i ? ",\"" : "\"", err));
        TRY(put_base64(sink, &pictures[i], err));
        TRY(put_text(sink, "\"", err));
    }
    return 0;
}

// Writes the escape of one byte that cannot stand in a JSON string as it is.
static int put_escape(struct sink *sink, uint8_t byte, struct err *err) {
    static const char *const named[] = {['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
                                        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    char text[8];
    if (byte < sizeof named / sizeof *named && named[byte])
        return put_text(sink, named[byte], err);
    snprintf(text, sizeof text, byte < 0x80 ? "\\u%04x" : "\\\\x%02x", byte);
    return put_text(sink, text, err);
}

// Bytes at the start of `text` that stand in a JSON string as they are; 0: the first one needs an escape.
static size_t plain_length(const char *text, size_t count) {
    if ((unsigned char)text[0] < 0x20 || text[0] == '"' || text[0] == '\\')
        return 0;
    return utf8_next(text, count);
}

static int put_string(struct sink *sink, const char *text, size_t count, struct err *err) {
    TRY(put_text(sink, "\"", err));
    for (size_t at = 0; at < count;) {
        size_t plain = 0, step;
        while (at + plain < count && (step = plain_length(text + at + plain, count - at - plain)) > 0)
            plain += step;
        TRY(sink_put(sink, text + at, plain, err));
        at += plain;
        if (at < count)
            TRY(put_escape(sink, (uint8_t)text[at++], err));
    }
    return put_text(sink, "\"", err);
}

int device_json_write(const struct picture *pictures, uint32_t count, const char *out_text, size_t out_bytes,
                      const char *err_text, size_t err_bytes, int output, struct err *err) {
    struct sink sink;
    sink_open(&sink, output, "the device JSON", UINT64_MAX);
    TRY(put_text(&sink, "{\"Graphics Device\": [", err));
    TRY(put_pictures(&sink, pictures, count, err));
    TRY(put_text(&sink, "], \"Standard Output\": ", err));
    TRY(put_string(&sink, out_text, out_bytes, err));
    TRY(put_text(&sink, ", \"Standard Error\": ", err));
    TRY(put_string(&sink, err_text, err_bytes, err));
    TRY(put_text(&sink, "}\n", err));
    return sink_flush(&sink, err);
}
