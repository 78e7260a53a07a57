// SPDX-License-Identifier: Apache-2.0
#include "quernd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "notify.h"
#include "quern/own.h"

static void enter(struct quernd *quernd, enum quernd_phase phase, uint64_t ms) {
    quernd->phase = phase;
    quernd->phase_ends_ns = clock_deadline_ns(ms);
}

// ---- the end, in good order ----

static void drain(struct quernd *quernd) {
    log_line(&quernd->log, SETTINGS_LOG_INFO, "draining", NULL);
    enter(quernd, QUERND_DRAINS, quernd->config->drain_timeout_ms);
    notify("STOPPING=1\nSTATUS=draining: running jobs finish");
    quernd_dismiss(quernd);
    quernd_tell_slots(quernd);
}

static void release(struct quernd *quernd) {
    log_line(&quernd->log, SETTINGS_LOG_INFO, "giving running jobs back", NULL);
    enter(quernd, QUERND_RELEASES, QUERND_RELEASE_MS);
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (quernd->supervisor.workers[i].turn == WORKER_HOLDS)
            supervisor_end_job(&quernd->supervisor, i, SUPERVISOR_RELEASE_NOW);
}

static void kill_all(struct quernd *quernd) {
    log_line(&quernd->log, SETTINGS_LOG_WARNING, "killing what is left", NULL);
    enter(quernd, QUERND_KILLS, 0);
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        supervisor_kill(&quernd->supervisor, i);
}

static void next_phase(struct quernd *quernd) {
    static void (*const next[])(struct quernd * quernd) = {
        [QUERND_RUNS] = drain, [QUERND_DRAINS] = release, [QUERND_RELEASES] = kill_all, [QUERND_KILLS] = kill_all};
    next[quernd->phase](quernd);
}

// ---- signals ----

static void reload(struct quernd *quernd) {
    struct err err;
    struct quernd_config *config = malloc(sizeof *config);
    if (!config || quernd_config_read(quernd->config_path, config, &err) < 0) {
        log_line(&quernd->log, SETTINGS_LOG_ERROR, "the configuration stays as it was", "error",
                 config ? err.msg : "out of memory", NULL);
        free(config);
        return;
    }
    struct settings *settings = &quernd->config->settings;
    settings->worker_count = config->settings.worker_count;
    settings->log_level = config->settings.log_level;
    quernd->log.level = settings->log_level;
    quernd->config->drain_timeout_ms = config->drain_timeout_ms;
    free(config);
    quernd_dismiss(quernd);
    log_line(&quernd->log, SETTINGS_LOG_INFO,
             "log level, workers and drain_timeout were read again; all else wants "
             "a restart",
             NULL);
}

static void on_signal(void *context) {
    struct quernd *quernd = context;
    struct signalfd_siginfo info;
    if (read(quernd->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGHUP)
        reload(quernd);
    else
        next_phase(quernd);
}

static int take_signals(struct quernd *quernd, struct err *err) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    quernd->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (quernd->signals < 0)
        return err_sys(err, REASON_INFRA, "signalfd");
    supervisor_watch(&quernd->supervisor, quernd->signals, on_signal);
    return 0;
}

// ---- systemd ----

static void tell_systemd(struct quernd *quernd, uint64_t now_ns) {
    if (!quernd->announced && quernd_environments_settled(quernd)) {
        quernd->announced = true;
        notify("READY=1\nSTATUS=up; /readyz tells whether jobs are taken");
        log_line(&quernd->log, SETTINGS_LOG_INFO, "up", NULL);
    }
    // The loop goes round, and so does the keeper's: who is silent was stopped before.
    if (!quernd->watchdog_ms || now_ns < quernd->watchdog_ns || quernd->keeper.socket < 0)
        return;
    quernd->watchdog_ns = now_ns + (uint64_t)quernd->watchdog_ms * 1000000;
    notify(quernd->phase == QUERND_RUNS ? "WATCHDOG=1" : "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000");
}

// ---- the loop ----

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void maintain(struct quernd *quernd) {
    uint64_t now = clock_now_ns(), alarm;
    if (quernd->phase != QUERND_RUNS && now >= quernd->phase_ends_ns)
        next_phase(quernd);
    quernd_keep(quernd, now);
    quernd_start_zygotes(quernd, now);
    quernd_start_workers(quernd, now);
    quernd_collect(quernd, now);
    tell_systemd(quernd, now);
    alarm = earlier(quernd->beat_ns, quernd->phase == QUERND_RUNS ? CLOCK_NEVER : quernd->phase_ends_ns);
    for (uint32_t i = 0; i < quernd->config->settings.worker_count; i++)
        if (!quernd->supervisor.workers[i].alive && quernd_wants(quernd, i))
            alarm = earlier(alarm, quernd->slots[i].backoff.next_ns);
    if (quernd->phase == QUERND_RUNS)
        alarm = earlier(alarm, quernd->collector.next_ns);
    alarm = earlier(alarm, quernd->keeper.socket < 0 ? quernd->keeper_backoff.next_ns : quernd->keeper.look_ns);
    quernd->supervisor.alarm_ns = alarm;
}

static bool goes_on(const struct quernd *quernd) {
    return quernd->phase == QUERND_RUNS || supervisor_has_workers(&quernd->supervisor);
}

// Whoever asks for a jail wants no jobs in a lesser one, and to know it when the service starts. Later, after a machine was
// changed under a quernd that runs, the environment is not offered any more.
static int refuse_jail(const struct quernd *quernd, struct err *err) {
    for (uint32_t i = 0; i < quernd->supervisor.zygote_count && !quernd->announced; i++)
        TRY(peer_meets(&quernd->supervisor.zygotes[i], err));
    return 0;
}

static int loop(struct quernd *quernd, struct err *err) {
    while (goes_on(quernd)) {
        maintain(quernd);
        TRY(supervisor_turn(&quernd->supervisor, err));
        TRY(refuse_jail(quernd, err));
    }
    return 0;
}

static int offer_all(struct quernd *quernd, struct err *err) {
    for (uint32_t i = 0; i < quernd->config->environment_count; i++) {
        struct peer *zygote = supervisor_offer(&quernd->supervisor, &quernd->config->environments[i]);
        if (!zygote)
            return err_set(err, REASON_CONFIG, "more than %u environments", SUPERVISOR_MAX_ENVIRONMENTS);
        zygote->require = quernd->config->jail;
        zygote->standby = quernd->config->standby;
        zygote->renew_jobs = quernd->config->renew_jobs;
        zygote->renew_ms = quernd->config->renew_ms;
        zygote->host = quernd->config->limits;
    }
    return 0;
}

int quernd_run(const char *config_path, struct quernd_config *config, struct err *err) {
    struct quernd *quernd = calloc(1, sizeof *quernd);
    if (!quernd)
        return err_set(err, REASON_INFRA, "out of memory");
    quernd->config_path = config_path;
    quernd->config = config;
    quernd->watchdog_ms = notify_watchdog_ms();
    log_open(&quernd->log, "quernd", config->settings.log_format, config->settings.log_level);
    keeper_link_init(&quernd->keeper);
    quernd_collector_init(quernd);
    quernd->keeper_backoff.most_ms = config->settings.lease_ms / 6; // without a keeper leases end
    turns_init(&quernd->turns, config->settings.queue_count);
    supervisor_init(&quernd->supervisor, &quernd_hooks, quernd, config->memory_bytes);
    quernd->supervisor.cancel_grace_ms = QUERND_CANCEL_GRACE_MS;
    if (!cgroups_are_there(&quernd->supervisor.cgroups))
        log_line(&quernd->log, SETTINGS_LOG_INFO, "no cgroups for jobs", "why", quernd->supervisor.cgroups.why.msg,
                 NULL);
    int result = offer_all(quernd, err);
    if (result == 0)
        result = take_signals(quernd, err);
    if (result == 0)
        result = loop(quernd, err);
    quernd_collector_stop(quernd);
    supervisor_done(&quernd->supervisor);
    keeper_link_flush(&quernd->keeper);
    keeper_link_stop(&quernd->keeper, QUERND_KEEPER_END_MS);
    keeper_link_done(&quernd->keeper);
    log_line(&quernd->log, SETTINGS_LOG_INFO, "ended", NULL);
    if (quernd->signals > 0)
        close(quernd->signals);
    free(quernd);
    return result;
}
