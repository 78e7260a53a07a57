/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The price list: what each barrier around a child adds to fork, exit and reaping of a small C program, one by one in their
 * order, and all together. In a zygote's namespaces.
 */
#ifndef QUERN_BENCH_JAIL_PRICES_H
#define QUERN_BENCH_JAIL_PRICES_H

#include "quern/jail.h"

/* One sample of each; the labels begin with `when`. Written to `out` as of rounds.h. */
MUST_USE int jail_prices(const struct jail *jail, const char *when, int out, struct err *err);

#endif
