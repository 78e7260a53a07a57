/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zygote's loop: takes requests for children, forks them, watches over them, tells how they ended.
 *
 * It ends with 0 when the supervisor has closed its end, or when nobody can ask for a child any more and the last one has
 * ended; and with -1 when it can no longer be trusted to fork (REASON_BUG).
 * All its children die with it. Nothing that a child or a worker does ends it.
 */
#ifndef QUERN_PYTHON_ZYGOTE_H
#define QUERN_PYTHON_ZYGOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/jail.h"

struct zygote_options {
    struct jail *jail;
    uint32_t profile;         /* enum segment_profile */
    uint32_t standby;         /* children to keep ready */
    uint32_t standby_ms;      /* how long one waits for its job */
    bool bare;                /* nothing is loaded but the interpreter */
    uint64_t inherited_bytes; /* of host_spawned */
    int requests;             /* host_spawn records, each with a control socket */
    int supervisor;           /* its end of file is the end */
};

MUST_USE int zygote_run(const struct zygote_options *options, struct err *err);

#endif
