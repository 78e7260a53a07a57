// SPDX-License-Identifier: Apache-2.0
#include "profile_work.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "quern/own.h"

enum { MAX_THREADS = 64, SLICE_ROWS = 1 << 21 };

struct column {
    struct profile_column *result;
    struct profile_slice whole;
    uint64_t first_item; // its slices follow one another
    uint64_t slices, left;
    double *sums;  // owned; one for each slice: added up in their order, whoever was first
    uint8_t *used; // owned; dictionaries: values in use
    struct profile_set set;
    atomic_bool enough; // the set is full
};

struct survey;
typedef int step_fn(struct survey *survey, struct column *column, const struct profile_slice *slice, uint64_t index,
                    struct err *err);

struct survey {
    struct column *columns; // owned
    uint32_t count;
    uint64_t items;
    step_fn *step;
    atomic_uint_fast64_t next;
    atomic_bool failed;
    struct err err;       // of the thread that set `failed`
    pthread_mutex_t lock; // of what columns hold together
};

static enum segment_kind kind_of(const struct column *column) { return (enum segment_kind)column->whole.array->kind; }

static bool has_set(const struct column *column) {
    return profile_is_number(kind_of(column)) || segment_kind_is_bytes(kind_of(column));
}

/* ---- what a column holds, once its slices are known ---- */

// Of an ordered dictionary the codes tell which value is less; texts are compared; of other values the first and last.
static void finish_codes(struct column *column) {
    const struct profile_slice *whole = &column->whole;
    const struct segment_array *dictionary = segment_array(whole->segment, whole->array->dictionary);
    const struct profile_slice values = {whole->segment, dictionary, 0, dictionary->length};
    bool texts = segment_kind_is_bytes((enum segment_kind)dictionary->kind) && !(whole->array->flags & SEGMENT_ORDERED);
    struct profile_column *result = column->result;
    for (uint64_t code = 0; code < dictionary->length; code++) {
        if (!column->used[code])
            continue;
        if (result->distinct++ == 0)
            result->least = result->most = code;
        if (texts && profile_less(&values, code, result->least))
            result->least = code;
        if (!texts || profile_less(&values, result->most, code))
            result->most = code;
    }
}

static bool is_booleans(const struct column *column) {
    return kind_of(column) == SEGMENT_BOOL || kind_of(column) == SEGMENT_FLAGS;
}

static void finish_booleans(struct column *column) {
    struct profile_column *result = column->result;
    result->distinct = (result->bins[0] > 0 ? 1u : 0u) + (result->bins[1] > 0 ? 1u : 0u);
    result->bin_count = result->present ? 2 : 0;
    result->has_mean = result->present > 0;
    result->mean = (double)result->bins[1] / (double)result->present;
}

// Instants and times of a day have no sum.
static void finish_mean(struct column *column) {
    struct profile_column *result = column->result;
    double sum = 0;
    for (uint64_t i = 0; i < column->slices; i++)
        sum += column->sums[i];
    result->has_mean = result->present > 0 && kind_of(column) != SEGMENT_TIMESTAMP && kind_of(column) != SEGMENT_TIME;
    result->mean = sum / (double)result->present;
}

static void release(struct column *column) {
    free(column->sums);
    free(column->used);
    profile_set_done(&column->set);
    column->sums = NULL;
    column->used = NULL;
}

static void finish(struct column *column) {
    if (has_set(column)) {
        column->result->distinct = column->set.more ? PROFILE_DISTINCT : column->set.count;
        column->result->distinct_more = column->set.more;
    }
    if (profile_is_number(kind_of(column)))
        finish_mean(column);
    else if (segment_kind_is_codes(kind_of(column)))
        finish_codes(column);
    else if (is_booleans(column))
        finish_booleans(column);
    release(column);
}

/* ---- the first pass: range, sum, different values ---- */

static int new_set(const struct column *column, uint64_t rows, struct profile_set *set, struct err *err) {
    const struct profile_slice *whole = &column->whole;
    bool texts = segment_kind_is_bytes(kind_of(column));
    return profile_set_init(set, rows, texts ? segment_at(whole->segment, whole->array->values) : NULL,
                            texts ? segment_at(whole->segment, whole->array->offsets) : NULL, err);
}

// Memory is taken when the first slice begins, so that few columns have it at a time.
static int begin(struct column *column, struct err *err) {
    const struct segment_array *array = column->whole.array;
    if (column->sums)
        return 0;
    column->sums = calloc(column->slices, sizeof *column->sums);
    if (column->sums && segment_kind_is_codes(kind_of(column)))
        column->used = calloc(segment_array(column->whole.segment, array->dictionary)->length + 1, 1);
    if (!column->sums || (segment_kind_is_codes(kind_of(column)) && !column->used))
        return err_set(err, REASON_INFRA, "out of memory for the profile of a column");
    return has_set(column) ? new_set(column, array->length, &column->set, err) : 0;
}

// Of equal values the first one counts, whichever slice was done first.
static uint64_t pick(const struct profile_slice *whole, uint64_t old, uint64_t new, bool new_wins) {
    bool equal = !profile_less(whole, old, new) && !profile_less(whole, new, old);
    return (equal ? new < old : new_wins) ? new : old;
}

static void merge_range(struct column *column, const struct profile_piece *piece) {
    struct profile_column *result = column->result;
    const struct profile_slice *whole = &column->whole;
    if (piece->present == 0 || segment_kind_is_codes(kind_of(column)))
        return;
    if (result->present == 0) {
        result->least = piece->least;
        result->most = piece->most;
        return;
    }
    result->least = pick(whole, result->least, piece->least, profile_less(whole, piece->least, result->least));
    result->most = pick(whole, result->most, piece->most, profile_less(whole, result->most, piece->most));
}

static void merge(struct column *column, uint64_t index, const struct profile_piece *piece,
                  const struct profile_set *set) {
    merge_range(column, piece);
    column->result->present += piece->present;
    column->sums[index] = piece->sum;
    if (is_booleans(column)) {
        column->result->bins[0] += piece->present - piece->trues;
        column->result->bins[1] += piece->trues;
    }
    if (set->slots && !column->set.more)
        profile_set_join(&column->set, set);
    if (column->set.more)
        atomic_store(&column->enough, true);
    if (--column->left == 0)
        finish(column);
}

static int begin_locked(struct survey *survey, struct column *column, struct err *err) {
    pthread_mutex_lock(&survey->lock);
    int begun = begin(column, err);
    pthread_mutex_unlock(&survey->lock);
    return begun;
}

static int scan(struct survey *survey, struct column *column, const struct profile_slice *slice, uint64_t index,
                struct err *err) {
    auto_profile_set struct profile_set set = {0};
    struct profile_piece piece;
    TRY(begin_locked(survey, column, err));
    profile_scan(slice, column->used, &piece);
    if (has_set(column) && !atomic_load(&column->enough)) {
        TRY(new_set(column, slice->end - slice->first, &set, err));
        profile_collect(slice, &set);
    }
    pthread_mutex_lock(&survey->lock);
    merge(column, index, &piece, &set);
    pthread_mutex_unlock(&survey->lock);
    return 0;
}

/* ---- the second pass: histograms ---- */

// Between infinities there are no bins.
static int bin(struct survey *survey, struct column *column, const struct profile_slice *slice, uint64_t index,
               struct err *err) {
    const struct profile_column *found = column->result;
    uint64_t bins[PROFILE_BINS] = {0};
    (void)index;
    (void)err;
    if (!profile_is_number(kind_of(column)) || found->present == 0)
        return 0;
    double low = profile_value(slice, found->least), high = profile_value(slice, found->most);
    if (!isfinite(high - low))
        return 0;
    profile_bin(slice, low, high, bins);
    pthread_mutex_lock(&survey->lock);
    column->result->bin_count = PROFILE_BINS;
    for (uint32_t i = 0; i < PROFILE_BINS; i++)
        column->result->bins[i] += bins[i];
    pthread_mutex_unlock(&survey->lock);
    return 0;
}

/* ---- threads ---- */

static struct profile_slice slice_of(const struct column *column, uint64_t index) {
    struct profile_slice slice = column->whole;
    slice.first = index * SLICE_ROWS;
    if (slice.end - slice.first > SLICE_ROWS)
        slice.end = slice.first + SLICE_ROWS;
    return slice;
}

static void *toil(void *context) {
    struct survey *survey = context;
    struct column *column = survey->columns;
    struct err err;
    while (!atomic_load(&survey->failed)) {
        uint64_t item = atomic_fetch_add(&survey->next, 1);
        if (item >= survey->items)
            break;
        while (item >= column->first_item + column->slices)
            column++;
        uint64_t index = item - column->first_item;
        struct profile_slice slice = slice_of(column, index);
        if (survey->step(survey, column, &slice, index, &err) < 0 && !atomic_exchange(&survey->failed, true))
            survey->err = err;
    }
    return NULL;
}

static int run(struct survey *survey, step_fn *step, uint32_t threads, struct err *err) {
    pthread_t helpers[MAX_THREADS];
    uint32_t started = 0, wanted = threads < survey->items ? threads : (uint32_t)survey->items;
    survey->step = step;
    atomic_store(&survey->next, 0);
    // This thread works too, and alone where no other can be had.
    while (started + 1 < wanted && started < MAX_THREADS && pthread_create(&helpers[started], NULL, toil, survey) == 0)
        started++;
    toil(survey);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
    return survey->failed ? err_set(err, (enum reason)survey->err.reason, "%s", survey->err.msg) : 0;
}

static void plan(struct survey *survey, const void *segment, struct profile_column *ret) {
    for (uint32_t i = 0; i < survey->count; i++) {
        const struct segment_array *array = segment_array(segment, i);
        struct column *column = &survey->columns[i];
        ret[i] = (struct profile_column){0};
        column->result = &ret[i];
        column->whole = (struct profile_slice){segment, array, 0, array->length};
        column->first_item = survey->items;
        column->slices = column->left = array->length > 0 ? (array->length - 1) / SLICE_ROWS + 1 : 1;
        survey->items += column->slices;
    }
}

int profile_work(const void *segment, uint32_t count, uint32_t threads, struct profile_column *ret, struct err *err) {
    auto_free struct column *columns = calloc((size_t)count + 1, sizeof *columns);
    struct survey survey = {.columns = columns, .count = count, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (!columns)
        return err_set(err, REASON_INFRA, "out of memory for the profile of a dataset");
    plan(&survey, segment, ret);
    int done = run(&survey, scan, threads, err);
    if (done == 0)
        done = run(&survey, bin, threads, err);
    for (uint32_t i = 0; i < count; i++)
        release(&columns[i]);
    pthread_mutex_destroy(&survey.lock);
    return done;
}
