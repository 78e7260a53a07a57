// SPDX-License-Identifier: Apache-2.0
#include "renewal.h"

#include "quern/own.h"

static bool is_old(const struct peer *zygote, uint64_t now_ns) {
    return (zygote->renew_jobs && zygote->jobs >= zygote->renew_jobs) ||
           (zygote->renew_ms && now_ns - zygote->born_ns >= zygote->renew_ms * 1000000);
}

bool renewal_due(const struct supervisor *supervisor, uint32_t environment, uint64_t now_ns) {
    const struct renewal *renewal = &supervisor->renewals[environment];
    const struct peer *zygote = &supervisor->zygotes[environment];
    return zygote->state == PEER_UP && renewal->successor.state == PEER_DOWN && renewal->retired.state == PEER_DOWN &&
           is_old(zygote, now_ns);
}

int renewal_begin(struct supervisor *supervisor, uint32_t environment, struct err *err) {
    struct peer *successor = &supervisor->renewals[environment].successor;
    peer_like(successor, &supervisor->zygotes[environment]);
    return peer_start(successor, err);
}

// Nobody may have asked it for a child yet who is not told to ask the successor.
static void retire(struct peer *zygote, struct peer *retired) {
    if (zygote->state != PEER_UP) {
        peer_stop(zygote);
        return;
    }
    *retired = *zygote;
    own_close(&retired->requests);
}

int renewal_turn(struct supervisor *supervisor, uint32_t environment, struct err *err) {
    struct renewal *renewal = &supervisor->renewals[environment];
    struct peer *zygote = &supervisor->zygotes[environment];
    if (peer_ready(&renewal->successor, err) < 0) {
        peer_stop(&renewal->successor);
        return -1;
    }
    retire(zygote, &renewal->retired);
    *zygote = renewal->successor;
    peer_like(&renewal->successor, zygote);
    return 0;
}

void renewal_bury(struct supervisor *supervisor, uint32_t environment) {
    peer_stop(&supervisor->renewals[environment].retired);
}

void renewal_done(struct supervisor *supervisor, uint32_t environment) {
    peer_stop(&supervisor->renewals[environment].successor);
    peer_stop(&supervisor->renewals[environment].retired);
}
