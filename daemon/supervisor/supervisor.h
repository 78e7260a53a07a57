/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: starts workers and their peers, answers the workers' calls (quern/supervisor.h), keeps segments,
 * deadlines and pidfds, and kills what overstays or is left behind. One poll loop; no Redis, no foreign bytes, no Python.
 *
 * Calling sequence: supervisor_init() → supervisor_offer() for each environment → supervisor_start_worker() →
 * supervisor_turn() until no worker lives → supervisor_done(), which kills and reaps whatever is left. Owns all
 * descriptors and processes it starts; environments, hooks and watched descriptors are borrowed.
 *
 * A worker's place is free again when its process and the tree of its job are dead: only then on_death is called, and
 * only then its pins end.
 */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "cgroups.h"
#include "peers.h"
#include "quern/events.h"
#include "quern/steps.h"
#include "segments.h"

#define SUPERVISOR_MAX_WORKERS SEGMENTS_HOLDERS
#define SUPERVISOR_MAX_ENVIRONMENTS 16u
#define SUPERVISOR_MAX_WATCHES 8u
#define SUPERVISOR_CANCEL_GRACE_MS 3000u /* `quern run`: a worker that does not end after CANCEL is killed */
#define SUPERVISOR_TREE_DEATH_MS 5000u   /* the kernel's time for a killed tree; nothing waits longer for it */

/* Where a worker of the daemon is between two jobs; WORKER_BUSY until its first IDLE, and always in `quern run`. */
enum worker_turn { WORKER_BUSY, WORKER_WAITS, WORKER_CLAIMS, WORKER_HOLDS };

/* A call that is answered later, for want of memory (grants.h). */
enum worker_wait { WAIT_NONE, WAIT_GRANT, WAIT_RESERVE };

struct worker_link {
    bool alive; /* its place is taken */
    bool dead;  /* its process is, the tree of its job not yet */
    int calls, events, pidfd;
    pid_t pid;
    enum step step;
    uint64_t step_deadline_ns;
    uint64_t cancel_deadline_ns;
    int tree; /* pidfd of the job's tree, or -1 */
    uint64_t tree_deadline_ns;
    int group; /* the cgroup of the job's tree, or -1; group_pid 0 */
    pid_t group_pid;
    const struct peer *awaits; /* the zygote that its CONNECT waits for, or NULL */
    bool open_network;         /* its job runs in an environment with an open network */
    enum worker_wait wait;
    uint64_t wait_order, wait_begun_ns; /* unless it waits for nothing */
    uint64_t wait_ends_ns;              /* of this step: a wait does not last longer */
    uint64_t granting_bytes;            /* WAIT_GRANT */
    struct supervisor_key granting;
    struct supervisor_key reserved[SUPERVISOR_MAX_KEYS]; /* of its last RESERVE: SEGMENT_TURN speaks of their index */
    uint32_t reserved_count;
    enum worker_turn turn;
    uint32_t queue;                    /* CLAIMS, HOLDS */
    uint64_t held_ns;                  /* HOLDS: since when; of CLOCK_BOOTTIME */
    char nonce[QUEUE_NONCE_BYTES];     /* CLAIMS */
    char id[JOB_ID_BYTES];             /* HOLDS */
    char token[QUEUE_TOKEN_BYTES];     /* HOLDS */
    uint64_t waited_ms;                /* HOLDS: the job, from when it was ready until it was claimed */
    bool told;                         /* HOLDS: that the job has to end */
    bool overstayed;                   /* killed because of its step's deadline */
    int wait_status_code, wait_signal; /* when dead */
};

/* What its owner wants to know. All but on_event may be NULL together: then there is no queue, and IDLE, HOLD and DONE are
 * errors. */
struct supervisor_hooks {
    /* `fd` is -1 or closed after the call. */
    void (*on_event)(void *context, uint32_t worker, const struct event *event, int fd);
    /* Its last claim of `queue` was given nothing at `wake`; empty: there was none. `drained`: for the worker's sake, others
     * may find something. The worker waits from now on. */
    void (*on_idle)(void *context, uint32_t worker, uint32_t queue, const char *wake, bool drained);
    void (*on_hold)(void *context, uint32_t worker, bool fresh); /* the job is fresh, or its step */
    void (*on_done)(void *context, uint32_t worker, const struct supervisor_end *end);
    void (*on_death)(void *context, uint32_t worker); /* the link tells how, and what it held */
    /* The zygote came up, or `failure` tells why not. */
    void (*on_zygote)(void *context, struct peer *zygote, const struct err *failure);
    /* A new zygote has taken the place, or `failure` tells why not. NULL where none is renewed. */
    void (*on_renewal)(void *context, uint32_t environment, const struct err *failure);
};

struct supervisor_watch {
    int fd;
    void (*readable)(void *context); /* nothing may be there any more */
};

/* Beside a zygote: renewal.h. Both are down nearly always. */
struct renewal {
    struct peer successor; /* comes up, to take the place */
    struct peer retired;   /* finishes what it has begun */
};

struct supervisor {
    struct segments segments;
    struct cgroups cgroups;
    struct peer codec;
    struct peer zygotes[SUPERVISOR_MAX_ENVIRONMENTS];
    struct renewal renewals[SUPERVISOR_MAX_ENVIRONMENTS];
    uint32_t zygote_count;
    const struct peer *latest; /* the zygote whose job came last; NULL: none */
    struct worker_link workers[SUPERVISOR_MAX_WORKERS];
    uint64_t waits; /* for memory, ever: their order */
    uint32_t cancel_grace_ms;
    const struct supervisor_hooks *hooks;
    void *context;
    struct supervisor_watch watches[SUPERVISOR_MAX_WATCHES]; /* fd -1: none */
    uint64_t alarm_ns;                                       /* a turn ends then at the latest; CLOCK_NEVER: none */
};

/* budget_bytes of segments; 0: what the host has. */
void supervisor_init(struct supervisor *supervisor, const struct supervisor_hooks *hooks, void *context,
                     uint64_t budget_bytes);
void supervisor_done(struct supervisor *supervisor);

/* One more environment that workers may CONNECT to: its zygote, not started yet, or NULL when all places are taken. */
struct peer *supervisor_offer(struct supervisor *supervisor, const struct environment *environment);

void supervisor_watch(struct supervisor *supervisor, int fd, void (*readable)(void *context));
void supervisor_unwatch(struct supervisor *supervisor, int fd);

/* A place for one more worker. */
MUST_USE int supervisor_place(const struct supervisor *supervisor, uint32_t *ret_worker, struct err *err);

struct worker_start {
    const char *const *argv; /* of quern-worker */
    const char *const *environ;
    int job;          /* what it reads at SUPERVISOR_FD_JOB; borrowed */
    const int *stdio; /* three descriptors that the job gets, for the debugger, or NULL; borrowed */
};

/* At a place that is free. */
MUST_USE int supervisor_start_worker(struct supervisor *supervisor, const struct worker_start *start, uint32_t worker,
                                     struct err *err);
MUST_USE int supervisor_turn(struct supervisor *supervisor, struct err *err);
bool supervisor_has_workers(const struct supervisor *supervisor);

/* For a worker that waits: it claims from `queue` now. */
void supervisor_let_claim(struct supervisor *supervisor, uint32_t worker, uint32_t queue);

/* For a worker that holds no job: it exits at its next IDLE, and waits no longer for a Redis that is away. */
void supervisor_dismiss(struct supervisor *supervisor, uint32_t worker);

/* CANCEL, FENCED or RELEASE_NOW, once per job; who does not obey within cancel_grace_ms is killed. */
void supervisor_end_job(struct supervisor *supervisor, uint32_t worker, enum supervisor_reply_kind how);
void supervisor_kill(struct supervisor *supervisor, uint32_t worker);

#endif
