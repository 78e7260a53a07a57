/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp programs: compiled once with libseccomp, loaded by each child with one system call.
 *
 * filter_job() denies what a script has no use for: a deny list, because foreign libraries must work. It is closed at the
 * top: numbers that were unknown when it was written do not exist. filter_codec() allows what quern-codec needs, and
 * nothing else. A program for a foreign architecture (i386, x32) is killed.
 *
 * Ownership: filter_free() accepts an empty filter. Errors: REASON_INFRA.
 */
#ifndef QUERN_JAIL_FILTER_H
#define QUERN_JAIL_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

struct filter {
    struct sock_filter *code; /* owned */
    uint16_t count;
    bool (*in_force)(void); /* asks for what this program answers, and neither the kernel nor another one */
};

struct filter_wish {
    bool network_open;
    bool path_truncate; /* truncate(2) by path may be left alone, because Landlock covers it (ABI 3) */
    bool
        shared_machine; /* neither mounts nor process numbers of its own: files and processes of the user are in sight */
    bool shared_uid;    /* scripts have the uid of who gives them files, and would be their owner */
    bool signals_scoped; /* Landlock keeps signals inside (ABI 6); counts for a shared machine */
    bool
        memory_counted; /* the kernel counts all memory that a job adds: calls may be left alone that hide it from who looks */
};

MUST_USE int filter_job(const struct filter_wish *wish, struct filter *ret, struct err *err);
MUST_USE int filter_codec(struct filter *ret, struct err *err);
void filter_free(struct filter *filter);

/* Whether this kernel takes filters at all. */
bool filter_possible(void);

/* For ever, for this thread and what comes of it, and proven to be so. Needs no_new_privs. */
MUST_USE int filter_load(const struct filter *filter, struct err *err);

#endif
