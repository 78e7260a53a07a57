// SPDX-License-Identifier: Apache-2.0
#include "arrow_dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "distinct.h"

static int by_id(const void *a, const void *b) {
    const struct arrow_dictionary *left = a, *right = b;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left->source.column < right->source.column ? -1 : left->source.column > right->source.column;
}

// The last element with an id of at most this one.
static uint32_t find_at_most(const struct arrow_dictionaries *set, int64_t id) {
    uint32_t low = 0, high = set->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (set->all[middle].id <= id)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint32_t arrow_dictionary_find(const struct arrow_dictionaries *set, int64_t id) { return find_at_most(set, id); }

static struct arrow_dictionary *find(const struct arrow_dictionaries *set, int64_t id) {
    if (set->count == 0)
        return NULL;
    struct arrow_dictionary *found = &set->all[find_at_most(set, id)];
    return found->id == id ? found : NULL;
}

// One element per id. Columns that share it must mean the same values.
static int unite(struct arrow_dictionaries *set, struct err *err) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        struct arrow_dictionary *last = used ? &set->all[used - 1] : NULL;
        if (!last || last->id != set->all[i].id)
            set->all[used++] = set->all[i];
        else if (!arrow_type_same(last->source.type, set->all[i].source.type))
            return arrow_refuse(set->all[i].source.column, err,
                                "its dictionary %lld has values of another type in another column",
                                (long long)last->id);
    }
    set->count = used;
    return 0;
}

static int collect(const struct arrow_file *file, struct arrow_dictionaries *set, struct err *err) {
    set->all = calloc(file->schema.column_count + 1, sizeof *set->all);
    if (!set->all)
        return err_set(err, REASON_INFRA, "out of memory for the dictionaries of %u columns",
                       file->schema.column_count);
    for (uint32_t i = 0; i < file->schema.column_count; i++) {
        const struct arrow_column *column = &file->schema.columns[i];
        if (column->has_dictionary)
            set->all[set->count++] = (struct arrow_dictionary){.id = column->dictionary,
                                                               .source = {.column = column, .type = &column->type}};
    }
    qsort(set->all, set->count, sizeof *set->all, by_id);
    return unite(set, err);
}

// The first batch of a dictionary founds it, the others must add to it: a file has no moment at which to replace one.
static int count_batch(struct arrow_dictionary *dictionary, const struct arrow_batch *batch, struct err *err) {
    bool first = dictionary->source.piece_count == 0;
    if (first && batch->is_delta)
        return arrow_refuse(dictionary->source.column, err, "its dictionary %lld begins with a delta",
                            (long long)batch->dictionary);
    if (!first && !batch->is_delta)
        return arrow_refuse(dictionary->source.column, err, "its dictionary %lld comes twice",
                            (long long)batch->dictionary);
    dictionary->source.piece_count++;
    return 0;
}

static int read_batches(const struct arrow_file *file, struct arrow_dictionaries *set, struct err *err) {
    uint32_t blocks = file->dictionaries.count;
    set->batches = calloc((size_t)blocks + 1, sizeof *set->batches);
    set->pieces = calloc((size_t)blocks + 1, sizeof *set->pieces);
    if (!set->batches || !set->pieces)
        return err_set(err, REASON_INFRA, "out of memory for %u dictionary batches", blocks);
    for (uint32_t i = 0; i < blocks; i++) {
        TRY(arrow_file_batch(file, ARROW_MESSAGE_DICTIONARY, i, &set->batches[i], err));
        struct arrow_dictionary *dictionary = find(set, set->batches[i].dictionary);
        if (dictionary)
            TRY(count_batch(dictionary, &set->batches[i], err));
    }
    return 0;
}

static int plan_batches(const struct arrow_file *file, uint64_t ceiling, struct arrow_dictionaries *set,
                        struct err *err) {
    struct arrow_piece *next = set->pieces;
    for (uint32_t i = 0; i < set->count; i++) {
        set->all[i].source.pieces = next;
        next += set->all[i].source.piece_count;
        set->all[i].source.piece_count = 0;
    }
    for (uint32_t i = 0; i < file->dictionaries.count; i++) {
        struct arrow_dictionary *dictionary = find(set, set->batches[i].dictionary);
        struct arrow_cursor cursor = {0};
        if (!dictionary)
            continue;
        struct arrow_source *source = &dictionary->source;
        TRY(arrow_plan_piece(&set->batches[i], &cursor, source, &source->pieces[source->piece_count++], ceiling, err));
        TRY(arrow_plan_end(&set->batches[i], &cursor, err));
        if (source->rows > DISTINCT_MAX)
            return arrow_refuse(source->column, err, "its dictionary has %llu values, the limit is %llu",
                                (unsigned long long)source->rows, (unsigned long long)DISTINCT_MAX);
    }
    return 0;
}

static int allocate(struct arrow_dictionary *dictionary, uint64_t bytes, struct err *err) {
    uint64_t rows = dictionary->source.rows;
    bool text = segment_kind_is_bytes(dictionary->shape.kind);
    dictionary->values = calloc(bytes + 1, 1);
    dictionary->offsets = text ? calloc(rows + 1, sizeof *dictionary->offsets) : NULL;
    dictionary->bitmap = dictionary->source.nulls ? calloc(rows / 8 + 1, 1) : NULL;
    dictionary->map = calloc(rows + 1, sizeof *dictionary->map);
    if (!dictionary->values || (text && !dictionary->offsets) || (dictionary->source.nulls && !dictionary->bitmap) ||
        !dictionary->map)
        return err_set(err, REASON_INFRA, "out of memory for a dictionary of %llu values", (unsigned long long)rows);
    return 0;
}

static struct arrow_target target_of(const struct arrow_dictionary *dictionary) {
    return (struct arrow_target){.kind = dictionary->shape.kind,
                                 .rule = SEGMENT_NULLS_BITMAP,
                                 .values = dictionary->values,
                                 .offsets = dictionary->offsets,
                                 .nulls = dictionary->bitmap,
                                 .capacity = dictionary->source.data_bytes,
                                 .scale = dictionary->shape.scale,
                                 .unit = dictionary->shape.words};
}

static int decode_texts(struct arrow_worker *worker, struct arrow_dictionary *dictionary, uint64_t ceiling,
                        struct err *err) {
    struct arrow_source *source = &dictionary->source;
    struct arrow_target target = target_of(dictionary);
    uint64_t bytes;
    for (uint64_t i = 0; i < source->piece_count; i++)
        TRY(arrow_text_measure(worker, source, &source->pieces[i], &target, ceiling, err));
    TRY(arrow_plan_texts(source, target.capacity, &bytes, err));
    for (uint64_t i = 0; i < source->piece_count; i++)
        TRY(arrow_text_fill(worker, source, &source->pieces[i], &target, ceiling, err));
    return 0;
}

static int decode_values(struct arrow_worker *worker, struct arrow_dictionary *dictionary, uint64_t ceiling,
                         struct err *err) {
    struct arrow_source *source = &dictionary->source;
    struct arrow_target target = target_of(dictionary);
    if (segment_kind_is_bytes(dictionary->shape.kind))
        return decode_texts(worker, dictionary, ceiling, err);
    for (uint64_t i = 0; i < source->piece_count; i++)
        TRY(arrow_decode_fixed(worker, source, &source->pieces[i], &target, ceiling, err));
    return 0;
}

static bool is_null(const struct arrow_dictionary *dictionary, uint64_t index) {
    uint16_t half;
    float single;
    double value;
    if (dictionary->bitmap && !bits_present(dictionary->bitmap, index))
        return true;
    if (segment_kind_is_instant(dictionary->shape.kind))
        return flat_load_i64(dictionary->values + index * 8) == INT64_MIN;
    if (dictionary->shape.kind == SEGMENT_FLOAT16) {
        memcpy(&half, dictionary->values + index * 2, sizeof half);
        return segment_half_is_nan(half);
    }
    if (dictionary->shape.kind == SEGMENT_FLOAT32) {
        memcpy(&single, dictionary->values + index * 4, sizeof single);
        return single != single;
    }
    if (dictionary->shape.kind != SEGMENT_FLOAT64)
        return false;
    memcpy(&value, dictionary->values + index * 8, sizeof value);
    return value != value;
}

static int compact(struct arrow_dictionary *dictionary, struct err *err) {
    struct distinct_values values = {dictionary->shape.kind, dictionary->values, dictionary->offsets};
    auto_distinct struct distinct set = {.slots = NULL};
    TRY(distinct_init(&set, &values, dictionary->source.rows, err));
    for (uint32_t i = 0; i < dictionary->source.rows; i++) {
        if (is_null(dictionary, i)) {
            dictionary->map[i] = -1;
            continue;
        }
        uint32_t first = distinct_add(&set, i);
        dictionary->map[i] = first == i ? (int32_t)dictionary->kept++ : dictionary->map[first];
        if (first == i && dictionary->offsets)
            dictionary->kept_bytes += (uint64_t)(dictionary->offsets[i + 1] - dictionary->offsets[i]);
    }
    return 0;
}

static int read_one(struct arrow_dictionary *dictionary, enum segment_profile profile, uint64_t ceiling,
                    uint64_t memory, uint64_t *spent, struct err *err) {
    struct arrow_source *source = &dictionary->source;
    struct arrow_worker worker = {0};
    dictionary->shape = arrow_plan_values(source->type, profile, false);
    if (arrow_type_is_unmeasured(source->type))
        TRY(arrow_plan_unmeasured(source, ceiling, err));
    uint64_t width = segment_kind_width(dictionary->shape.kind);
    uint64_t bytes = width ? source->rows * width : source->data_bytes;
    *spent += bytes + source->rows * (width ? 4 : 12);
    if (*spent > ceiling)
        return err_set(err, REASON_LIMIT_OUTPUT, "the file's dictionaries have more than %llu bytes",
                       (unsigned long long)ceiling);
    if (*spent > memory)
        return err_set(err, REASON_LIMIT_MEMORY,
                       "the dictionaries of the dataset need %llu bytes of memory, this host has %llu available",
                       (unsigned long long)*spent, (unsigned long long)memory);
    TRY(allocate(dictionary, bytes, err));
    int result = decode_values(&worker, dictionary, ceiling, err);
    arrow_worker_done(&worker);
    return result < 0 ? -1 : compact(dictionary, err);
}

static int read_all(const struct arrow_file *file, enum segment_profile profile, uint64_t ceiling, uint64_t memory,
                    struct arrow_dictionaries *set, struct err *err) {
    uint64_t spent = 0;
    TRY(collect(file, set, err));
    TRY(read_batches(file, set, err));
    TRY(plan_batches(file, ceiling, set, err));
    for (uint32_t i = 0; i < set->count; i++)
        TRY(read_one(&set->all[i], profile, ceiling, memory, &spent, err));
    return 0;
}

int arrow_dictionaries_read(const struct arrow_file *file, enum segment_profile profile, uint64_t ceiling,
                            uint64_t memory, struct arrow_dictionaries *ret, struct err *err) {
    struct arrow_dictionaries set = {0};
    if (read_all(file, profile, ceiling, memory, &set, err) < 0) {
        arrow_dictionaries_done(&set);
        return -1;
    }
    *ret = set;
    return 0;
}

// Codes were given out in the order of first occurrence, so that the next one marks the next value to keep.
void arrow_dictionary_write(const struct arrow_dictionary *dictionary, uint8_t *values, int64_t *offsets) {
    uint32_t width = segment_kind_width(dictionary->shape.kind);
    int32_t next = 0;
    int64_t at = 0;
    for (uint64_t i = 0; i < dictionary->source.rows; i++) {
        if (dictionary->map[i] != next)
            continue;
        next++;
        int64_t from = dictionary->offsets ? dictionary->offsets[i] : (int64_t)(i * width);
        int64_t bytes = dictionary->offsets ? dictionary->offsets[i + 1] - from : width;
        if (bytes > 0)
            memcpy(values + at, dictionary->values + from, (size_t)bytes);
        at += bytes;
        if (dictionary->offsets)
            offsets[next] = at;
    }
}

void arrow_dictionaries_done(struct arrow_dictionaries *set) {
    for (uint32_t i = 0; i < set->count && set->all; i++) {
        free(set->all[i].values);
        free(set->all[i].offsets);
        free(set->all[i].bitmap);
        free(set->all[i].map);
    }
    free(set->all);
    free(set->batches);
    free(set->pieces);
    *set = (struct arrow_dictionaries){0};
}
