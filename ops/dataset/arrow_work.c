// SPDX-License-Identifier: Apache-2.0
#include "arrow_work.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MAX_THREADS = 64 };

// Less than this is done before a thread has started.
#define WORTH_A_THREAD ((uint64_t)256 << 10)

struct work {
    struct arrow_task *tasks;
    uint64_t count;
    uint64_t ceiling;
    atomic_uint_fast64_t next;
    atomic_bool failed;
    pthread_mutex_t lock;
    const struct arrow_piece *culprit; // under the lock, as is err
    struct err err;
};

static int by_cost(const void *a, const void *b) {
    const struct arrow_task *left = a, *right = b;
    if (left->cost != right->cost)
        return left->cost > right->cost ? -1 : 1;
    return left->pieces < right->pieces ? -1 : left->pieces > right->pieces;
}

static void blame(struct work *work, const struct arrow_piece *piece, const struct err *err) {
    pthread_mutex_lock(&work->lock);
    if (!work->culprit || piece < work->culprit) {
        work->culprit = piece;
        work->err = *err;
    }
    pthread_mutex_unlock(&work->lock);
    atomic_store(&work->failed, true);
}

static void do_task(struct work *work, const struct arrow_task *task, struct arrow_worker *worker) {
    struct err err;
    for (uint64_t i = 0; i < task->count; i++)
        if (task->step(worker, task->source, &task->pieces[i], task->target, work->ceiling, &err) < 0) {
            blame(work, &task->pieces[i], &err);
            return;
        }
}

static void *toil(void *context) {
    struct work *work = context;
    struct arrow_worker worker = {0};
    while (!atomic_load_explicit(&work->failed, memory_order_relaxed)) {
        uint64_t index = atomic_fetch_add(&work->next, 1);
        if (index >= work->count)
            break;
        do_task(work, &work->tasks[index], &worker);
    }
    arrow_worker_done(&worker);
    return NULL;
}

static uint32_t count_cores(void) {
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) < 0 ? 1 : (uint32_t)CPU_COUNT(&cores);
}

uint32_t arrow_work_threads(uint32_t threads) {
    uint32_t most = threads ? threads : count_cores();
    return most > MAX_THREADS ? MAX_THREADS : most;
}

static uint32_t useful_threads(const struct work *work, uint32_t threads) {
    uint64_t cost = 0, most = arrow_work_threads(threads);
    for (uint64_t i = 0; i < work->count; i++)
        cost += work->tasks[i].cost;
    if (most > work->count)
        most = work->count;
    if (most > cost / WORTH_A_THREAD + 1)
        most = cost / WORTH_A_THREAD + 1;
    return (uint32_t)most;
}

int arrow_work_run(struct arrow_task *tasks, uint64_t count, uint32_t threads, uint64_t ceiling, struct err *err) {
    struct work work = {.tasks = tasks, .count = count, .ceiling = ceiling, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t helpers[MAX_THREADS];
    uint32_t started = 0;
    if (count == 0)
        return 0;
    qsort(tasks, count, sizeof *tasks, by_cost);
    // This thread works too, and alone where no other can be had.
    threads = useful_threads(&work, threads);
    while (started + 1 < threads && pthread_create(&helpers[started], NULL, toil, &work) == 0)
        started++;
    toil(&work);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
    pthread_mutex_destroy(&work.lock);
    return atomic_load(&work.failed) ? err_set(err, (enum reason)work.err.reason, "%s", work.err.msg) : 0;
}
