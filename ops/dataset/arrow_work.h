/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of pieces to decode, done by all cores. The largest come first, so that no thread is left with one at the end.
 * Errors: that of the first piece, in the order of the file, among those which failed; the rest is not begun.
 */
#ifndef DATASET_ARROW_WORK_H
#define DATASET_ARROW_WORK_H

#include "arrow_decode.h"

typedef int arrow_step(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                       const struct arrow_target *target, uint64_t ceiling, struct err *err);

struct arrow_task {
    arrow_step *step;
    const struct arrow_source *source;
    struct arrow_piece *pieces; /* of `source`, one behind the other, done in this order by one thread */
    uint64_t count;
    const struct arrow_target *target;
    uint64_t cost; /* bytes, roughly */
};

/* Threads that there are at the most. `threads`: 0 for one per core. */
uint32_t arrow_work_threads(uint32_t threads);

/* Sorts `tasks`. `threads` as above. */
MUST_USE int arrow_work_run(struct arrow_task *tasks, uint64_t count, uint32_t threads, uint64_t ceiling,
                            struct err *err);

#endif
