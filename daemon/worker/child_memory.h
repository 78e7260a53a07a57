/* SPDX-License-Identifier: Apache-2.0 */
/* What a living child holds for itself alone, read from its smaps; or, where it maps no segments, from their sum, which costs
 * a fifth. MANIFEST_UNKNOWN when the kernel does not tell: an ordinary user may not look into the jail. */
#ifndef DAEMON_CHILD_MEMORY_H
#define DAEMON_CHILD_MEMORY_H

#include "child.h"

void child_memory_measure(int pidfd, bool segments, struct child_memory *ret);

#endif
