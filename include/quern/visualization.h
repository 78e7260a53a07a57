/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures: PNG files joined vertically into one, and the device JSON.
 *
 * pictures_join() takes hostile PNG bytes, in the order given. Where the headers allow it (equal but for height, no
 * palette, not interlaced) the compressed data is spliced after every byte was validated; otherwise libpng decodes and
 * re-encodes. Unequal widths are padded on the right, transparent if any picture has alpha, else white. A picture that
 * cannot be used is skipped with a warning that says why; no usable picture is not an error (pictures 0, no output).
 * Pixel-identical: what libpng decodes from the result is what it decodes from the parts, at the depth of the deepest.
 * Only pixels are kept: gamma, colour profiles, physical sizes, texts, animation frames and what stands behind the end
 * of a file are dropped. The same pictures give the same bytes. After a failure the content of `output` means nothing.
 *
 * Errors: REASON_LIMIT_OUTPUT for the joined picture, REASON_INFRA for the output. Runs in quern-codec.
 */
#ifndef QUERN_VISUALIZATION_H
#define QUERN_VISUALIZATION_H

#include <stddef.h>
#include <stdint.h>

#include "quern/codec.h"

struct picture {
    const uint8_t *bytes; /* borrowed */
    size_t count;
};

struct pictures_joined {
    uint32_t pictures; /* joined; the others were skipped */
    uint32_t width, height;
    uint32_t spliced; /* 1: no pixel was re-encoded */
    uint64_t bytes;
};

typedef void picture_warn_fn(void *context, uint32_t index, const char *text);

MUST_USE int pictures_join(const struct picture *pictures, uint32_t count, const struct codec_ceilings *ceilings,
                           int output, picture_warn_fn *warn, void *context, struct pictures_joined *ret,
                           struct err *err);

/*
 * The device JSON of Azure ML: {"Graphics Device": [base64 PNG, ...], "Standard Output": text, "Standard Error": text}.
 * `pictures` must have been validated (those that pictures_join() did not skip). Text that is not UTF-8 is escaped as
 * \xNN. Trusted side: it only copies bytes.
 */
MUST_USE int device_json_write(const struct picture *pictures, uint32_t count, const char *out_text, size_t out_bytes,
                               const char *err_text, size_t err_bytes, int output, struct err *err);

#endif
