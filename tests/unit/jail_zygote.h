/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role that is a zygote: it opens a jail and starts children in trees, as quern-python does. What fails is told on
 * ROLE_OUT, and makes the functions return something else than 0.
 */
#ifndef QUERN_TEST_JAIL_ZYGOTE_H
#define QUERN_TEST_JAIL_ZYGOTE_H

#include "tests/unit/jail_roles.h"

/* What a jailed child does; its exit status. */
typedef int zygote_child_fn(const struct jail *jail, int work_dir);

struct zygote_tree {
    int init;
    pid_t child;
};

int zygote_tell(const struct err *err);
int zygote_open(bool network_open, struct jail **ret);

/* `keep_fd`: a descriptor that the child has beside ROLE_OUT, or -1. */
int zygote_start_child(const struct jail *jail, uint32_t slot, zygote_child_fn *run, int keep_fd,
                       struct zygote_tree *ret);

/* The child's wait status; its tree is dead and reaped then. */
int zygote_end_child(struct zygote_tree *tree, int *ret_status);

/* A zygote with one child: the child's exit status is the role's. */
int zygote_with_child(zygote_child_fn *run, bool network_open);

#endif
