// SPDX-License-Identifier: Apache-2.0
// Threads take buffers, the largest first so that all end together; whoever finds the next one of the file finished gives
// it its place and writes it. What is finished early waits in memory, compressed; so much would wait of a very large
// table that its buffers are taken in the order of the file.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "arrow_write.h"
#include "quern/own.h"

#define SAMPLE_BYTES ((size_t)32 << 10)
#define SAMPLES 4u
#define SHARED_BYTES ((size_t)64 << 20)
#define MAX_WAITING_BYTES ((uint64_t)1 << 30)
#define RAW_PREFIX (-1) /* in place of the size: the bytes follow as they are */

// Compression has to save a tenth: reading compressed bytes back costs ten times as much as reading raw ones.
static bool pays(size_t raw, size_t compressed) { return compressed <= raw - raw / 10; }

struct output {
    int64_t prefix;
    const void *bytes; // in `kept` or in the segment
    size_t count;      // 0: no buffer at all
    struct arrow_scratch kept;
    bool finished;
};

struct task {
    size_t buffer;  // index
    uint64_t bytes; // about
};

struct pool {
    struct arrow_plan *plan;
    uint64_t total;              // bytes of all tasks
    struct task *tasks;          // one per buffer
    struct output *outputs;      // one per buffer
    struct arrow_scratch *spare; // stack of buffers to use again
    size_t spares;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; // of everything below, the spares, the outputs' `finished` and the plan's position and places
    size_t placed;
    uint32_t message; // being placed; message_count: before the first
    uint64_t body;    // where its body begins
    struct err err;
};

struct worker {
    struct pool *pool;
    ZSTD_CCtx *context;
    struct arrow_scratch scratch;
};

static struct arrow_scratch take_spare(struct pool *pool) {
    struct arrow_scratch spare = {0};
    pthread_mutex_lock(&pool->lock);
    if (pool->spares)
        spare = pool->spare[--pool->spares];
    pthread_mutex_unlock(&pool->lock);
    return spare;
}

static int compress_bytes(struct worker *worker, void *to, size_t capacity, const void *from, size_t count,
                          size_t *ret_bytes, struct err *err) {
    size_t bytes = ZSTD_compress2(worker->context, to, capacity, from, count);
    if (ZSTD_isError(bytes))
        return err_set(err, REASON_INFRA, "compressing %zu bytes: %s", count, ZSTD_getErrorName(bytes));
    *ret_bytes = bytes;
    return 0;
}

// One buffer that is more than half of all would keep one core busy alone: zstd shares it among threads, within one
// frame. That depends on sizes only, never on the number of threads, because it changes the bytes of the frame.
static int share(struct worker *worker, size_t count, struct err *err) {
    bool shared = count >= SHARED_BYTES && count > worker->pool->total / 2;
    int threads = shared ? (int)worker->pool->plan->threads : 0;
    size_t set = ZSTD_CCtx_setParameter(worker->context, ZSTD_c_nbWorkers, threads);
    // A libzstd without threads does it alone.
    if (ZSTD_isError(set) && ZSTD_getErrorCode(set) != ZSTD_error_parameter_unsupported)
        return err_set(err, REASON_INFRA, "compressing on %d threads: %s", threads, ZSTD_getErrorName(set));
    return 0;
}

// Looks at a few pieces of a large buffer, so that random numbers cost little.
static int sample_pays(struct worker *worker, const struct arrow_source *source, struct arrow_scratch *room,
                       bool *ret_pays, struct err *err) {
    size_t total = 0, step = (source->count - SAMPLE_BYTES) / (SAMPLES - 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t bytes = 0;
        const char *piece = (const char *)source->bytes + i * step;
        TRY(compress_bytes(worker, room->bytes, room->capacity, piece, SAMPLE_BYTES, &bytes, err));
        total += bytes;
    }
    *ret_pays = pays(SAMPLE_BYTES * SAMPLES, total);
    return 0;
}

static int try_compression(struct worker *worker, const struct arrow_source *source, struct output *output,
                           struct err *err) {
    bool worth = true;
    size_t bytes = 0;
    TRY(arrow_scratch_reserve(&output->kept, ZSTD_compressBound(source->count), err));
    TRY(share(worker, 0, err));
    if (source->count >= 8 * SAMPLES * SAMPLE_BYTES)
        TRY(sample_pays(worker, source, &output->kept, &worth, err));
    if (!worth)
        return 0;
    TRY(share(worker, source->count, err));
    TRY(compress_bytes(worker, output->kept.bytes, output->kept.capacity, source->bytes, source->count, &bytes, err));
    if (!pays(source->count, bytes))
        return 0;
    output->prefix = (int64_t)source->count;
    output->bytes = output->kept.bytes;
    output->count = bytes;
    return 0;
}

// The output takes over the scratch where it refers to it.
static void keep_raw(struct worker *worker, const struct arrow_source *source, struct output *output) {
    output->prefix = RAW_PREFIX;
    output->bytes = source->bytes;
    output->count = source->count;
    if (!source->in_scratch)
        return;
    struct arrow_scratch other = output->kept;
    output->kept = worker->scratch;
    worker->scratch = other;
}

static int fill(struct worker *worker, size_t index, struct err *err) {
    struct pool *pool = worker->pool;
    const struct arrow_buffer *buffer = &pool->plan->buffers[index];
    struct output *output = &pool->outputs[index];
    struct arrow_source source = {0};
    TRY(arrow_column_part(pool->plan->segment, segment_array(pool->plan->segment, buffer->array),
                          (enum arrow_part)buffer->part, &worker->scratch, &source, err));
    if (source.count == 0)
        return 0;
    output->kept = take_spare(pool);
    TRY(try_compression(worker, &source, output, err));
    if (output->count == 0)
        keep_raw(worker, &source, output);
    return 0;
}

static void close_message(struct pool *pool) {
    struct arrow_plan *plan = pool->plan;
    if (pool->message < plan->message_count)
        plan->messages[pool->message].block.body_bytes = (int64_t)(plan->position - pool->body);
}

static void open_message(struct pool *pool, uint32_t index) {
    struct arrow_plan *plan = pool->plan;
    struct arrow_block *block = &plan->messages[index].block;
    close_message(pool);
    block->offset = (int64_t)plan->position;
    plan->position += (uint64_t)block->metadata_bytes;
    pool->message = index;
    pool->body = plan->position;
}

// Gives the next buffer its place. Returns where in the file that is.
static uint64_t place(struct pool *pool) {
    struct arrow_plan *plan = pool->plan;
    const struct output *output = &pool->outputs[pool->placed];
    struct arrow_place *place = &plan->places[pool->placed];
    if (plan->buffers[pool->placed].message != pool->message)
        open_message(pool, plan->buffers[pool->placed].message);
    uint64_t position = plan->position;
    size_t stored = output->count ? sizeof output->prefix + output->count : 0;
    *place = (struct arrow_place){(int64_t)(position - pool->body), (int64_t)stored};
    plan->position += arrow_align(stored);
    pool->placed++;
    return position;
}

static int write_output(const struct arrow_plan *plan, uint64_t position, const struct output *output,
                        struct err *err) {
    if (output->count == 0)
        return 0;
    TRY(arrow_write_at(plan->output, position, &output->prefix, sizeof output->prefix, err));
    return arrow_write_at(plan->output, position + sizeof output->prefix, output->bytes, output->count, err);
}

// Under the lock; gives it up while writing.
static int write_finished(struct pool *pool, struct err *err) {
    int result = 0;
    while (result == 0 && pool->placed < pool->plan->buffer_count && pool->outputs[pool->placed].finished) {
        struct output output = pool->outputs[pool->placed];
        pool->outputs[pool->placed].kept = (struct arrow_scratch){0};
        uint64_t position = place(pool);
        pthread_mutex_unlock(&pool->lock);
        result = write_output(pool->plan, position, &output, err);
        pthread_mutex_lock(&pool->lock);
        if (output.kept.bytes)
            pool->spare[pool->spares++] = output.kept;
    }
    return result;
}

static int finish(struct pool *pool, size_t index, struct err *err) {
    pthread_mutex_lock(&pool->lock);
    pool->outputs[index].finished = true;
    int result = write_finished(pool, err);
    pthread_mutex_unlock(&pool->lock);
    return result;
}

static void report(struct pool *pool, const struct err *err) {
    pthread_mutex_lock(&pool->lock);
    if (!atomic_exchange(&pool->failed, true))
        pool->err = *err;
    pthread_mutex_unlock(&pool->lock);
}

static int work(struct worker *worker, struct err *err) {
    struct pool *pool = worker->pool;
    worker->context = ZSTD_createCCtx();
    if (!worker->context)
        return err_set(err, REASON_INFRA, "out of memory for a compressor");
    size_t set = ZSTD_CCtx_setParameter(worker->context, ZSTD_c_compressionLevel, (int)pool->plan->level);
    if (ZSTD_isError(set))
        return err_set(err, REASON_INFRA, "compression level %u: %s", pool->plan->level, ZSTD_getErrorName(set));
    while (!atomic_load(&pool->failed)) {
        size_t task = atomic_fetch_add(&pool->next, 1);
        if (task >= pool->plan->buffer_count)
            break;
        size_t index = pool->tasks[task].buffer;
        TRY(fill(worker, index, err));
        TRY(finish(pool, index, err));
    }
    return 0;
}

static void *worker_main(void *context) {
    struct worker worker = {.pool = context};
    struct err err;
    if (work(&worker, &err) < 0)
        report(worker.pool, &err);
    ZSTD_freeCCtx(worker.context);
    arrow_scratch_done(&worker.scratch);
    return NULL;
}

// The caller works as well; threads that cannot be had are done without.
static void run(struct pool *pool) {
    pthread_t threads[ARROW_MAX_THREADS];
    uint32_t started = 0;
    size_t wanted = pool->plan->threads < pool->plan->buffer_count ? pool->plan->threads : pool->plan->buffer_count;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, worker_main, pool) == 0)
        started++;
    worker_main(pool);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

static void pool_done(struct pool *pool) {
    for (size_t i = 0; pool->outputs && i < pool->plan->buffer_count; i++)
        arrow_scratch_done(&pool->outputs[i].kept);
    while (pool->spares > 0)
        arrow_scratch_done(&pool->spare[--pool->spares]);
    free(pool->outputs);
    free(pool->spare);
    free(pool->tasks);
    pthread_mutex_destroy(&pool->lock);
}

static uint64_t task_bytes(const struct arrow_plan *plan, size_t index) {
    const struct arrow_buffer *buffer = &plan->buffers[index];
    const struct segment_array *array = segment_array(plan->segment, buffer->array);
    if (buffer->part == ARROW_VALIDITY)
        return array->null_count ? array->length / 8 : 0;
    return buffer->part == ARROW_OFFSETS ? array->offsets.bytes : array->values.bytes;
}

static int largest_first(const void *a, const void *b) {
    const struct task *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->buffer < y->buffer ? -1 : 1;
}

static void order_tasks(struct pool *pool) {
    for (size_t i = 0; i < pool->plan->buffer_count; i++) {
        pool->tasks[i] = (struct task){.buffer = i, .bytes = task_bytes(pool->plan, i)};
        pool->total += pool->tasks[i].bytes;
    }
    if (pool->total <= MAX_WAITING_BYTES)
        qsort(pool->tasks, pool->plan->buffer_count, sizeof *pool->tasks, largest_first);
}

// Messages without buffers, as that of a table without columns, have not been opened by any.
static void close_all(struct pool *pool) {
    uint32_t last = pool->plan->message_count - 1;
    if (pool->message != last)
        open_message(pool, last);
    close_message(pool);
}

static int fill_all(struct pool *pool, struct err *err) {
    size_t count = pool->plan->buffer_count ? pool->plan->buffer_count : 1;
    pool->outputs = calloc(count, sizeof *pool->outputs);
    pool->spare = calloc(count, sizeof *pool->spare);
    pool->tasks = calloc(count, sizeof *pool->tasks);
    if (!pool->outputs || !pool->spare || !pool->tasks)
        return err_set(err, REASON_INFRA, "out of memory for %zu buffers", count);
    order_tasks(pool);
    run(pool);
    if (pool->failed) {
        if (err)
            *err = pool->err;
        return -1;
    }
    close_all(pool);
    return 0;
}

int arrow_compress(struct arrow_plan *plan, struct err *err) {
    struct pool pool = {.plan = plan, .message = plan->message_count, .lock = PTHREAD_MUTEX_INITIALIZER};
    int result = fill_all(&pool, err);
    pool_done(&pool);
    return result;
}
