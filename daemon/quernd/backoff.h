/* SPDX-License-Identifier: Apache-2.0 */
/* When a process that ended is started again: at once if it lived long, else later and later, up to half a minute, or less
 * where others cannot wait so long for it. */
#ifndef DAEMON_BACKOFF_H
#define DAEMON_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/clock.h"

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MOST_MS 30000u
#define BACKOFF_LONG_MS 60000u /* a life this long has proved itself */

struct backoff {
    uint64_t born_ns;
    uint64_t next_ns; /* not before */
    uint32_t pause_ms;
    uint32_t most_ms; /* 0: BACKOFF_MOST_MS */
};

static inline void backoff_born(struct backoff *backoff) { backoff->born_ns = clock_now_ns(); }

/* It has done what it is there for. */
static inline void backoff_proved(struct backoff *backoff) { backoff->pause_ms = 0; }

static inline void backoff_died(struct backoff *backoff) {
    uint64_t now = clock_now_ns();
    if (now - backoff->born_ns > (uint64_t)BACKOFF_LONG_MS * 1000000)
        backoff->pause_ms = 0;
    backoff->next_ns = now + (uint64_t)backoff->pause_ms * 1000000;
    if (backoff->pause_ms == 0)
        backoff->pause_ms = BACKOFF_FIRST_MS;
    else
        backoff->pause_ms *= 2;
    uint32_t most_ms = backoff->most_ms ? backoff->most_ms : BACKOFF_MOST_MS;
    if (backoff->pause_ms > most_ms)
        backoff->pause_ms = most_ms;
}

static inline bool backoff_due(const struct backoff *backoff, uint64_t now_ns) { return now_ns >= backoff->next_ns; }

#endif
