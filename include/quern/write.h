/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to the end: write(2) may take less than it is given, or be interrupted. */
#ifndef QUERN_WRITE_H
#define QUERN_WRITE_H

#include <stddef.h>

#include "quern/err.h"

/* 0, or -1 with errno; how much was written before is not told. */
MUST_USE int write_all(int fd, const void *bytes, size_t count);

#endif
