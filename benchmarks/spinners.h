/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load of one's own: a process per processor that does nothing but count, stopped until it is wanted. They die with their
 * parent.
 *
 *     spinners_start() → spinners_go() → … → spinners_rest() → spinners_end()
 */
#ifndef QUERN_BENCH_SPINNERS_H
#define QUERN_BENCH_SPINNERS_H

#include <sys/types.h>

#include "quern/err.h"

enum { SPINNERS_MOST = 64 };

struct spinners {
    pid_t pids[SPINNERS_MOST];
    int count;
};

MUST_USE int spinners_start(struct spinners *spinners, struct err *err);
void spinners_go(const struct spinners *spinners);
void spinners_rest(const struct spinners *spinners);
void spinners_end(const struct spinners *spinners);

#endif
