/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the price list of the jail (benchmarks/): jail_prepare() up to one of its steps and no further. Who stops there is
 * not jailed.
 */
#ifndef QUERN_JAIL_PREPARE_PART_H
#define QUERN_JAIL_PREPARE_PART_H

#include <stddef.h>

#include "quern/jail.h"

/* The names of the steps, in their order. */
extern const char *const jail_step_names[];
extern const size_t jail_step_count;

/* The first `steps` of them. *ret_work_dir is -1 when there is none yet. */
MUST_USE int jail_prepare_part(const struct jail *jail, uint32_t slot, const struct jail_limits *limits,
                               const int *keep, size_t keep_count, size_t steps, int *ret_work_dir, struct err *err);

#endif
