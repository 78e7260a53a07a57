// SPDX-License-Identifier: Apache-2.0
// schemas/profile.md.
#include <stdlib.h>

#include "head.h"
#include "profile_work.h"
#include "quern/dataset.h"
#include "quern/own.h"

enum { MAX_COLUMNS = 10000 };

struct survey {
    const void *segment;
    struct profile_column *columns; // owned
    uint32_t count;
};

/* ---- JSON ---- */

// A null where memory was short shows as a member that json_object_set_new() refuses.
static int put(json_t *object, const char *name, json_t *value) { return json_object_set_new(object, name, value); }

static json_t *bins_of(const struct profile_column *column) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < column->bin_count; i++)
        if (json_array_append_new(list, json_integer((json_int_t)column->bins[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int describe(json_t *object, const void *segment, uint32_t index, const struct profile_column *column) {
    const struct segment_array *array = segment_array(segment, index);
    const struct segment_array *values =
        array->dictionary == SEGMENT_NO_DICTIONARY ? array : segment_array(segment, array->dictionary);
    bool any = column->present > 0;
    if (put(object, "min", any ? head_cell(segment, values, column->least) : json_null()) < 0 ||
        put(object, "max", any ? head_cell(segment, values, column->most) : json_null()) < 0 ||
        put(object, "mean", column->has_mean ? head_mean(array, column->mean) : json_null()) < 0 ||
        put(object, "distinct", json_integer((json_int_t)column->distinct)) < 0 ||
        put(object, "distinct_more", json_boolean(column->distinct_more)) < 0)
        return -1;
    // Kinds that keep no count of what is missing in their header have it counted here.
    if (put(object, "nulls", json_integer((json_int_t)(array->length - column->present))) < 0)
        return -1;
    return column->bin_count ? put(object, "histogram", bins_of(column)) : 0;
}

static json_t *column_of(const struct survey *survey, uint32_t index) {
    json_t *object = head_column(survey->segment, index);
    if (!object || describe(object, survey->segment, index, &survey->columns[index]) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *columns_of(const struct survey *survey) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < survey->count; i++)
        if (json_array_append_new(list, column_of(survey, i)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *profile_of(const struct survey *survey) {
    const struct segment_header *header = segment_header(survey->segment);
    json_t *object = json_pack("{s:I, s:o}", "rows", (json_int_t)header->rows, "columns", columns_of(survey));
    if (object && header->columns > survey->count &&
        put(object, "columns_left", json_integer(header->columns - survey->count)) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int dataset_profile(const void *segment, uint32_t threads, int output, uint64_t *ret_bytes, struct err *err) {
    uint32_t columns = segment_header(segment)->columns;
    struct survey survey = {.segment = segment, .count = columns < MAX_COLUMNS ? columns : MAX_COLUMNS};
    auto_free struct profile_column *owned = calloc(survey.count + 1, sizeof *owned);
    survey.columns = owned;
    if (!owned)
        return err_set(err, REASON_INFRA, "out of memory for the profile of a dataset");
    TRY(profile_work(segment, survey.count, threads, owned, err));
    json_auto_t *object = profile_of(&survey);
    if (!object)
        return err_set(err, REASON_INFRA, "out of memory for the profile of a dataset");
    return head_write(object, "profile", output, ret_bytes, err);
}
