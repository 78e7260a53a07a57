/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel itself keeps of the mappings of a job's processes: memory that is no process's and in no figure of /proc. After
 * a fork each mapping is linked with those of all ancestors: a few dozen forks in a row of a process with 65530 mappings, the
 * most that Linux gives one, are gigabytes.
 */
#ifndef DAEMON_TREE_MAPPINGS_H
#define DAEMON_TREE_MAPPINGS_H

#include "tree_processes.h"

/* An estimate, in bytes, of what is beyond the mappings of ordinary processes; no larger than about `enough_bytes`. Costs
 * 0.5 us per mapping, 0.4 ms for a process with pandas. */
MUST_USE int tree_mappings_weigh(const struct tree_processes *processes, uint64_t enough_bytes, uint64_t *ret_bytes,
                                 struct err *err);

#endif
