/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How who calls a Redis waits while it does not answer, is full or read-only, or refuses us, and who writes to a store's
 * directory while its disk is full: what people or time may heal. An option of queues and stores, beside patience_ms.
 *
 * Calling sequence, of queues and stores: patience_begin() → what may be repeated → while it fails, patience_again().
 */
#ifndef QUERN_PATIENCE_H
#define QUERN_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

#define PATIENCE_FOR_EVER UINT32_MAX /* 49 days */

struct patience {
    /* Called before each pause of at most three seconds, with what is being waited for; false: the call gives up and fails
     * with it. NULL: it waits. */
    bool (*go_on)(void *context, const struct err *why);
    void *context; /* borrowed */
};

/* An error that may pass without our doing: Redis comes back, it or a disk gets room, or is set right by people. */
bool patience_passes(const struct err *why);

struct patience_wait {
    const struct patience *patience; /* borrowed */
    uint64_t end_ns;
    int pause_ms;
};

struct patience_wait patience_begin(const struct patience *patience, uint32_t patience_ms);
/* True, after a pause, the next one longer: try again. False: *why does not pass, or patience has ended. */
MUST_USE bool patience_again(struct patience_wait *wait, const struct err *why);

#endif
