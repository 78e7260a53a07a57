/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZ4 frames, where liblz4 was found when quern was built: arrow_lz4.c, else arrow_no_lz4.c.
 *
 * Calling sequence: arrow_lz4_known() → arrow_lz4_inflate() with a context that begins as NULL → arrow_lz4_done().
 */
#ifndef DATASET_ARROW_LZ4_H
#define DATASET_ARROW_LZ4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

bool arrow_lz4_known(void);

/* Decompresses one whole frame into exactly `count` bytes. NULL, or in words what is wrong with the frame, which lives
 * as long as the program. `*context` is made when it is needed. */
const char *arrow_lz4_inflate(void **context, const uint8_t *frame, size_t frame_bytes, void *to, size_t count);
/* Only the first `count` bytes; false: they cannot be had. */
bool arrow_lz4_prefix(void **context, const uint8_t *frame, size_t frame_bytes, void *to, size_t count);
void arrow_lz4_done(void *context);

#endif
