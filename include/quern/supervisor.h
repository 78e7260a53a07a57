/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation worker ↔ supervisor, on the worker's own SOCK_SEQPACKET socket (SUPERVISOR_FD_CALLS at exec).
 *
 * The worker asks, one call at a time, and each call has one reply. These records come unasked: SEGMENT_TURN after a WAIT;
 * TREE_EXPIRED; CANCEL: end the job, it is `cancelled`; FENCED: the job is no longer ours, kill its tree, publish nothing,
 * drop the attempt; RELEASE_NOW: the host drains, end the tree and give the job back; without a job, wait
 * for no Redis that is away. End of file on the socket is the
 * worker's death: its pins end, its tree is killed, a decode it was doing passes to the next waiter.
 *
 *     STEP     step, deadline_ms      the worker is in this step; overstaying it is SIGKILL for tree and worker
 *     CONNECT  peer                   a descriptor of the request socket of quern-codec or of an environment's zygote
 *     RESERVE  keys[count]            all inputs of a job at once: per key HIT (descriptor follows, pinned), LOAD (you
 *                                     decode it) or WAIT (another worker does; SEGMENT_TURN follows with HIT or LOAD)
 *     GRANT    key, bytes             memory for a segment, within the host's budget: a memory file
 *     PUBLISH  key[, fd]              the granted file, or the one that comes along, is sealed and good: a read-only
 *                                     descriptor, pinned
 *     ABANDON  key                    loading failed
 *     KEEP     key, fd                a result segment that the next job may want
 *     RELEASE                         end of the job: all pins of this worker
 *     WATCH    deadline_ms, limits,   the job's tree; killed at its deadline (TREE_EXPIRED tells), with the worker, and
 *              fds: pidfds of its     with the supervisor. Pins end after its death. Where there are cgroups, the child is
 *              init and the child     in one of its own then, with these limits: its directory comes back
 *     UNWATCH                         the tree is dead and reaped: its cgroup goes
 *
 * In the daemon a worker does one job after the other (`--daemon`, its struct settings at SUPERVISOR_FD_JOB):
 *
 *     IDLE     queue, wake, drained   nothing to do. `wake`: what the last claim of `queue` said, which gave nothing; empty:
 *                                     no claim was answered since the last job. `drained`: it gave nothing because this
 *                                     worker shall drain. The reply comes when there may be a job:
 *                                     claim from reply.queue with exactly reply.nonce, within SUPERVISOR_CLAIM_MS. With
 *                                     reply.count 0: exit 0 now
 *     HOLD     queue, id, token, waited_ms   the claim gave this job: its lease is renewed from now on, while the step
 *                                     keeps its deadline
 *     DONE     end                    the job was completed, failed or released, or dropped after FENCED. All pins end.
 *                                     What came unasked for this job came before the reply
 *
 * A worker that dies with a nonce and without HOLD may have claimed: the keeper asks the queue. A claim that fails (the
 * queue denies us) is no answer: the worker ends, and is started again with backoff.
 *
 * Units: ms from now, bytes. Errors come back in the reply: REASON_LIMIT_MEMORY for a segment over the budget,
 * REASON_INFRA for a peer that will not start.
 */
#ifndef QUERN_SUPERVISOR_H
#define QUERN_SUPERVISOR_H

#include <stdint.h>

#include "quern/environment.h"
#include "quern/err.h"
#include "quern/jail.h"
#include "quern/queue.h"
#include "quern/record.h"

/* Descriptors of quern-worker at exec. JOB is sealed: the job document in embedded mode, a struct settings in the daemon. */
enum { SUPERVISOR_FD_CALLS = 3, SUPERVISOR_FD_EVENTS = 4, SUPERVISOR_FD_JOB = 5 };

#define SUPERVISOR_MAX_KEYS 64u
#define SUPERVISOR_KEY_BYTES 512u
#define SUPERVISOR_CLAIM_MS 60000 /* one attempt at Redis is shorter; who makes more of them says so: STEP */

enum supervisor_call_kind {
    SUPERVISOR_STEP = 1,
    SUPERVISOR_CONNECT,
    SUPERVISOR_RESERVE,
    SUPERVISOR_GRANT,
    SUPERVISOR_PUBLISH,
    SUPERVISOR_ABANDON,
    SUPERVISOR_KEEP,
    SUPERVISOR_RELEASE,
    SUPERVISOR_WATCH,
    SUPERVISOR_UNWATCH,
    SUPERVISOR_IDLE,
    SUPERVISOR_HOLD,
    SUPERVISOR_DONE,
};

enum supervisor_peer { SUPERVISOR_PEER_CODEC = 1, SUPERVISOR_PEER_ZYGOTE = 2 };

/* Which segment: what the bytes are, which columns, for which pandas.
 * "VERSION|FORMAT|NO_HEADER|COLUMNS|PROFILE|DECIMALS|SHARED", terminated. */
struct supervisor_key {
    char text[SUPERVISOR_KEY_BYTES];
};

/* How a job ended. */
struct supervisor_end {
    uint32_t state, reason; /* enum job_state of the job now, enum reason of its end */
    uint32_t unconfirmed;   /* 1: completed, but not in time as safe as [queue] durability asks */
    uint32_t unused;
    uint64_t peak_bytes; /* of the memory of its largest process; 0: it did not run */
};

struct supervisor_call {
    uint32_t kind; /* enum supervisor_call_kind */
    uint32_t step; /* STEP: enum step */
    uint32_t peer; /* CONNECT: enum supervisor_peer */
    uint32_t count;
    uint64_t deadline_ms;                     /* STEP, WATCH; 0: none */
    uint64_t bytes;                           /* GRANT */
    char environment[ENVIRONMENT_NAME_BYTES]; /* CONNECT to a zygote */
    uint32_t queue;                           /* IDLE, HOLD: index in settings.queues */
    uint32_t drained;                         /* IDLE: 0 or 1 */
    struct supervisor_end end;                /* DONE */
    uint64_t waited_ms;                       /* HOLD: since it was ready */
    struct jail_limits limits;                /* WATCH */
    char wake[QUEUE_WAKE_BYTES];              /* IDLE */
    char id[JOB_ID_BYTES];                    /* HOLD */
    char token[QUEUE_TOKEN_BYTES];            /* HOLD */
    struct supervisor_key keys[SUPERVISOR_MAX_KEYS];
};

enum supervisor_reply_kind {
    SUPERVISOR_REPLY = 1,
    SUPERVISOR_SEGMENT_TURN,
    SUPERVISOR_TREE_EXPIRED,
    SUPERVISOR_CANCEL,
    SUPERVISOR_FENCED,
    SUPERVISOR_RELEASE_NOW,
};

enum supervisor_segment_state { SUPERVISOR_HIT = 1, SUPERVISOR_LOAD, SUPERVISOR_WAIT };

struct supervisor_reply {
    uint32_t kind; /* enum supervisor_reply_kind */
    uint32_t count;
    uint32_t states[SUPERVISOR_MAX_KEYS]; /* RESERVE: per key; SEGMENT_TURN: states[0] for key `index` of the RESERVE */
    uint32_t index;
    uint64_t available;      /* RESERVE: bytes that a segment may have at most, if others let go of theirs */
    uint32_t profile;        /* CONNECT to a zygote: enum segment_profile */
    struct jail_facts facts; /* CONNECT to a zygote: what its children get */
    char python[32], pandas[32];
    struct limits_layers limits; /* CONNECT to a zygote: what environment and host say of them */
    uint32_t queue;              /* IDLE: where to claim */
    char nonce[QUEUE_NONCE_BYTES];
    struct err err; /* REPLY: reason 0 is success */
};

#endif
