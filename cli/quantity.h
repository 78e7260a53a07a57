/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations and sizes as people write them: a whole number and a unit, nothing before, between or behind.
 *
 *     500ms 60s 5m 2h 1d          a duration has a unit
 *     1073741824 512M 2G 1GiB     a size without one is in bytes; K M G T and KiB MiB GiB TiB are powers of 1024
 *
 * Returns 0, or -1 with `ret` untouched and a way to write it in `better` ("4G" for "4GG").
 */
#ifndef QUERN_CLI_QUANTITY_H
#define QUERN_CLI_QUANTITY_H

#include <stdint.h>

#include "quern/err.h"

#define QUANTITY_BYTES 32

MUST_USE int quantity_duration(const char *text, uint64_t *ret_ms, char better[QUANTITY_BYTES]);
MUST_USE int quantity_size(const char *text, uint64_t *ret_bytes, char better[QUANTITY_BYTES]);

/* "0.42 s", "12 min 3 s"; "80.0 MB" (powers of 1000, as disks and files are told). Return `text`. */
const char *quantity_show_duration(uint64_t us, char text[QUANTITY_BYTES]);
const char *quantity_show_bytes(uint64_t bytes, char text[QUANTITY_BYTES]);
/* "1,000,000" */
const char *quantity_show_count(uint64_t count, char text[QUANTITY_BYTES]);

#endif
