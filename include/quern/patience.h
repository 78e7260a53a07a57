/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How who calls a Redis waits while it does not answer, is full or read-only, or refuses us: what people or time may heal.
 * An option of queues and stores, beside patience_ms.
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

/* An error that may pass without our doing: Redis comes back, gets room, or is set right by people. */
bool patience_passes(const struct err *why);

#endif
