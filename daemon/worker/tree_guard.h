/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a tree while its worker may be busy with something else: a thread that does nothing but tree_watch_look(), and
 * kills the tree when it is beyond a limit, or cannot be looked at any more.
 *
 * Calling sequence: tree_guard_init() → tree_watch_input(), tree_watch_begin() on `watch` → tree_guard_start(), at
 * tree_guard_next_ns() or before anything that may take its time → tree_guard_work() as soon as the work directory is known
 * → tree_guard_end(), when the tree is dead or nobody wants it → the rest of tree_watch.h → tree_guard_done().
 *
 * A guard stays where it was made. Errors: REASON_INFRA for the thread.
 */
#ifndef DAEMON_TREE_GUARD_H
#define DAEMON_TREE_GUARD_H

#include <pthread.h>

#include "tree_watch.h"

struct tree_guard {
    struct tree_watch watch; /* the thread's as long as there is one */
    int tree;                /* pidfd; borrowed */
    bool running, ending;    /* ending: for good */
    pthread_t thread;
    pthread_mutex_t lock; /* of `watch` and `ending` */
    pthread_cond_t wake;
    int found; /* what tree_watch_look() said last, with its two errors */
    struct err why, err;
};

void tree_guard_init(struct tree_guard *guard);
void tree_guard_done(struct tree_guard *guard);

/* When the thread is needed at the latest; CLOCK_NEVER: it is there, it was ended, or there is nothing to look at. */
uint64_t tree_guard_next_ns(const struct tree_guard *guard);
/* Does nothing when it is not needed. */
MUST_USE int tree_guard_start(struct tree_guard *guard, int tree, struct err *err);
void tree_guard_work(struct tree_guard *guard, const struct jail_facts *facts, int work_dir);

/* tree_watch_lend(), tree_watch_take_back() */
void tree_guard_lend(struct tree_guard *guard, int file);
bool tree_guard_take_back(struct tree_guard *guard, int file);

/* 0: nothing was found. 1: the tree was beyond a limit; *ret_why names it. -1: it could not be looked at. Once more: 0.
 * Nothing begins it again: from here on `watch` is the caller's alone. */
MUST_USE int tree_guard_end(struct tree_guard *guard, struct err *ret_why, struct err *err);

#endif
