/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the machine has a processor to spare at this moment: work that nobody waits for is done then, or not at all.
 * False where it cannot be known.
 */
#ifndef QUERN_PYTHON_LEISURE_H
#define QUERN_PYTHON_LEISURE_H

#include <stdbool.h>

bool leisure_now(void);

/* The same of a line as /proc/loadavg has it, on a machine of so many processors. */
bool leisure_of(const char *line, int processors);

#endif
