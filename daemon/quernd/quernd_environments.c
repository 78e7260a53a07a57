// SPDX-License-Identifier: Apache-2.0
/* Zygotes come up before a job asks for them: an environment that does not come up is not offered. */
#include <string.h>

#include "daemon/supervisor/renewal.h"
#include "quernd.h"

void quernd_zygote_turned(void *context, struct peer *zygote, const struct err *failure) {
    struct quernd *quernd = context;
    uint32_t index = (uint32_t)(zygote - quernd->supervisor.zygotes);
    struct err *fault = &quernd->zygote_faults[index];
    bool had_turned = quernd->zygote_turned[index];
    uint32_t before = fault->reason;
    *fault = failure ? *failure : (struct err){0};
    if (failure)
        backoff_died(&quernd->zygote_backoffs[index]);
    quernd->zygote_turned[index] = true;
    if (!had_turned || before != fault->reason)
        log_line(&quernd->log, fault->reason ? SETTINGS_LOG_ERROR : SETTINGS_LOG_INFO,
                 fault->reason ? "environment not offered" : "environment up", "environment", zygote->environment->name,
                 "python", failure ? NULL : zygote->ready.python, "pandas", failure ? NULL : zygote->ready.pandas,
                 "jail", failure ? NULL : jail_level_name((enum jail_level)zygote->ready.facts.level), "memory_bound",
                 failure ? NULL : jail_bound_name((enum jail_bound)zygote->ready.facts.bound), "network",
                 zygote->environment->network_open ? "open" : NULL, "error", fault->msg, NULL);
    quernd_tell_environment(quernd, index);
}

void quernd_renewed(void *context, uint32_t environment, const struct err *failure) {
    struct quernd *quernd = context;
    if (failure)
        backoff_died(&quernd->renewal_backoffs[environment]);
    log_line(&quernd->log, failure ? SETTINGS_LOG_WARNING : SETTINGS_LOG_INFO,
             failure ? "environment not renewed, the old one goes on" : "environment renewed", "environment",
             quernd->supervisor.zygotes[environment].environment->name, "error", failure ? failure->msg : NULL, NULL);
}

static void renew_when_due(struct quernd *quernd, uint32_t environment, uint64_t now_ns) {
    struct backoff *backoff = &quernd->renewal_backoffs[environment];
    struct err err;
    if (!renewal_due(&quernd->supervisor, environment, now_ns) || !backoff_due(backoff, now_ns))
        return;
    backoff_born(backoff);
    if (renewal_begin(&quernd->supervisor, environment, &err) < 0)
        quernd_renewed(quernd, environment, &err);
}

void quernd_start_zygotes(struct quernd *quernd, uint64_t now_ns) {
    for (uint32_t i = 0; i < quernd->supervisor.zygote_count && quernd->phase == QUERND_RUNS; i++) {
        renew_when_due(quernd, i, now_ns);
        struct peer *zygote = &quernd->supervisor.zygotes[i];
        struct err err;
        if (zygote->state != PEER_DOWN || !backoff_due(&quernd->zygote_backoffs[i], now_ns))
            continue;
        backoff_born(&quernd->zygote_backoffs[i]);
        if (peer_start(zygote, &err) < 0)
            quernd_zygote_turned(quernd, zygote, &err);
    }
}

bool quernd_environments_settled(const struct quernd *quernd) {
    for (uint32_t i = 0; i < quernd->supervisor.zygote_count; i++)
        if (!quernd->zygote_turned[i])
            return false;
    return true;
}
