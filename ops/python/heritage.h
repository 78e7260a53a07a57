/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a child gets from its zygote by being forked. What is not listed here and is not freed before the fork is
 * a mistake: a child runs foreign code and can read every byte of its memory.
 *
 *     memory       the interpreter with its imports, warmed up; struct jail; struct zygote (slots, pids, descriptor
 *                  numbers: no content); the environment descriptor's text. No credential ever comes near it: the
 *                  process was exec'd with a cleaned environment and was told nothing else.
 *     descriptors  0 (null), 1 and 2 (the host's log; `unread` as soon as the jail is on, the job's at COMMIT),
 *                  `conversation`, `report`. jail_prepare() closes all others: the request socket, the supervisor's,
 *                  those of other children.
 *     identity     the zygote's uid in its namespace and its capabilities there, until jail_prepare() takes them away
 *     namespaces   network, ipc, uts and mounts of the zygote; the pid namespace of its own tiny init
 *     random       Python's `random` is seeded afresh by the fork hooks, numpy's legacy generator and multiprocessing's
 *                  key by the glue. The hash of a text is the same in all children of a zygote
 */
#ifndef QUERN_PYTHON_HERITAGE_H
#define QUERN_PYTHON_HERITAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "quern/jail.h"

struct heritage {
    struct jail *jail;
    uint32_t slot;
    uint32_t profile;          /* enum segment_profile */
    bool standby;              /* nobody waits: there is time to warm up */
    bool bare;                 /* nothing is loaded that could be warmed up */
    struct jail_limits limits; /* of the work directory */
    int conversation;          /* with the worker: host_call in, host_answer out */
    int report;                /* to the zygote: struct heritage_report */
    int unread; /* a pipe that nobody reads; of all children, so that none has to wait until it is freed */
};

/* What a child says before its script begins, one or two records; nobody has the pipe afterwards. */
struct heritage_report {
    struct timeval user, system; /* CPU time that it used before COMMIT: not its job's; or zero */
    struct err err;              /* why it gives up, or no reason */
};

#endif
