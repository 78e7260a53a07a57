// SPDX-License-Identifier: Apache-2.0
#include "quern/prove.h"

#include <errno.h>
#include <poll.h>

#include "cgroups.h"
#include "peers.h"
#include "quern/clock.h"

static int wait_for_word(const struct peer *peer, struct err *err) {
    uint64_t deadline = clock_now_ns() + (uint64_t)PROVE_TIMEOUT_MS * 1000000;
    for (;;) {
        uint64_t now = clock_now_ns();
        int left = now >= deadline ? 0 : (int)((deadline - now) / 1000000) + 1;
        struct pollfd word = {.fd = peer->supervisor, .events = POLLIN};
        int got = poll(&word, 1, left);
        if (got > 0)
            return 0;
        if (got == 0)
            return err_set(err, REASON_CONFIG, "environment %s: expected that it starts within %d s, it imports still",
                           peer->environment->name, PROVE_TIMEOUT_MS / 1000);
        if (errno != EINTR)
            return err_sys(err, REASON_INFRA, "waiting for quern-python");
    }
}

// What a supervisor in our place would have for its jobs.
bool prove_cgroups(struct err *why) {
    struct cgroups cgroups;
    cgroups_open(&cgroups, CGROUPS_ROOT);
    bool there = cgroups_are_there(&cgroups);
    *why = cgroups.why;
    cgroups_close(&cgroups);
    return there;
}

int environment_prove(const struct environment *environment, struct host_ready *ret, struct err *err) {
    struct peer peer;
    struct err ignored;
    peer_init(&peer, SUPERVISOR_PEER_ZYGOTE, environment);
    peer.once = true;
    peer.bound = prove_cgroups(&ignored) ? JAIL_BOUND_CGROUP : JAIL_BOUND_RLIMIT;
    TRY(peer_start(&peer, err));
    int proved = wait_for_word(&peer, err);
    if (proved == 0)
        proved = peer_ready(&peer, err);
    if (proved == 0)
        *ret = peer.ready;
    peer_stop(&peer);
    return proved;
}
