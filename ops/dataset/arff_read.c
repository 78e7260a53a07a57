// SPDX-License-Identifier: Apache-2.0
// Two walks through the rows: the first one finds how many there are and what the columns need, the second one fills.
#include <stdlib.h>
#include <string.h>

#include "arff.h"
#include "arff_date.h"
#include "quern/dataset.h"
#include "quern/own.h"

enum { NS_PER_MS = 1000000, MAX_DATE_BYTES = 256 };

struct dataset_arff {
    enum segment_profile profile;
    struct arff_header header;
    struct arff_text data; // at the first row
    uint64_t rows;
    struct segment_spec *specs; // owned; columns first
    uint32_t arrays;
    uint64_t bytes;
};

// ---- walking ----

struct cell {
    const struct arff_text *text;
    uint64_t row;
    uint32_t column;
    struct arff_word word;
};

typedef int cell_fn(struct dataset_arff *arff, const struct cell *cell, void *context, struct err *err);

static bool is_value(const struct arff_word *word) { return word->kind == ARFF_BARE || word->kind == ARFF_QUOTED; }

static bool is_missing(const struct arff_word *word) {
    return word->kind == ARFF_BARE && word->bytes == 1 && *word->at == '?';
}

static int wrong_count(const struct dataset_arff *arff, const struct cell *cell, struct err *err) {
    char found[UTF8_LABEL_BYTES];
    arff_word_label(&cell->word, found);
    uint32_t count = arff->header.count;
    if (cell->word.kind == ARFF_END)
        return arff_text_refuse(cell->text, cell->word.start, err, "expected %u value%s, found %u", count,
                                count == 1 ? "" : "s", cell->column);
    if (cell->word.kind == ARFF_COMMA)
        return arff_text_refuse(cell->text, cell->word.start, err,
                                "expected a value, found a comma (a missing value is written ?)");
    return arff_text_refuse(cell->text, cell->word.start, err, "expected a value, found %s", found);
}

static int end_row(struct dataset_arff *arff, struct arff_text *text, struct err *err) {
    struct arff_word word;
    const uint32_t count = arff->header.count;
    TRY(arff_text_word(text, ARFF_IN_DATA, &word, err));
    const char *at = word.start;
    if (word.kind == ARFF_END)
        return 0;
    if (word.kind == ARFF_COMMA)
        TRY(arff_text_word(text, ARFF_IN_DATA, &word, err));
    if (word.kind == ARFF_OPEN)
        return arff_text_refuse(text, word.start, err, "weights of rows ({5} behind the values) are not supported");
    return arff_text_refuse(text, at, err, "expected %u value%s, found more (what has blanks or commas is quoted)",
                            count, count == 1 ? "" : "s");
}

static int walk_row(struct dataset_arff *arff, struct arff_text *text, uint64_t row, cell_fn *visit, void *context,
                    struct err *err) {
    struct cell cell = {.text = text, .row = row};
    for (; cell.column < arff->header.count; cell.column++) {
        TRY(arff_text_word(text, ARFF_IN_DATA, &cell.word, err));
        if (cell.column > 0 && cell.word.kind == ARFF_COMMA)
            TRY(arff_text_word(text, ARFF_IN_DATA, &cell.word, err));
        if (cell.column == 0 && cell.word.kind == ARFF_OPEN)
            return arff_text_refuse(text, cell.word.start, err,
                                    "sparse rows ({index value, ...}) are not supported: write every value "
                                    "(Weka's filter SparseToNonSparse does)");
        if (!is_value(&cell.word))
            return wrong_count(arff, &cell, err);
        TRY(visit(arff, &cell, context, err));
    }
    return end_row(arff, text, err);
}

static int walk(struct dataset_arff *arff, uint64_t max_rows, cell_fn *visit, void *context, uint64_t *ret_rows,
                struct err *err) {
    struct arff_text text = arff->data;
    uint64_t rows = 0;
    for (int got; (got = arff_text_line(&text, err)) != 0; rows++) {
        TRY(got);
        if (rows == max_rows)
            return err_set(err, REASON_LIMIT_OUTPUT, "more than %llu rows, which is the limit",
                           (unsigned long long)max_rows);
        TRY(walk_row(arff, &text, rows, visit, context, err));
    }
    *ret_rows = rows;
    return 0;
}

static int refuse_cell(const struct dataset_arff *arff, const struct cell *cell, const char *expected,
                       struct err *err) {
    char name[UTF8_LABEL_BYTES], found[UTF8_LABEL_BYTES];
    const struct arff_attribute *attribute = &arff->header.attributes[cell->column];
    utf8_label(attribute->name, attribute->name_bytes, name);
    arff_word_label(&cell->word, found);
    return arff_text_refuse(cell->text, cell->word.start, err, "attribute '%s': expected %s, found '%s'", name,
                            expected, found);
}

// ---- the first walk ----

static int measure(struct dataset_arff *arff, const struct cell *cell, void *context, struct err *err) {
    struct arff_attribute *attribute = &arff->header.attributes[cell->column];
    int64_t whole;
    double real;
    (void)context;
    if (is_missing(&cell->word)) {
        attribute->missing = true;
        return 0;
    }
    if (attribute->type == ARFF_STRING)
        attribute->bytes += cell->word.bytes;
    if (attribute->type != ARFF_INTEGER)
        return 0;
    enum arff_number number = arff_number_read(&cell->word, &whole, &real);
    if (number == ARFF_NO_NUMBER)
        return refuse_cell(arff, cell, "a number", err);
    attribute->broken |= number == ARFF_REAL;
    return 0;
}

// Integers of which one is missing or has a fraction are doubles, as they are for pandas.
static enum segment_kind kind_of(const struct arff_attribute *attribute) {
    switch (attribute->type) {
    case ARFF_INTEGER:
        return attribute->missing || attribute->broken ? SEGMENT_FLOAT64 : SEGMENT_INT64;
    case ARFF_STRING:
        return SEGMENT_UTF8;
    case ARFF_DATE:
        return SEGMENT_TIMESTAMP;
    case ARFF_NOMINAL:
        return segment_codes_kind(attribute->labels.count);
    case ARFF_NUMERIC:
        break;
    }
    return SEGMENT_FLOAT64;
}

static struct segment_spec spec_of(const struct dataset_arff *arff, const struct arff_attribute *attribute) {
    struct segment_spec spec = {.kind = kind_of(attribute),
                                .length = arff->rows,
                                .data_bytes = attribute->bytes,
                                .dictionary = SEGMENT_NO_DICTIONARY,
                                .name = attribute->name,
                                .name_bytes = attribute->name_bytes};
    spec.nulls = attribute->missing && segment_kind_nulls(spec.kind) == SEGMENT_NULLS_BITMAP;
    if (spec.kind == SEGMENT_TIMESTAMP)
        spec.unit = arff->profile == SEGMENT_PROFILE_NS ? SEGMENT_UNIT_NS : SEGMENT_UNIT_MS;
    if (attribute->zoned) {
        spec.zone = "UTC";
        spec.zone_bytes = 3;
    }
    return spec;
}

static struct segment_spec labels_spec(const struct arff_labels *labels) {
    return (struct segment_spec){.kind = SEGMENT_UTF8,
                                 .length = labels->count,
                                 .data_bytes = (uint64_t)labels->offsets[labels->count],
                                 .dictionary = SEGMENT_NO_DICTIONARY};
}

static struct segment_shape shape_of(const struct dataset_arff *arff) {
    return (struct segment_shape){.specs = arff->specs,
                                  .columns = arff->header.count,
                                  .arrays = arff->arrays,
                                  .rows = arff->rows,
                                  .profile = arff->profile};
}

static int plan(struct dataset_arff *arff, struct err *err) {
    uint32_t columns = arff->header.count;
    arff->arrays = columns;
    arff->specs = calloc((size_t)columns * 2 + 1, sizeof *arff->specs);
    if (!arff->specs)
        return err_set(err, REASON_INFRA, "out of memory for the columns of an ARFF file");
    for (uint32_t i = 0; i < columns; i++) {
        struct arff_attribute *attribute = &arff->header.attributes[i];
        arff->specs[i] = spec_of(arff, attribute);
        if (attribute->type != ARFF_NOMINAL)
            continue;
        arff->specs[i].dictionary = arff->arrays;
        arff->specs[arff->arrays++] = labels_spec(&attribute->labels);
    }
    struct segment_shape shape = shape_of(arff);
    return segment_layout(&shape, &arff->bytes, err);
}

static int open_arff(struct dataset_arff *arff, const struct codec_ceilings *ceilings, struct err *err) {
    TRY(arff_header_read(&arff->data, ceilings, &arff->header, err));
    TRY(walk(arff, ceilings->rows, measure, NULL, &arff->rows, err));
    TRY(plan(arff, err));
    if (arff->bytes > ceilings->bytes)
        return err_set(err, REASON_LIMIT_OUTPUT, "a dataset of %llu bytes is larger than its limit of %llu",
                       (unsigned long long)arff->bytes, (unsigned long long)ceilings->bytes);
    return 0;
}

int dataset_arff_open(const void *file, size_t bytes, enum segment_profile profile,
                      const struct codec_ceilings *ceilings, struct dataset_arff **ret, struct err *err) {
    struct dataset_arff *arff = calloc(1, sizeof *arff);
    if (!arff)
        return err_set(err, REASON_INFRA, "out of memory for a reader");
    arff->profile = profile;
    arff_text_open(&arff->data, file, bytes);
    if (open_arff(arff, ceilings, err) < 0) {
        dataset_arff_close(arff);
        return -1;
    }
    *ret = arff;
    return 0;
}

void dataset_arff_shape(const struct dataset_arff *arff, struct dataset_shape *ret) {
    *ret = (struct dataset_shape){.bytes = arff->bytes, .rows = arff->rows, .columns = arff->header.count};
}

void dataset_arff_close(struct dataset_arff *arff) {
    if (!arff)
        return;
    arff_header_done(&arff->header);
    free(arff->specs);
    free(arff);
}

// ---- the second walk; another process may write to the file meanwhile, and then nothing may be overrun ----

static int changed(struct err *err) {
    return err_set(err, REASON_BAD_INPUT, "the file changed while it was being read");
}

static int fill_whole(const struct cell *cell, int64_t *to, struct err *err) {
    double ignored;
    return arff_number_read(&cell->word, to, &ignored) == ARFF_WHOLE ? 0 : changed(err);
}

static int fill_real(struct dataset_arff *arff, const struct cell *cell, struct segment_array *array, double *to,
                     struct err *err) {
    int64_t whole;
    *to = __builtin_nan("");
    enum arff_number number = ARFF_REAL;
    if (!is_missing(&cell->word))
        number = arff_number_read(&cell->word, &whole, to);
    if (number == ARFF_NO_NUMBER)
        return refuse_cell(arff, cell, "a number", err);
    // 2^53 and more: not every whole number is a double.
    if (number == ARFF_WHOLE && (int64_t)*to != whole && arff->header.attributes[cell->column].type == ARFF_INTEGER)
        array->inexact++;
    array->null_count += *to != *to;
    return 0;
}

static int fill_text(const struct cell *cell, void *base, struct segment_array *array, struct err *err) {
    int64_t *offsets = segment_at(base, array->offsets);
    char *bytes = segment_at(base, array->values);
    bool missing = is_missing(&cell->word);
    int64_t at = offsets[cell->row];
    if (missing ? array->nulls.bytes == 0 : (uint64_t)at + cell->word.bytes > array->values.bytes)
        return changed(err);
    offsets[cell->row + 1] = at + (missing ? 0 : (int64_t)arff_word_copy(&cell->word, bytes + at));
    array->null_count += missing;
    if (!missing && array->nulls.bytes)
        ((uint8_t *)segment_at(base, array->nulls))[cell->row / 8] |= (uint8_t)(1u << (cell->row % 8));
    return 0;
}

static int fill_date(struct dataset_arff *arff, const struct cell *cell, struct segment_array *array, int64_t *to,
                     struct err *err) {
    const struct arff_attribute *attribute = &arff->header.attributes[cell->column];
    char text[MAX_DATE_BYTES], expected[UTF8_LABEL_BYTES + 32], pattern[UTF8_LABEL_BYTES];
    if (is_missing(&cell->word)) {
        array->null_count++;
        *to = INT64_MIN;
        return 0;
    }
    size_t bytes = cell->word.bytes < sizeof text ? arff_word_copy(&cell->word, text) : 0;
    utf8_label(attribute->pattern, attribute->pattern_bytes, pattern);
    snprintf(expected, sizeof expected, "a date of the form %s", pattern);
    if (!arff_date_read(attribute->pattern, attribute->pattern_bytes, text, bytes, to))
        return refuse_cell(arff, cell, expected, err);
    if (arff->profile == SEGMENT_PROFILE_NS && __builtin_mul_overflow(*to, NS_PER_MS, to))
        return refuse_cell(arff, cell, "a date from 1677 to 2262, which is what nanoseconds can count", err);
    return 0;
}

static int code_of(struct dataset_arff *arff, const struct cell *cell, struct segment_array *array, int32_t *ret,
                   struct err *err) {
    struct arff_labels *labels = &arff->header.attributes[cell->column].labels;
    char expected[48];
    *ret = -1;
    if (is_missing(&cell->word)) {
        array->null_count++;
        return 0;
    }
    uint32_t code = arff_labels_find(labels, &cell->word);
    if (code == labels->count) {
        snprintf(expected, sizeof expected, "one of its %u value%s", labels->count, labels->count == 1 ? "" : "s");
        return refuse_cell(arff, cell, expected, err);
    }
    *ret = (int32_t)code;
    return 0;
}

static int fill_code(struct dataset_arff *arff, const struct cell *cell, void *values, struct segment_array *array,
                     struct err *err) {
    int32_t code;
    TRY(code_of(arff, cell, array, &code, err));
    if (array->kind == SEGMENT_CODES8)
        ((int8_t *)values)[cell->row] = (int8_t)code;
    else if (array->kind == SEGMENT_CODES16)
        ((int16_t *)values)[cell->row] = (int16_t)code;
    else
        ((int32_t *)values)[cell->row] = code;
    return 0;
}

static int fill(struct dataset_arff *arff, const struct cell *cell, void *base, struct err *err) {
    struct segment_array *array = segment_array(base, cell->column);
    void *values = segment_at(base, array->values);
    switch (arff->header.attributes[cell->column].type) {
    case ARFF_INTEGER:
        if (array->kind == SEGMENT_INT64)
            return fill_whole(cell, (int64_t *)values + cell->row, err);
        return fill_real(arff, cell, array, (double *)values + cell->row, err);
    case ARFF_NUMERIC:
        return fill_real(arff, cell, array, (double *)values + cell->row, err);
    case ARFF_STRING:
        return fill_text(cell, base, array, err);
    case ARFF_DATE:
        return fill_date(arff, cell, array, (int64_t *)values + cell->row, err);
    case ARFF_NOMINAL:
        return fill_code(arff, cell, values, array, err);
    }
    return 0;
}

static void fill_labels(void *base, uint32_t index, const struct arff_labels *labels) {
    struct segment_array *array = segment_array(base, index);
    memcpy(segment_at(base, array->offsets), labels->offsets, ((size_t)labels->count + 1) * sizeof *labels->offsets);
    if (array->values.bytes)
        memcpy(segment_at(base, array->values), labels->bytes, array->values.bytes);
}

// Escapes took more bytes in the file than the texts do.
static void cut_text(void *base, struct segment_array *array) {
    const int64_t *offsets = segment_at(base, array->offsets);
    array->values.bytes = (uint64_t)offsets[array->length];
    if (array->values.bytes == 0)
        array->values.offset = 0;
}

int dataset_arff_decode(struct dataset_arff *arff, void *base, struct err *err) {
    struct segment_shape shape = shape_of(arff);
    uint64_t rows;
    TRY(segment_format(base, arff->bytes, &shape, err));
    TRY(walk(arff, arff->rows, fill, base, &rows, err));
    if (rows != arff->rows)
        return changed(err);
    for (uint32_t i = 0, next = arff->header.count; i < arff->header.count; i++) {
        struct segment_array *array = segment_array(base, i);
        if (arff->header.attributes[i].type == ARFF_NOMINAL)
            fill_labels(base, next++, &arff->header.attributes[i].labels);
        if (array->kind == SEGMENT_UTF8)
            cut_text(base, array);
    }
    return 0;
}
