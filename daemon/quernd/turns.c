// SPDX-License-Identifier: Apache-2.0
#include "turns.h"

void turns_init(struct turns *turns, uint32_t count) { *turns = (struct turns){.count = count}; }

uint32_t turns_next(const struct turns *turns) {
    for (uint32_t i = 0; i < turns->count; i++)
        if (turns->queues[i].ready && turns->queues[i].worth)
            return i;
    return TURNS_NONE;
}

void turns_wake(struct turns *turns, uint32_t queue) {
    turns->queues[queue].worth = true;
    turns->queues[queue].wakeups++;
}

void turns_ready(struct turns *turns, uint32_t queue, bool ready) {
    if (ready && !turns->queues[queue].ready)
        turns_wake(turns, queue);
    turns->queues[queue].ready = ready;
}

uint64_t turns_claim(const struct turns *turns, uint32_t queue) { return turns->queues[queue].wakeups; }

void turns_nothing(struct turns *turns, uint32_t queue, uint64_t claim) {
    if (turns->queues[queue].wakeups == claim)
        turns->queues[queue].worth = false;
}
