// SPDX-License-Identifier: Apache-2.0
#include "arrow_factor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "arrow_work.h"
#include "quern/own.h"
#include "quern/utf8.h"

enum { SLOTS = 8192, FULL = 1 }; // FULL: more distinct texts than there may be

_Static_assert(SLOTS >= 4 * ARROW_FACTOR_MOST, "the table is never more than a quarter full");

// A table of distinct texts under construction.
struct table {
    struct arrow_factor *factor;
    uint16_t *slots; // number of the text, plus 1; 0: free
    uint64_t seed;
    const struct arrow_source *source;
    const struct arrow_piece *piece;
    int16_t *codes; // of the piece
};

static uint64_t mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Nobody can prepare collisions: the kernel gives every program random bytes at exec.
static uint64_t take_seed(void) {
    uint64_t seed = 0;
    const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    if (random)
        memcpy(&seed, random, sizeof seed);
    return seed | 1;
}

static uint64_t hash_text(uint64_t seed, const uint8_t *text, uint64_t bytes) {
    uint64_t hash = bytes ^ UINT64_C(0x9e3779b97f4a7c15), word;
    for (; bytes >= 8; text += 8, bytes -= 8) {
        memcpy(&word, text, sizeof word);
        hash = mix(hash ^ word, seed);
    }
    word = 0;
    if (bytes & 4) {
        uint32_t half;
        memcpy(&half, text, sizeof half);
        word = half;
        text += 4;
    }
    for (uint64_t i = 0; i < (bytes & 3); i++)
        word = word << 8 | text[i];
    return mix(hash ^ word, seed);
}

static int factor_make(struct arrow_factor *factor, struct err *err) {
    *factor = (struct arrow_factor){.ends = calloc(ARROW_FACTOR_MOST + 1, sizeof *factor->ends),
                                    .bytes = malloc(ARROW_FACTOR_MOST_BYTES)};
    if (factor->ends && factor->bytes)
        return 0;
    return err_set(err, REASON_INFRA, "out of memory for distinct texts");
}

static void factor_done(struct arrow_factor *factor) {
    free(factor->ends);
    free(factor->bytes);
    *factor = (struct arrow_factor){0};
}

// Gives back what a piece does not need: there may be very many of them.
static void factor_shrink(struct arrow_factor *factor) {
    uint32_t *ends = realloc(factor->ends, (factor->count + 1) * sizeof *ends);
    uint8_t *bytes = realloc(factor->bytes, factor->used + 1);
    factor->ends = ends ? ends : factor->ends;
    factor->bytes = bytes ? bytes : factor->bytes;
}

static bool is_same(const struct arrow_factor *factor, uint32_t number, const uint8_t *text, uint64_t bytes) {
    uint32_t first = factor->ends[number];
    return factor->ends[number + 1] - first == bytes && memcmp(factor->bytes + first, text, bytes) == 0;
}

// The number of a text, which is added if it is new; -1 when there is no room for it.
static int32_t find_or_add(struct table *table, const uint8_t *text, uint64_t bytes, bool *is_new) {
    struct arrow_factor *factor = table->factor;
    *is_new = false;
    for (uint64_t at = hash_text(table->seed, text, bytes) % SLOTS;; at = (at + 1) % SLOTS) {
        uint32_t found = table->slots[at];
        if (found && is_same(factor, found - 1, text, bytes))
            return (int32_t)found - 1;
        if (found)
            continue;
        if (factor->count == ARROW_FACTOR_MOST || bytes > ARROW_FACTOR_MOST_BYTES - factor->used)
            return -1;
        if (bytes > 0)
            memcpy(factor->bytes + factor->used, text, bytes);
        factor->used += (uint32_t)bytes;
        factor->ends[++factor->count] = factor->used;
        table->slots[at] = (uint16_t)factor->count;
        *is_new = true;
        return (int32_t)factor->count - 1;
    }
}

static int add_text(void *context, uint64_t row, const uint8_t *text, uint64_t bytes, struct err *err) {
    struct table *table = context;
    bool is_new;
    int32_t code = find_or_add(table, text, bytes, &is_new);
    if (code < 0)
        return FULL;
    if (is_new && !utf8_ok((const char *)text, bytes))
        return arrow_refuse(table->source->column, err, "row %llu is not UTF-8",
                            (unsigned long long)(table->piece->row + row));
    table->codes[row] = (int16_t)code;
    return 0;
}

static int find_codes(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                      const struct arrow_target *target, uint64_t ceiling, struct err *err) {
    struct arrow_factored *column = target->factored;
    struct arrow_factor *factor = &column->pieces[piece - source->pieces];
    if (piece->rows == 0 || atomic_load_explicit(&column->burst, memory_order_relaxed))
        return 0;
    auto_free uint16_t *slots = calloc(SLOTS, sizeof *slots);
    if (!slots)
        return err_set(err, REASON_INFRA, "out of memory for distinct texts");
    TRY(factor_make(factor, err));
    struct table table = {factor, slots, take_seed(), source, piece, column->codes + piece->row};
    memset(table.codes, 0xff, piece->rows * sizeof *table.codes);
    int result = source->type->form == ARROW_TEXT_VIEW
                     ? arrow_view_each(worker, source, piece, ceiling, add_text, &table, err)
                     : arrow_text_each(worker, source, piece, ceiling, add_text, &table, err);
    if (result == FULL)
        atomic_store(&column->burst, true);
    factor_shrink(factor);
    return result < 0 ? -1 : 0;
}

/* ---- the pieces' texts become those of the column ---- */

static bool recode(struct table *table, const struct arrow_factor *factor, int16_t *codes, uint64_t rows) {
    int16_t map[ARROW_FACTOR_MOST];
    bool same = true, is_new;
    for (uint32_t i = 0; i < factor->count; i++) {
        int32_t code =
            find_or_add(table, factor->bytes + factor->ends[i], factor->ends[i + 1] - factor->ends[i], &is_new);
        if (code < 0)
            return false;
        map[i] = (int16_t)code;
        same &= code == (int32_t)i;
    }
    for (uint64_t row = 0; row < rows && !same; row++)
        codes[row] = codes[row] < 0 ? -1 : map[codes[row]];
    return true;
}

static int unite(const struct arrow_source *source, struct arrow_factored *column, bool *ret_fits, struct err *err) {
    auto_free uint16_t *slots = calloc(SLOTS, sizeof *slots);
    if (!slots)
        return err_set(err, REASON_INFRA, "out of memory for distinct texts");
    TRY(factor_make(&column->all, err));
    struct table table = {.factor = &column->all, .slots = slots, .seed = take_seed()};
    *ret_fits = true;
    for (uint64_t i = 0; i < source->piece_count && *ret_fits; i++) {
        const struct arrow_piece *piece = &source->pieces[i];
        if (piece->rows > 0)
            *ret_fits = recode(&table, &column->pieces[i], column->codes + piece->row, piece->rows);
    }
    return 0;
}

static void column_drop_pieces(const struct arrow_source *source, struct arrow_factored *column) {
    for (uint64_t i = 0; column->pieces && i < source->piece_count; i++)
        factor_done(&column->pieces[i]);
    free(column->pieces);
    column->pieces = NULL;
}

static void column_done(struct arrow_factored *column) {
    free(column->codes);
    column->codes = NULL;
    column->on = false;
    factor_done(&column->all);
}

/* ---- which columns are tried ---- */

static int column_begin(const struct arrow_source *source, struct arrow_factored *column, struct err *err) {
    column->on = true;
    column->codes = malloc(source->rows * sizeof *column->codes);
    column->pieces = calloc(source->piece_count, sizeof *column->pieces);
    if (!column->codes || !column->pieces)
        return err_set(err, REASON_INFRA, "out of memory for the codes of %llu rows", (unsigned long long)source->rows);
    return 0;
}

static int begin(struct arrow_source *sources, struct arrow_factors *set, uint64_t ceiling, struct err *err) {
    struct arrow_worker worker = {0};
    int result = 0;
    for (uint32_t i = 0; i < set->sources && result == 0; i++)
        if (arrow_trial(&worker, &sources[i], ceiling))
            result = column_begin(&sources[i], &set->columns[i], err);
    arrow_worker_done(&worker);
    return result;
}

static int run(struct arrow_source *sources, struct arrow_factors *set, uint32_t threads, uint64_t ceiling,
               struct err *err) {
    uint64_t pieces = 0, count = 0;
    for (uint32_t i = 0; i < set->sources; i++)
        pieces += set->columns[i].on ? sources[i].piece_count : 0;
    auto_free struct arrow_task *tasks = calloc(pieces + 1, sizeof *tasks);
    auto_free struct arrow_target *targets = calloc((size_t)set->sources + 1, sizeof *targets);
    if (!tasks || !targets)
        return err_set(err, REASON_INFRA, "out of memory for the texts of %u columns", set->sources);
    for (uint32_t i = 0; i < set->sources; i++) {
        targets[i].factored = &set->columns[i];
        for (uint64_t k = 0; set->columns[i].on && k < sources[i].piece_count; k++) {
            struct arrow_piece *piece = &sources[i].pieces[k];
            tasks[count++] = (struct arrow_task){find_codes, &sources[i], piece, 1, &targets[i], piece->rows * 8};
        }
    }
    return arrow_work_run(tasks, count, threads, ceiling, err);
}

static int finish(struct arrow_source *sources, struct arrow_factors *set, struct err *err) {
    for (uint32_t i = 0; i < set->sources; i++) {
        struct arrow_factored *column = &set->columns[i];
        bool fits = false;
        if (!column->on)
            continue;
        if (!atomic_load(&column->burst))
            TRY(unite(&sources[i], column, &fits, err));
        column_drop_pieces(&sources[i], column);
        if (fits)
            set->count++;
        else
            column_done(column);
    }
    return 0;
}

static int find(struct arrow_source *sources, struct arrow_factors *set, uint32_t threads, uint64_t ceiling,
                struct err *err) {
    TRY(begin(sources, set, ceiling, err));
    TRY(run(sources, set, threads, ceiling, err));
    return finish(sources, set, err);
}

int arrow_factors_find(struct arrow_source *sources, uint32_t count, uint32_t threads, uint64_t ceiling,
                       struct arrow_factors *ret, struct err *err) {
    struct arrow_factors set = {.columns = calloc((size_t)count + 1, sizeof *set.columns), .sources = count};
    if (!set.columns)
        return err_set(err, REASON_INFRA, "out of memory for the texts of %u columns", count);
    int result = find(sources, &set, threads, ceiling, err);
    for (uint32_t i = 0; i < count; i++)
        column_drop_pieces(&sources[i], &set.columns[i]);
    if (result < 0)
        arrow_factors_done(&set);
    else
        *ret = set;
    return result;
}

void arrow_factors_done(struct arrow_factors *set) {
    for (uint32_t i = 0; i < set->sources && set->columns; i++)
        column_done(&set->columns[i]);
    free(set->columns);
    *set = (struct arrow_factors){0};
}

int arrow_factor_copy(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                      const struct arrow_target *target, uint64_t ceiling, struct err *err) {
    (void)worker, (void)source, (void)ceiling, (void)err;
    const int16_t *codes = target->factored->codes + piece->row;
    uint32_t width = segment_kind_width(target->kind);
    uint8_t *to = target->values + piece->row * width;
    arrow_decode_touch(to, piece->rows * width);
    if (width == sizeof *codes)
        memcpy(to, codes, piece->rows * sizeof *codes);
    for (uint64_t row = 0; row < piece->rows && width == 1; row++)
        to[row] = (uint8_t)codes[row];
    return 0;
}

void arrow_factor_write(const struct arrow_factor *factor, uint8_t *values, int64_t *offsets) {
    memcpy(values, factor->bytes, factor->used);
    for (uint32_t i = 0; i <= factor->count; i++)
        offsets[i] = factor->ends[i];
}
