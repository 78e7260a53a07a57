/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which queue the next claim is for. A queue that is ready is worth a claim until one finds nothing there and no wake-up
 * came since that claim was let go: so no wake-up is lost, and nobody asks an empty queue again and again.
 *
 * Calling sequence: turns_next() → turns_claim() gives a number that comes back with turns_nothing(). Plain data.
 */
#ifndef DAEMON_TURNS_H
#define DAEMON_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/settings.h"

#define TURNS_NONE UINT32_MAX

struct turns_queue {
    bool ready;
    bool worth;       /* a claim may find something */
    uint64_t wakeups; /* so far */
};

struct turns {
    uint32_t count;
    struct turns_queue queues[SETTINGS_MAX_QUEUES]; /* in order of preference */
};

void turns_init(struct turns *turns, uint32_t count);
uint32_t turns_next(const struct turns *turns); /* or TURNS_NONE */

/* There may be something: somebody submitted, or a claim gave a job and there may be more. */
void turns_wake(struct turns *turns, uint32_t queue);
void turns_ready(struct turns *turns, uint32_t queue, bool ready);

uint64_t turns_claim(const struct turns *turns, uint32_t queue);
void turns_nothing(struct turns *turns, uint32_t queue, uint64_t claim);

#endif
