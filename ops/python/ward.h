/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ward: one child in the care of the zygote, from the request to the last trace of its tree.
 *
 * Calling sequence: ward_fork() → poll on `control`, `pidfd` and the init's pidfd → ward_unwanted() at the end of
 * `control` → ward_died() when `pidfd` is readable → ward_ended() when the init's is: the slot is free again.
 *
 * Without a pid namespace there is no init, and nothing to poll on: ward_turn() now and then, as ward_turn_ms() says. The slot
 * is free when the worker has closed `control`, until which it may look at the work directory, and that is removed.
 *
 * Ownership: struct ward owns its descriptors; dead ones are -1. Nothing here waits for a hostile process: a tree is
 * only killed and its death polled for.
 */
#ifndef QUERN_PYTHON_WARD_H
#define QUERN_PYTHON_WARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ops/python/heritage.h"
#include "quern/host.h"
#include "quern/jail.h"

struct ward {
    bool living;
    pid_t pid;
    int pidfd;        /* the child; -1 when it is reaped */
    int control;      /* with the worker; -1 when that is gone, or there is none yet */
    int conversation; /* of a standby child: the worker's end; otherwise -1 */
    uint64_t born_ns;
    uint64_t woken_ns;               /* of a standby child: when it was told SOON; 0: never */
    uint64_t work_bytes, work_files; /* of the work directory as it was made */
    int report;                      /* read end of what the child says before its script */
    int init;                        /* pidfd of the tree's pid 1; -1 when it is reaped, or there is none */
    bool group;                      /* there is none: the tree is the child's process group */
    bool ended;                      /* of a group: nobody is left, what was told is told */
    struct host_exited exited;       /* filled as it becomes known */
};

void ward_clear(struct ward *ward);

/* Forks a child that gets `heritage`, but for its two descriptors, which are made here; `control` is -1 for a standby child,
 * which is given away later. `control` is borrowed on failure, owned on success. In the child it does not return.
 * Errors: REASON_INFRA: nothing was forked, the zygote is as before. REASON_BUG: the zygote must end. */
MUST_USE int ward_fork(struct ward *ward, const struct heritage *heritage, uint64_t inherited_bytes, int control,
                       struct err *err);

/* A standby child: forked, and not given away. */
static inline bool ward_stands_by(const struct ward *ward) { return ward->living && ward->conversation >= 0; }

/* Whether it has come as far as to wait for its job. */
bool ward_is_ready(const struct ward *ward);

/* A standby child whose job may come, or will come, is told SOON, where the machine has a processor to spare. `perhaps`:
 * once only for several who claim at a time. */
void ward_wake(struct ward *ward, bool perhaps);

/* Gives a standby child to whoever has the other end of `control`, which is borrowed on failure, owned on success. On
 * failure the child is as good as dead. */
MUST_USE int ward_give(struct ward *ward, const struct jail *jail, const struct host_spawn *request,
                       uint64_t inherited_bytes, int control, struct err *err);

/* The worker has closed its end: the tree is killed. */
void ward_unwanted(struct ward *ward);

/* Reaps the child and kills what it left behind. */
void ward_died(struct ward *ward);

/* Reaps the init, tells the worker how it ended, forgets all. */
void ward_ended(struct ward *ward);

/* Of a group: buries, and goes on to its end. */
void ward_turn(struct ward *ward, struct jail *jail, uint32_t slot);

/* After how many milliseconds at the latest; -1: never. */
int ward_turn_ms(const struct ward *ward);

/* Nothing was forked: tells so on `control`. */
void ward_refuse(int control, const struct err *err);

#endif
