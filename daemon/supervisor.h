/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: starts workers and their peers, answers the workers' calls (quern/supervisor.h), keeps segments,
 * deadlines and pidfds, and kills what overstays or is left behind. One poll loop; no Redis, no foreign bytes, no Python.
 *
 * Calling sequence: supervisor_init() → supervisor_start_worker() → supervisor_turn() until no worker lives →
 * supervisor_done(), which kills and reaps whatever is left. Owns all descriptors and processes it starts.
 */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "peers.h"
#include "quern/events.h"
#include "quern/steps.h"
#include "segments.h"

#define SUPERVISOR_MAX_WORKERS SEGMENTS_HOLDERS
#define SUPERVISOR_CANCEL_GRACE_MS 3000u /* a worker that does not end after CANCEL is killed */

struct worker_link {
    bool alive;
    int calls, events, pidfd;
    pid_t pid;
    enum step step;
    uint64_t step_deadline_ns;
    uint64_t cancel_deadline_ns;
    int tree; /* pidfd of the job's tree, or -1 */
    uint64_t tree_deadline_ns;
    bool awaits_zygote;
    struct supervisor_key reserved[SUPERVISOR_MAX_KEYS]; /* of its last RESERVE: SEGMENT_TURN speaks of their index */
    uint32_t reserved_count;
    bool overstayed;                   /* killed because of its step's deadline */
    int wait_status_code, wait_signal; /* when dead */
};

struct supervisor {
    struct segments segments;
    struct peer codec;
    struct peer zygote;
    struct worker_link workers[SUPERVISOR_MAX_WORKERS];
    /* Called for every event of a worker; `fd` is -1 or closed after the call. */
    void (*on_event)(void *context, uint32_t worker, const struct event *event, int fd);
    void *context;
    int extra_fd; /* readable: on_extra is called; -1: none */
    void (*on_extra)(void *context);
    uint32_t tick_ms; /* on_tick is called about that often; 0: never */
    uint64_t tick_ns; /* when next */
    void (*on_tick)(void *context);
};

void supervisor_init(struct supervisor *supervisor, const struct environment *environment);
void supervisor_done(struct supervisor *supervisor);

struct worker_start {
    const char *const *argv; /* of quern-worker */
    const char *const *environ;
    int job;          /* sealed job document; borrowed */
    const int *stdio; /* three descriptors that the job gets, for the debugger, or NULL; borrowed */
};

MUST_USE int supervisor_start_worker(struct supervisor *supervisor, const struct worker_start *start,
                                     uint32_t *ret_worker, struct err *err);
MUST_USE int supervisor_turn(struct supervisor *supervisor, struct err *err);
bool supervisor_has_workers(const struct supervisor *supervisor);

void supervisor_cancel(struct supervisor *supervisor, uint32_t worker);
void supervisor_kill(struct supervisor *supervisor, uint32_t worker);

#endif
