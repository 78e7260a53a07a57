/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a zygote's children wait for a job: those that have come as far as to read from their conversation. */
#ifndef QUERN_HOST_WAITING_H
#define QUERN_HOST_WAITING_H

#include "tests/unit/host_harness.h"

enum { HARNESS_MOST = 64 };

/* The zygote's own children: for each of ours, its init and itself. */
struct harness_listed {
    int count;
    int pids[HARNESS_MOST];
};

MUST_USE int harness_list(const struct harness *harness, struct harness_listed *ret, struct err *err);
bool harness_has(const struct harness_listed *listed, int pid);
bool harness_is_waiting(int pid);

/* Waits until `count` of them wait, at most HARNESS_MS. */
MUST_USE int harness_await_waiting(const struct harness *harness, int count, struct err *err);

#endif
