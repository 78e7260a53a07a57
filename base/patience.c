// SPDX-License-Identifier: Apache-2.0
#include "quern/patience.h"

#include <poll.h>

#include "quern/clock.h"

enum { PAUSE_FIRST_MS = 50, PAUSE_MAX_MS = 2000 };

bool patience_passes(const struct err *err) {
    return err->reason == REASON_UNREACHABLE || err->reason == REASON_UNWRITABLE || err->reason == REASON_DENIED ||
           err->reason == REASON_CONFIG;
}

struct patience_wait patience_begin(const struct patience *patience, uint32_t patience_ms) {
    return (struct patience_wait){patience, clock_now_ns() + patience_ms * 1000000ull, PAUSE_FIRST_MS};
}

bool patience_again(struct patience_wait *wait, const struct err *why) {
    const struct patience *patience = wait->patience;
    if (!patience_passes(why) || clock_now_ns() >= wait->end_ns ||
        (patience->go_on && !patience->go_on(patience->context, why)))
        return false;
    poll(NULL, 0, wait->pause_ms / 2 + (int)(clock_now_ns() / 1000 % (uint64_t)wait->pause_ms));
    wait->pause_ms = wait->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : wait->pause_ms * 2;
    return true;
}
