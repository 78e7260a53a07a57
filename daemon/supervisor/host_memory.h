/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much memory a new segment may take now: what the machine has available and what the control groups that we are in
 * still allow, whichever is less, but for a tenth that is left to everything else. Units: bytes.
 */
#ifndef DAEMON_HOST_MEMORY_H
#define DAEMON_HOST_MEMORY_H

#include <stdint.h>

/* `proc`: "/proc"; `cgroups`: "/sys/fs/cgroup". A machine that tells nothing is taken to have 1 GiB. */
uint64_t host_memory_free(const char *proc, const char *cgroups);

#endif
