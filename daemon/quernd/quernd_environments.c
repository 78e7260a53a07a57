// SPDX-License-Identifier: Apache-2.0
/* Zygotes come up before a job asks for them: an environment that does not come up is not offered. */
#include <string.h>

#include "daemon/supervisor/renewal.h"
#include "quernd.h"

struct change {
    bool any, down;
};

// Nobody gets less of a jail than before without a word.
static struct change note_jail(struct quernd *quernd, uint32_t index) {
    const struct jail_facts *now = &quernd->supervisor.zygotes[index].ready.facts;
    struct jail_facts before = quernd->jails[index];
    quernd->jails[index] = *now;
    return (struct change){.any = now->level != before.level || now->bound != before.bound,
                           .down = now->level < before.level || now->bound < before.bound};
}

static void log_environment(const struct quernd *quernd, const char *event, uint32_t index, bool down) {
    const struct peer *zygote = &quernd->supervisor.zygotes[index];
    const struct jail_facts *facts = &zygote->ready.facts;
    log_line(&quernd->log, down || facts->level < JAIL_USER ? SETTINGS_LOG_WARNING : SETTINGS_LOG_INFO, event,
             "environment", zygote->environment->name, "python", zygote->ready.python, "pandas", zygote->ready.pandas,
             "jail", jail_level_name((enum jail_level)facts->level), "memory_bound",
             jail_bound_name((enum jail_bound)facts->bound), "network",
             zygote->environment->network_open ? "open" : NULL, NULL);
}

static void log_failure(const struct quernd *quernd, uint32_t urgency, const char *event, uint32_t index,
                        const struct err *failure) {
    log_line(&quernd->log, urgency, event, "environment", quernd->supervisor.zygotes[index].environment->name, "error",
             failure->msg, NULL);
}

void quernd_zygote_turned(void *context, struct peer *zygote, const struct err *failure) {
    struct quernd *quernd = context;
    uint32_t index = (uint32_t)(zygote - quernd->supervisor.zygotes);
    struct err *fault = &quernd->zygote_faults[index];
    struct change jail = failure ? (struct change){0} : note_jail(quernd, index);
    bool is_news = !quernd->zygote_turned[index] || jail.any || fault->reason != (failure ? failure->reason : 0);
    *fault = failure ? *failure : (struct err){0};
    if (failure)
        backoff_died(&quernd->zygote_backoffs[index]);
    quernd->zygote_turned[index] = true;
    if (is_news && failure)
        log_failure(quernd, SETTINGS_LOG_ERROR, "environment not offered", index, failure);
    else if (is_news)
        log_environment(quernd, "environment up", index, jail.down);
    quernd_tell_environment(quernd, index);
}

// That it came up has been told, where its jail is another than before.
void quernd_renewed(void *context, uint32_t environment, const struct err *failure) {
    struct quernd *quernd = context;
    if (!failure) {
        log_environment(quernd, "environment renewed", environment, false);
        return;
    }
    backoff_died(&quernd->renewal_backoffs[environment]);
    log_failure(quernd, SETTINGS_LOG_WARNING, "environment not renewed, the old one goes on", environment, failure);
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
