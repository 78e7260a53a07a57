/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quernd: the supervisor with several workers, a keeper, and zygotes that are up before a job asks for them. It starts what
 * is missing, passes on what workers and keeper have to say to each other, and ends in good order.
 *
 * Calling sequence: quernd_run() returns when everything has ended: 0, or -1 when quernd cannot do its part.
 *
 *     SIGTERM, SIGINT   no more jobs; running ones have [workers] drain_timeout, then they are given back
 *     the second one    they are given back now; the third: everything is killed
 *     SIGHUP            reads the configuration again: log level, number of workers, drain_timeout
 *
 * Private to the daemon's program: files quernd_*.c.
 */
#ifndef DAEMON_QUERND_H
#define DAEMON_QUERND_H

#include "backoff.h"
#include "daemon/log.h"
#include "daemon/supervisor/supervisor.h"
#include "keeper_link.h"
#include "quernd_config.h"
#include "turns.h"

#define QUERND_RELEASE_MS 30000u      /* for the workers to give their jobs back */
#define QUERND_CANCEL_GRACE_MS 60000u /* for a worker to end a job that it was told to end */
#define QUERND_KEEPER_END_MS 5000     /* for the keeper to tell Redis what it still knows */
#define QUERND_BEAT_MS 1000u

enum quernd_phase { QUERND_RUNS, QUERND_DRAINS, QUERND_RELEASES, QUERND_KILLS };

struct quernd_slot {
    struct backoff backoff;
    uint64_t claim; /* of turns.h, while it claims */
    bool drained;   /* somebody wants it to take no more jobs */
};

struct quernd_collector {
    int socket, pidfd; /* -1: none lives */
    uint64_t begun_ns, next_ns;
};

struct quernd {
    const char *config_path; /* borrowed */
    struct quernd_config *config;
    struct log log;
    struct supervisor supervisor;
    struct quernd_slot slots[SUPERVISOR_MAX_WORKERS];
    struct turns turns;
    struct quernd_collector collector;
    struct keeper_link keeper;
    struct backoff keeper_backoff;
    struct keeper_word readiness[SETTINGS_MAX_QUEUES]; /* as it was told last; kind 0: not yet */
    uint64_t renewed_ns[SETTINGS_MAX_QUEUES];          /* of CLOCK_BOOTTIME */
    struct backoff zygote_backoffs[SUPERVISOR_MAX_ENVIRONMENTS];
    struct backoff renewal_backoffs[SUPERVISOR_MAX_ENVIRONMENTS];
    struct err zygote_faults[SUPERVISOR_MAX_ENVIRONMENTS]; /* reason 0: it is up */
    bool zygote_turned[SUPERVISOR_MAX_ENVIRONMENTS];       /* came up, or did not, once */
    struct jail_facts jails[SUPERVISOR_MAX_ENVIRONMENTS];  /* of the last one that came up, as the log has it */
    enum quernd_phase phase;
    uint64_t phase_ends_ns;
    uint64_t beat_ns; /* when the next one is due */
    bool announced;   /* READY=1 was told */
    uint64_t watchdog_ns;
    uint32_t watchdog_ms;
    uint32_t busy, idle; /* as told to the keeper */
    int signals;
};

MUST_USE int quernd_run(const char *config_path, struct quernd_config *config, struct err *err);

/* ---- quernd_workers.c ---- */
extern const struct supervisor_hooks quernd_hooks;
void quernd_start_workers(struct quernd *quernd, uint64_t now_ns);
void quernd_poke(struct quernd *quernd); /* one worker that waits claims, if a claim is worth it */
void quernd_dismiss(struct quernd *quernd);
bool quernd_wants(const struct quernd *quernd, uint32_t worker); /* it may take jobs */

/* ---- quernd_keeper.c ---- */
void quernd_keep(struct quernd *quernd, uint64_t now_ns); /* starts, watches, beats */
void quernd_tell(struct quernd *quernd, const struct keeper_order *order);
void quernd_tell_hold(struct quernd *quernd, uint32_t worker, bool fresh);
void quernd_tell_claim(struct quernd *quernd, uint32_t worker);
void quernd_tell_environment(struct quernd *quernd, uint32_t environment);
void quernd_tell_slots(struct quernd *quernd);

/* ---- quernd_environments.c ---- */
void quernd_start_zygotes(struct quernd *quernd, uint64_t now_ns);
void quernd_zygote_turned(void *context, struct peer *zygote, const struct err *failure);
void quernd_renewed(void *context, uint32_t environment, const struct err *failure);
bool quernd_environments_settled(const struct quernd *quernd);

/* ---- quernd_collector.c ---- */
void quernd_collector_init(struct quernd *quernd);
void quernd_collect(struct quernd *quernd, uint64_t now_ns); /* if it is time */
void quernd_collector_stop(struct quernd *quernd);

/* ---- quernd_environ.c: what of our environment the programs get ---- */
struct quernd_environ {
    char text[8][4096];
    const char *list[9];
};
void quernd_environ_take(struct quernd_environ *environ);

#endif
