/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of a job child (quern/host.h): ask for one, tell it its call, listen until its whole tree is dead, and
 * say what became of it. Everything the child says is hostile.
 *
 * Calling sequence: child_ask() → child_init() → child_take() → child_send(), child_listen() ... → child_attend() →
 * child_verdict() → child_done().
 * child_done() at any moment kills the tree, and does not return before it is dead and the supervisor knows: whatever failed,
 * nothing of the child outlives it.
 *
 * Ownership: a struct child owns its descriptors; the spools belong to the caller. Errors of the functions are ours
 * (REASON_INFRA); what the child or its script did wrong is the verdict.
 */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

#include "quern/host.h"
#include "quern/job.h"
#include "quern/request.h"
#include "spool.h"
#include "supervisor_calls.h"
#include "tree_guard.h"

struct child_listener {
    void *context;
    /* A result segment: sealed, within the limit; ownership of `fd` passes also on failure. A failure ends the child. */
    int (*on_result)(void *context, const struct host_answer *answer, int fd, struct err *err);
    void (*on_note)(void *context, const char *about, const char *text);
    void (*on_output)(void *context, uint32_t stream, const char *bytes, size_t count); /* NULL: nobody listens */
    /* A request of the script (quern/request.h), with descriptors of whatever kind. A failure ends the child. */
    int (*on_request)(void *context, int work_dir, struct request *request, const int *fds, size_t fd_count,
                      struct err *err);
    /* Somebody else who is attended in passing: a descriptor to watch or -1, and when a turn is due at the latest; then the
     * turn. NULL: nobody. */
    int (*on_wait)(void *context, uint64_t *ret_deadline_ns);
    void (*on_turn)(void *context);
    uint64_t result_bytes;   /* ceiling of one segment */
    struct spool *out, *err; /* NULL when the job has the terminal */
};

/* Measured between DONE and the child's end. */
struct child_memory {
    uint64_t private_dirty_bytes;
    uint64_t copied_on_write_bytes;
};

#define CHILD_MET(reason) (UINT64_C(1) << (reason)) /* as in host_answer.met */

struct child {
    struct supervisor_calls *calls;
    int control, conversation;
    int requests;      /* our end of its channel; -1: it has none */
    int tree, process; /* pidfds */
    bool watched;      /* by the supervisor: its tree may live */
    int work_dir;
    uint32_t answers;
    bool done;
    bool exited;
    struct host_exited exit;
    struct host_answer raised; /* kind 0: nothing was raised */
    char traceback[HOST_VALUE_BYTES];
    struct err refused; /* what we found wrong with it; reason 0: nothing */
    uint64_t met;       /* CHILD_MET() of limits that a process told of, or that were found reached in the end */
    bool segments;      /* it has some in its memory, or had */
    struct child_memory memory;
    struct jail_facts facts;
    struct jail_limits limits; /* of COMMIT */
    uint64_t time_ms;
    uint64_t inherited_bytes;
    struct tree_guard guard;
};

void child_init(struct child *child, struct supervisor_calls *calls);
void child_done(struct child *child);

/* Returns our end of the conversation with the zygote; who closes it kills the child. Does not wait: with HOST_AHEAD the child
 * is found or forked, jailed and warm while the worker does something else. */
MUST_USE int child_ask(int zygote, const struct job_limits *limits, enum host_when when, struct err *err);
/* Waits for the child. From here on the supervisor watches its tree, and its time runs. `control`: of child_ask(); owned
 * also on failure. */
MUST_USE int child_take(struct child *child, int control, const struct job_limits *limits, struct err *err);
MUST_USE int child_send(struct child *child, const struct host_call *call, const int *fds, size_t fd_count,
                        struct err *err);
/* Gives it a channel for requests. */
MUST_USE int child_listen(struct child *child, struct err *err);
MUST_USE int child_attend(struct child *child, const struct child_listener *listener, struct err *err);

/* 0: it did its task. -1: *err says why not, in the words of schemas/words.def. Limits that were reached and are not in it are
 * told as notes, and so is how the script had failed when it was ended later, by something else. */
MUST_USE int child_verdict(const struct child *child, const struct host_call *commit,
                           const struct child_listener *listener, struct err *err);

#endif
