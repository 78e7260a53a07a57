/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ctrl-C, counted instead of dying of it.
 *
 *     interrupts_open(&interrupts) → interrupts_taken() now and then → interrupts_close()
 *
 * Between open and close SIGINT and SIGTERM are blocked and wait in a descriptor that is readable (poll) while there are
 * some. The process must have one thread.
 */
#ifndef QUERN_CLI_INTERRUPTS_H
#define QUERN_CLI_INTERRUPTS_H

#include <signal.h>

#include "cli/refusal.h"

struct interrupts {
    int fd; /* owned; -1: closed */
    sigset_t before;
};

MUST_USE int interrupts_open(struct interrupts *ret, struct refusal *refusal);
/* How many came since the last call. */
unsigned interrupts_taken(const struct interrupts *interrupts);
/* Waits for one; how many came. */
unsigned interrupts_wait(const struct interrupts *interrupts, int ms);
void interrupts_close(struct interrupts *interrupts);

#endif
