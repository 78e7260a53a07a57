// SPDX-License-Identifier: Apache-2.0
#include "quern/clock.h"

#include <sys/random.h>

int clock_poll_ms(uint64_t deadline_ns) {
    if (deadline_ns == CLOCK_NEVER)
        return -1;
    uint64_t now = clock_now_ns();
    if (deadline_ns <= now)
        return 0;
    uint64_t ms = (deadline_ns - now + 999999u) / 1000000u;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

uint64_t clock_deadline_ns(uint64_t ms) {
    if (ms == 0 || ms > UINT64_MAX / 1000000u / 2)
        return CLOCK_NEVER;
    return clock_now_ns() + ms * 1000000u;
}

uint64_t clock_jitter_ns(uint64_t ms) {
    uint64_t ns = ms * 1000000u, tenth = ns / 10, dice = 0;
    if (getrandom(&dice, sizeof dice, 0) != sizeof dice || tenth == 0)
        return ns;
    return ns - tenth + dice % (2 * tenth);
}
