/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of quern/supervisor.h: one function per call. Records that come unasked while a reply is awaited are
 * remembered: `expired`, `cancelled`, `fenced`, `released`, and turns of segments, which calls_wait_segment() hands out.
 * calls_done() forgets them all: they were of that job. Two calls do not wait for their answer, which the next one takes
 * first; so a conversation has one struct for as long as it lasts, whichever jobs come and go.
 *
 * Ownership: descriptors returned belong to the caller; those passed are borrowed. Errors: those of the reply;
 * REASON_BUG when the supervisor is gone.
 */
#ifndef DAEMON_SUPERVISOR_CALLS_H
#define DAEMON_SUPERVISOR_CALLS_H

#include "quern/queue_worker.h"
#include "quern/steps.h"
#include "quern/supervisor.h"

struct supervisor_calls {
    int socket; /* borrowed */
    bool expired;
    bool cancelled;
    bool fenced;        /* the job is no longer ours: publish nothing */
    bool released;      /* the host drains: give the job back */
    bool grouped;       /* trees get a cgroup: CONNECT said so */
    uint32_t owed;      /* answers that are still to come, and say nothing but that all is well */
    uint64_t available; /* by the last RESERVE: bytes that a segment may have at most */
    uint32_t turn_count;
    struct {
        uint32_t index, state;
        int fd;
    } turns[SUPERVISOR_MAX_KEYS];
};

/* Somebody wants the job's tree to end: why is in the flags. */
static inline bool calls_end(const struct supervisor_calls *calls) {
    return calls->cancelled || calls->expired || calls->fenced || calls->released;
}

/* The attempt is to leave no trace, and no record. */
static inline bool calls_dropped(const struct supervisor_calls *calls) { return calls->fenced || calls->released; }

struct calls_peer {
    int requests;
    uint32_t profile;
    struct jail_facts facts;
    char python[32], pandas[32];
    struct limits_layers limits;
};

/* Takes what came unasked, and does not wait for the answer. */
MUST_USE int calls_step(struct supervisor_calls *calls, enum step step, uint64_t deadline_ms, struct err *err);
/* The step takes longer: it is told again, and when the supervisor has answered, what it had to say before is here. */
MUST_USE int calls_stay(struct supervisor_calls *calls, enum step step, uint64_t deadline_ms, struct err *err);
MUST_USE int calls_connect(struct supervisor_calls *calls, enum supervisor_peer peer, const char *environment,
                           struct calls_peer *ret, struct err *err);
/* states[i]; fds[i] is a descriptor for a HIT, else -1. */
MUST_USE int calls_reserve(struct supervisor_calls *calls, const struct supervisor_key *keys, uint32_t count,
                           uint32_t *ret_states, int *ret_fds, struct err *err);
MUST_USE int calls_grant(struct supervisor_calls *calls, const struct supervisor_key *key, uint64_t bytes,
                         struct err *err); /* returns the memory file */
MUST_USE int calls_publish(struct supervisor_calls *calls, const struct supervisor_key *key, int fd,
                           struct err *err); /* fd -1: the granted file; returns the read-only descriptor */
MUST_USE int calls_abandon(struct supervisor_calls *calls, const struct supervisor_key *key, struct err *err);
MUST_USE int calls_keep(struct supervisor_calls *calls, const struct supervisor_key *key, int fd, struct err *err);
/* The tree of a child: pidfds of its init and of the child; borrowed. */
struct calls_tree {
    int init, process;
    const struct job_limits *limits;
};

/* *facts: of the child, whose bound this may better; *ret_group: the tree's cgroup, the caller's, or left alone. Where trees
 * get no cgroup it does not wait for the answer, which every later call takes first. A worker that dies now is not buried
 * before the supervisor has served this: it reads what was said before it looks who is dead. */
MUST_USE int calls_watch(struct supervisor_calls *calls, const struct calls_tree *tree, struct jail_facts *facts,
                         int *ret_group, struct err *err);
MUST_USE int calls_unwatch(struct supervisor_calls *calls, struct err *err);
/* Blocks until the supervisor speaks of a key of the last RESERVE: its index, HIT with a descriptor, or LOAD. */
MUST_USE int calls_wait_segment(struct supervisor_calls *calls, uint32_t *ret_index, uint32_t *ret_state, int *ret_fd,
                                struct err *err);
/* A claim that may be made now. */
struct calls_turn {
    uint32_t queue; /* index in settings.queues */
    char nonce[QUEUE_NONCE_BYTES];
};

/* What the last claim said that gave nothing. */
struct calls_nothing {
    char wake[QUEUE_WAKE_BYTES]; /* empty: it was not answered, or gave a job */
    bool drained;                /* this worker shall take no more jobs */
};

/* Blocks until there may be a job: 1; 0: exit now. */
MUST_USE int calls_idle(struct supervisor_calls *calls, uint32_t queue, const struct calls_nothing *nothing,
                        struct calls_turn *ret, struct err *err);
MUST_USE int calls_hold(struct supervisor_calls *calls, uint32_t queue, const struct queue_claim *claim,
                        struct err *err);
MUST_USE int calls_done(struct supervisor_calls *calls, const struct supervisor_end *end, struct err *err);
/* Takes one record that came unasked; the socket is readable. */
MUST_USE int calls_take_unasked(struct supervisor_calls *calls, struct err *err);

#endif
