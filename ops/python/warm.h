/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warming up: everything that every job would pay again is done once, before the first fork.
 *
 * Calling sequence: in the zygote interpreter_open() → warm_open(); in a child warm_touch(), after the jail, before
 * the first submitted byte, when there is time.
 * Errors: REASON_CONFIG, naming environment and module.
 */
#ifndef QUERN_PYTHON_WARM_H
#define QUERN_PYTHON_WARM_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/environment.h"
#include "quern/err.h"

/* What is worth its time when many jobs come. For a single one both cost more than they give. */
struct warm_options {
    bool rehearse; /* a small job, and a full garbage collection */
    bool collapse; /* the heap onto huge pages: forks are cheaper */
    bool bare;     /* only what reads scripts: no preloads, no pandas */
};

struct warm_facts {
    char python[32], pandas[32];
    uint32_t profile;         /* enum segment_profile */
    uint64_t import_us;       /* imports and warm-up */
    uint64_t collapsed_bytes; /* of the heap on huge pages */
};

/* Imports the preloads in order and the glue, does what `options` say, freezes the heap for the garbage collector. The
 * process still has one thread afterwards. */
MUST_USE int warm_open(const struct environment *environment, const struct warm_options *options,
                       struct warm_facts *ret, struct err *err);

/* Runs the same small job again, for the copies of pages that a fork owes. It leaves nothing behind. */
MUST_USE int warm_touch(struct err *err);

/* Compiles a few lines, which is what takes longest on the way to the first line of a script, and most of all when it is
 * long ago. It leaves nothing behind. */
MUST_USE int warm_compiler(struct err *err);

#endif
