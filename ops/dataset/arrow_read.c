// SPDX-License-Identifier: Apache-2.0
// An Arrow IPC file becomes a segment: the plan when it is opened, the work when memory is there.
#include <stdlib.h>
#include <string.h>

#include "arrow_dictionary.h"
#include "arrow_factor.h"
#include "arrow_work.h"
#include "quern/dataset.h"
#include "quern/own.h"

enum { RUNS_PER_THREAD = 4 };

struct dataset_reader {
    struct arrow_file file;
    struct arrow_choice choice;
    enum segment_profile profile;
    struct codec_ceilings ceilings;
    uint64_t memory; // what the dataset may take
    struct arrow_batch *batches;
    struct arrow_piece *pieces; // those of a column stand together
    struct arrow_source *sources;
    struct arrow_values *values; // per column, without meaning for codes
    struct arrow_dictionaries dictionaries;
    struct arrow_factors factors;
    struct segment_spec *specs; // columns, then dictionaries, then the texts of columns that are factored
    uint64_t rows;
    uint64_t bytes;
};

static uint32_t array_count(const struct dataset_reader *reader) {
    return reader->file.schema.column_count + reader->dictionaries.count + reader->factors.count;
}

void dataset_reader_close(struct dataset_reader *reader) {
    if (!reader)
        return;
    arrow_dictionaries_done(&reader->dictionaries);
    arrow_factors_done(&reader->factors);
    arrow_file_close(&reader->file);
    arrow_choice_done(&reader->choice);
    free(reader->batches);
    free(reader->pieces);
    free(reader->sources);
    free(reader->values);
    free(reader->specs);
    free(reader);
}

static int count_rows(struct dataset_reader *reader, const struct arrow_batch *batch, struct err *err) {
    uint64_t most = reader->ceilings.rows < SEGMENT_MAX_ROWS ? reader->ceilings.rows : SEGMENT_MAX_ROWS;
    if (batch->rows > most - reader->rows)
        return err_set(err, REASON_LIMIT_OUTPUT, "the file has more rows than the limit of %llu",
                       (unsigned long long)most);
    reader->rows += batch->rows;
    return 0;
}

// Of each batch: one per column, more where columns that are not wanted have children.
static uint64_t count_nodes(const struct arrow_schema *schema) {
    uint64_t nodes = schema->column_count;
    for (uint32_t i = 0; i < schema->field_count; i++)
        nodes += schema->fields[i].extent.nodes;
    return nodes;
}

static int read_batches(struct dataset_reader *reader, struct err *err) {
    uint32_t count = reader->file.batches.count;
    uint64_t nodes = count_nodes(&reader->file.schema);
    reader->batches = calloc((size_t)count + 1, sizeof *reader->batches);
    if (!reader->batches)
        return err_set(err, REASON_INFRA, "out of memory for %u record batches", count);
    for (uint32_t i = 0; i < count; i++) {
        TRY(arrow_file_batch(&reader->file, ARROW_MESSAGE_BATCH, i, &reader->batches[i], err));
        TRY(count_rows(reader, &reader->batches[i], err));
        if (reader->batches[i].node_count != nodes)
            return err_set(err, REASON_BAD_INPUT, "record batch %u has %u columns, the schema %llu", i,
                           reader->batches[i].node_count, (unsigned long long)nodes);
    }
    return 0;
}

static int plan_sources(struct dataset_reader *reader, struct err *err) {
    uint32_t columns = reader->file.schema.column_count, count = reader->file.batches.count;
    // No overflow: each batch holds a node of 16 bytes per column.
    reader->pieces = calloc((size_t)count * columns + 1, sizeof *reader->pieces);
    reader->sources = calloc((size_t)columns + 1, sizeof *reader->sources);
    reader->values = calloc((size_t)columns + 1, sizeof *reader->values);
    if (!reader->pieces || !reader->sources || !reader->values)
        return err_set(err, REASON_INFRA, "out of memory for %u columns in %u batches", columns, count);
    for (uint32_t i = 0; i < columns; i++) {
        const struct arrow_column *column = &reader->file.schema.columns[i];
        reader->sources[i] = (struct arrow_source){.column = column,
                                                   .type = column->has_dictionary ? &column->index : &column->type,
                                                   .pieces = reader->pieces + (size_t)i * count,
                                                   .piece_count = count};
    }
    return 0;
}

static int plan_pieces(struct dataset_reader *reader, struct err *err) {
    const struct arrow_schema *schema = &reader->file.schema;
    for (uint32_t batch = 0; batch < reader->file.batches.count; batch++) {
        struct arrow_cursor cursor = {0};
        for (uint32_t i = 0; i < schema->field_count; i++) {
            uint32_t column = schema->fields[i].column;
            if (column == ARROW_NOT_CHOSEN)
                TRY(arrow_plan_skip(&reader->batches[batch], &cursor, &schema->fields[i].extent, err));
            else
                TRY(arrow_plan_piece(&reader->batches[batch], &cursor, &reader->sources[column],
                                     &reader->sources[column].pieces[batch], reader->ceilings.bytes, err));
        }
        TRY(arrow_plan_end(&reader->batches[batch], &cursor, err));
    }
    return 0;
}

static struct segment_spec dictionary_spec(const struct arrow_dictionary *dictionary) {
    const struct arrow_type *type = dictionary->source.type;
    return (struct segment_spec){.kind = dictionary->shape.kind,
                                 .unit = dictionary->shape.unit,
                                 .length = dictionary->kept,
                                 .data_bytes = dictionary->kept_bytes,
                                 .dictionary = SEGMENT_NO_DICTIONARY,
                                 .zone = type->zone,
                                 .zone_bytes = type->zone_bytes};
}

static enum segment_origin codes_origin(const struct arrow_dictionary *dictionary, const struct arrow_column *column,
                                        enum segment_kind kind) {
    if (dictionary->kept < dictionary->source.rows)
        return SEGMENT_FROM_CODES_VALUES;
    bool same = column->index.width == segment_kind_width(kind);
    return same ? SEGMENT_FROM_SAME : SEGMENT_FROM_CODES_WIDTH;
}

static enum segment_origin origin_of(const struct arrow_column *column, const struct segment_spec *spec) {
    enum arrow_form form = column->type.form;
    if (form == ARROW_INT && spec->kind == SEGMENT_FLOAT64)
        return SEGMENT_FROM_INTEGERS;
    if (form == ARROW_DECIMAL || form == ARROW_DECIMAL_TEXT)
        return SEGMENT_FROM_DECIMALS;
    if (form == ARROW_DATE)
        return SEGMENT_FROM_DATES;
    bool counted = form == ARROW_TIMESTAMP || form == ARROW_DURATION;
    return counted && spec->unit != column->type.unit ? SEGMENT_FROM_UNIT : SEGMENT_FROM_SAME;
}

static struct segment_spec column_spec(struct dataset_reader *reader, uint32_t index) {
    const struct arrow_column *column = &reader->file.schema.columns[index];
    const struct arrow_source *source = &reader->sources[index];
    struct segment_spec spec = {.length = reader->rows,
                                .nulls = source->nulls > 0,
                                .data_bytes = source->data_bytes,
                                .dictionary = SEGMENT_NO_DICTIONARY,
                                .name = column->name,
                                .name_bytes = column->name_bytes};
    if (column->has_dictionary) {
        uint32_t number = arrow_dictionary_find(&reader->dictionaries, column->dictionary);
        spec.kind = segment_codes_kind(reader->dictionaries.all[number].kept);
        spec.dictionary = reader->file.schema.column_count + number;
        spec.flags = column->ordered ? SEGMENT_ORDERED : 0;
        spec.origin = codes_origin(&reader->dictionaries.all[number], column, spec.kind);
        return spec;
    }
    reader->values[index] = arrow_plan_values(&column->type, reader->profile, spec.nulls && !column->nullable);
    spec.kind = reader->values[index].kind;
    spec.flags = column->type.form == ARROW_DECIMAL ? SEGMENT_DECIMAL : 0;
    if (column->nullable)
        spec.flags |= SEGMENT_NULLABLE;
    spec.unit = reader->values[index].unit;
    spec.origin = origin_of(column, &spec);
    spec.zone = column->type.zone;
    spec.zone_bytes = column->type.zone_bytes;
    return spec;
}

static struct arrow_factored *factored(const struct dataset_reader *reader, uint32_t column) {
    bool on = reader->factors.count > 0 && reader->factors.columns[column].on;
    return on ? &reader->factors.columns[column] : NULL;
}

static void share(struct dataset_reader *reader, uint32_t column, uint32_t array) {
    const struct arrow_factor *texts = &reader->factors.columns[column].all;
    struct segment_spec *spec = &reader->specs[column];
    spec->kind = segment_codes_kind(texts->count);
    spec->flags |= SEGMENT_CELLS;
    spec->data_bytes = 0;
    spec->nulls = false;
    spec->dictionary = array;
    reader->specs[array] = (struct segment_spec){
        .kind = SEGMENT_UTF8, .length = texts->count, .data_bytes = texts->used, .dictionary = SEGMENT_NO_DICTIONARY};
}

static struct segment_shape shape_of(const struct dataset_reader *reader) {
    return (struct segment_shape){.specs = reader->specs,
                                  .columns = reader->file.schema.column_count,
                                  .arrays = array_count(reader),
                                  .rows = reader->rows,
                                  .profile = reader->profile};
}

static int admit(const struct dataset_reader *reader, uint64_t bytes, struct err *err) {
    if (bytes > reader->ceilings.bytes)
        return err_set(err, REASON_LIMIT_OUTPUT, "the dataset needs %llu bytes of memory, the limit is %llu",
                       (unsigned long long)bytes, (unsigned long long)reader->ceilings.bytes);
    if (bytes > reader->memory)
        return err_set(err, REASON_LIMIT_MEMORY, "the dataset needs %llu bytes of memory, this host has %llu available",
                       (unsigned long long)bytes, (unsigned long long)reader->memory);
    return 0;
}

static uint64_t least_bytes(const struct dataset_reader *reader, uint32_t index) {
    const struct arrow_column *column = &reader->file.schema.columns[index];
    bool nulls = reader->sources[index].nulls > 0 && !column->nullable;
    enum segment_kind kind = arrow_plan_values(&column->type, reader->profile, nulls).kind;
    if (column->has_dictionary)
        return reader->rows;
    return segment_kind_is_bytes(kind) ? reader->rows * sizeof(int64_t) : segment_values_bytes(kind, reader->rows);
}

// What the segment will need without dictionaries, whose size nobody knows yet, and texts that are not measured. The
// arithmetic saturates.
static uint64_t bytes_at_least(const struct dataset_reader *reader) {
    uint64_t total = 0, bytes;
    for (uint32_t i = 0; i < reader->file.schema.column_count; i++)
        if (__builtin_add_overflow(least_bytes(reader, i), reader->sources[i].data_bytes, &bytes) ||
            __builtin_add_overflow(total, bytes, &total))
            return UINT64_MAX;
    return total;
}

static int plan_layout(struct dataset_reader *reader, struct err *err) {
    uint32_t columns = reader->file.schema.column_count;
    struct segment_shape shape = shape_of(reader);
    for (uint32_t i = 0; i < columns; i++)
        reader->specs[i] = column_spec(reader, i);
    for (uint32_t i = 0; i < reader->dictionaries.count; i++)
        reader->specs[columns + i] = dictionary_spec(&reader->dictionaries.all[i]);
    for (uint32_t i = 0, array = columns + reader->dictionaries.count; i < columns; i++)
        if (factored(reader, i))
            share(reader, i, array++);
    TRY(segment_layout(&shape, &reader->bytes, err));
    return admit(reader, reader->bytes, err);
}

// First it must be known that there is room for the rest.
static int plan_unmeasured(struct dataset_reader *reader, struct err *err) {
    bool any = false;
    for (uint32_t i = 0; i < reader->file.schema.column_count; i++)
        if (arrow_type_is_unmeasured(reader->sources[i].type)) {
            any = true;
            TRY(arrow_plan_unmeasured(&reader->sources[i], reader->ceilings.bytes, err));
        }
    return any ? plan_layout(reader, err) : 0;
}

// What there is room for with each text in its row has room for codes, too.
static int plan_factors(struct dataset_reader *reader, uint32_t threads, struct err *err) {
    TRY(arrow_factors_find(reader->sources, reader->file.schema.column_count, threads, reader->ceilings.bytes,
                           &reader->factors, err));
    return reader->factors.count ? plan_layout(reader, err) : 0;
}

static int open_file(struct dataset_reader *reader, const void *file, size_t bytes, const struct codec_wish *wish,
                     struct err *err) {
    uint32_t columns = reader->ceilings.columns;
    const struct arrow_wish arrow = {
        .choice = &reader->choice,
        .max_columns = columns < SEGMENT_MAX_COLUMNS ? columns : SEGMENT_MAX_COLUMNS,
        .decimals_as_text = wish->decimals == CODEC_DECIMALS_TEXT,
    };
    TRY(arrow_choice_init(&reader->choice, wish->columns, wish->column_bytes, err));
    return arrow_file_open(file, bytes, &arrow, &reader->file, err);
}

// As if the file's metadata said so.
static void keep_integers(struct dataset_reader *reader) {
    for (uint32_t i = 0; i < reader->file.schema.column_count; i++) {
        struct arrow_column *column = &reader->file.schema.columns[i];
        if (column->type.form == ARROW_INT && !column->has_dictionary && reader->sources[i].nulls > 0)
            column->nullable = true;
    }
}

static int plan(struct dataset_reader *reader, const void *file, size_t bytes, const struct codec_wish *wish,
                struct err *err) {
    TRY(open_file(reader, file, bytes, wish, err));
    TRY(read_batches(reader, err));
    TRY(plan_sources(reader, err));
    TRY(plan_pieces(reader, err));
    if (wish->keep_integers)
        keep_integers(reader);
    uint64_t least = bytes_at_least(reader);
    TRY(admit(reader, least, err));
    TRY(arrow_dictionaries_read(&reader->file, reader->profile, reader->ceilings.bytes, reader->memory - least,
                                &reader->dictionaries, err));
    reader->specs = calloc((size_t)array_count(reader) + reader->file.schema.column_count + 1, sizeof *reader->specs);
    if (!reader->specs)
        return err_set(err, REASON_INFRA, "out of memory for %u columns", reader->file.schema.column_count);
    TRY(plan_layout(reader, err));
    TRY(plan_unmeasured(reader, err));
    return wish->share_texts ? plan_factors(reader, wish->threads ? wish->threads : 1, err) : 0;
}

int dataset_reader_open(const void *file, size_t bytes, enum segment_profile profile,
                        const struct codec_ceilings *ceilings, struct dataset_reader **ret, struct err *err) {
    const struct codec_wish all = {.profile = profile};
    return dataset_reader_open_wish(file, bytes, &all, ceilings, ret, err);
}

int dataset_reader_open_wish(const void *file, size_t bytes, const struct codec_wish *wish,
                             const struct codec_ceilings *ceilings, struct dataset_reader **ret, struct err *err) {
    struct dataset_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return err_set(err, REASON_INFRA, "out of memory for a reader");
    reader->profile = (enum segment_profile)wish->profile;
    reader->ceilings = *ceilings;
    reader->memory = wish->memory_bytes ? wish->memory_bytes : UINT64_MAX;
    if (plan(reader, file, bytes, wish, err) < 0) {
        dataset_reader_close(reader);
        return -1;
    }
    *ret = reader;
    return 0;
}

void dataset_reader_shape(const struct dataset_reader *reader, struct dataset_shape *ret) {
    *ret = (struct dataset_shape){reader->bytes, reader->rows, reader->file.schema.column_count};
}

static struct arrow_target target_of(const struct dataset_reader *reader, void *base, uint32_t index) {
    const struct segment_array *array = segment_array(base, index);
    const struct segment_spec *spec = &reader->specs[index];
    struct arrow_target target = {.kind = spec->kind,
                                  .rule = segment_nulls_rule(spec->kind, spec->flags),
                                  .values = segment_at(base, array->values),
                                  .offsets = array->offsets.bytes ? segment_at(base, array->offsets) : NULL,
                                  .nulls = array->nulls.bytes ? segment_at(base, array->nulls) : NULL,
                                  .capacity = array->values.bytes,
                                  .scale = reader->values[index].scale,
                                  .unit = reader->values[index].words,
                                  .factored = factored(reader, index)};
    if (segment_kind_is_codes(spec->kind) && !target.factored) {
        const struct arrow_dictionary *dictionary =
            &reader->dictionaries.all[spec->dictionary - reader->file.schema.column_count];
        target.map = dictionary->map;
        target.map_count = dictionary->source.rows;
    }
    return target;
}

struct decoding {
    struct dataset_reader *reader;
    void *base;
    struct arrow_target *targets; // owned
    struct arrow_task *tasks;     // owned
    uint64_t task_count;
    uint32_t threads;
};

static uint64_t cost_of(const struct arrow_task *task) {
    bool text = arrow_type_is_text(task->source->type);
    uint64_t cost = 0;
    for (uint64_t i = 0; i < task->count; i++) {
        const struct arrow_piece *piece = &task->pieces[i];
        cost += task->step == arrow_text_fill ? piece->text_bytes + piece->rows
                : text                        ? piece->rows * 8
                                              : segment_values_bytes(task->target->kind, piece->rows);
    }
    return cost;
}

// In tasks of at most `run` pieces.
static void add_tasks(struct decoding *decoding, uint32_t index, arrow_step *step, uint64_t run) {
    struct arrow_source *source = &decoding->reader->sources[index];
    if (source->type->form == ARROW_NULL)
        return;
    for (uint64_t i = 0; i < source->piece_count; i += run) {
        uint64_t count = source->piece_count - i < run ? source->piece_count - i : run;
        struct arrow_task task = {step, source, &source->pieces[i], count, &decoding->targets[index], 0};
        task.cost = cost_of(&task);
        if (task.cost > 0)
            decoding->tasks[decoding->task_count++] = task;
    }
}

static bool is_plain_text(const struct decoding *decoding, uint32_t index) {
    return arrow_type_is_text(decoding->reader->sources[index].type) && !decoding->targets[index].factored;
}

static arrow_step *first_step(const struct decoding *decoding, uint32_t index) {
    if (decoding->targets[index].factored)
        return arrow_factor_copy;
    if (decoding->targets[index].kind == SEGMENT_FLAGS)
        return arrow_decode_flags;
    return is_plain_text(decoding, index) ? arrow_text_measure : arrow_decode_fixed;
}

static int decode_values(struct decoding *decoding, struct err *err) {
    decoding->task_count = 0;
    for (uint32_t i = 0; i < decoding->reader->file.schema.column_count; i++)
        add_tasks(decoding, i, first_step(decoding, i), 1);
    return arrow_work_run(decoding->tasks, decoding->task_count, decoding->threads, decoding->reader->ceilings.bytes,
                          err);
}

// A piece of texts whose next one another thread fills has no slack.
static void add_texts(struct decoding *decoding, uint32_t index, uint64_t run) {
    struct arrow_source *source = &decoding->reader->sources[index];
    for (uint64_t next = run; next < source->piece_count; next += run)
        source->pieces[next - 1].text_slack = 0;
    add_tasks(decoding, index, arrow_text_fill, run);
}

// Long ones, because of the slack, but enough of them for all threads.
static uint64_t run_of_texts(const struct decoding *decoding) {
    uint64_t pieces = 0;
    for (uint32_t i = 0; i < decoding->reader->file.schema.column_count; i++)
        if (is_plain_text(decoding, i))
            pieces += decoding->reader->sources[i].piece_count;
    uint64_t run = pieces / (arrow_work_threads(decoding->threads) * RUNS_PER_THREAD);
    return run ? run : 1;
}

static int decode_texts(struct decoding *decoding, struct err *err) {
    uint64_t run = run_of_texts(decoding);
    decoding->task_count = 0;
    for (uint32_t i = 0; i < decoding->reader->file.schema.column_count; i++) {
        if (!is_plain_text(decoding, i))
            continue;
        TRY(arrow_plan_texts(&decoding->reader->sources[i], decoding->targets[i].capacity,
                             &segment_array(decoding->base, i)->values.bytes, err));
        add_texts(decoding, i, run);
    }
    return arrow_work_run(decoding->tasks, decoding->task_count, decoding->threads, decoding->reader->ceilings.bytes,
                          err);
}

static void write_texts(const struct decoding *decoding) {
    for (uint32_t i = 0; i < decoding->reader->file.schema.column_count; i++) {
        if (!decoding->targets[i].factored)
            continue;
        const struct segment_array *array = segment_array(decoding->base, segment_array(decoding->base, i)->dictionary);
        arrow_factor_write(&decoding->targets[i].factored->all, segment_at(decoding->base, array->values),
                           segment_at(decoding->base, array->offsets));
    }
}

static void write_dictionaries(const struct decoding *decoding) {
    const struct dataset_reader *reader = decoding->reader;
    for (uint32_t i = 0; i < reader->dictionaries.count; i++) {
        const struct segment_array *array = segment_array(decoding->base, reader->file.schema.column_count + i);
        arrow_dictionary_write(&reader->dictionaries.all[i], segment_at(decoding->base, array->values),
                               segment_at(decoding->base, array->offsets));
    }
}

static void count_nulls(const struct decoding *decoding) {
    for (uint32_t i = 0; i < decoding->reader->file.schema.column_count; i++) {
        const struct arrow_source *source = &decoding->reader->sources[i];
        struct segment_array *array = segment_array(decoding->base, i);
        if (source->type->form == ARROW_NULL)
            continue;
        array->null_count = arrow_type_is_text(source->type) ? source->nulls : 0;
        if (!arrow_type_is_text(source->type))
            for (uint64_t k = 0; k < source->piece_count; k++) {
                array->null_count += source->pieces[k].sentinels;
                array->inexact += source->pieces[k].inexact;
            }
    }
}

static int decode(struct decoding *decoding, struct err *err) {
    for (uint32_t i = 0; i < decoding->reader->file.schema.column_count; i++)
        decoding->targets[i] = target_of(decoding->reader, decoding->base, i);
    TRY(decode_values(decoding, err));
    TRY(decode_texts(decoding, err));
    write_dictionaries(decoding);
    write_texts(decoding);
    count_nulls(decoding);
    return 0;
}

int dataset_reader_decode(struct dataset_reader *reader, void *base, uint32_t threads, struct err *err) {
    size_t columns = reader->file.schema.column_count, count = reader->file.batches.count;
    struct segment_shape shape = shape_of(reader);
    auto_free struct arrow_target *targets = calloc(columns + 1, sizeof *targets);
    auto_free struct arrow_task *tasks = calloc(columns * count + 1, sizeof *tasks);
    struct decoding decoding = {reader, base, targets, tasks, 0, threads};
    if (!targets || !tasks)
        return err_set(err, REASON_INFRA, "out of memory for the decoding of %zu columns", columns);
    TRY(segment_format(base, reader->bytes, &shape, err));
    return decode(&decoding, err);
}
