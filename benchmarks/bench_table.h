/* SPDX-License-Identifier: Apache-2.0 */
/* A dataset like those of experiments: money, measurements, ids, times, a category, e-mail addresses. */
#ifndef QUERN_BENCH_TABLE_H
#define QUERN_BENCH_TABLE_H

#include <stdint.h>

/* A segment of about `bytes`, to be freed. Aborts on failure. */
void *bench_table(uint64_t bytes, uint64_t *ret_bytes);

#endif
