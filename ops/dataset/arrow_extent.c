// SPDX-License-Identifier: Apache-2.0
#include "arrow_extent.h"

// Slots of Schema.fbs.
enum { FIELD_TYPE_ID = 2, FIELD_TYPE = 3, FIELD_DICTIONARY = 4, FIELD_CHILDREN = 5 };
enum { TYPE_UNION = 14, TYPE_RUNS = 22, UNION_DENSE = 1 };
enum { MAX_DEPTH = 64, MAX_FIELDS = 1000000 };

// Buffers of a type's own, by its id; views have their data buffers besides, dense unions their offsets.
static const struct {
    bool known, view;
    uint32_t buffers;
} types[] = {
    [1] = {true, false, 0},  [2] = {true, false, 2},  [3] = {true, false, 2},  [4] = {true, false, 3},
    [5] = {true, false, 3},  [6] = {true, false, 2},  [7] = {true, false, 2},  [8] = {true, false, 2},
    [9] = {true, false, 2},  [10] = {true, false, 2}, [11] = {true, false, 2}, [12] = {true, false, 2},
    [13] = {true, false, 1}, [14] = {true, false, 1}, [15] = {true, false, 2}, [16] = {true, false, 1},
    [17] = {true, false, 2}, [18] = {true, false, 2}, [19] = {true, false, 3}, [20] = {true, false, 3},
    [21] = {true, false, 2}, [22] = {true, false, 0}, [23] = {true, true, 2},  [24] = {true, true, 2},
    [25] = {true, false, 3}, [26] = {true, false, 3},
};

enum { TYPES = sizeof types / sizeof types[0] };

static int add_own(const struct flat_table *field, struct arrow_extent *extent, struct err *err) {
    uint8_t id;
    bool present;
    struct flat_table table;
    TRY(flat_u8(field, FIELD_TYPE_ID, 0, &id, err));
    if (id >= TYPES || !types[id].known)
        return err_set(err, REASON_BAD_INPUT, "Arrow type %u is unknown", id);
    extent->buffers += types[id].buffers;
    extent->variadics += types[id].view;
    extent->bare += id == TYPE_UNION || id == TYPE_RUNS;
    if (id != TYPE_UNION)
        return 0;
    int16_t mode = 0;
    TRY(flat_child(field, FIELD_TYPE, &present, &table, err));
    if (present)
        TRY(flat_i16(&table, 0, 0, &mode, err));
    extent->buffers += mode == UNION_DENSE;
    return 0;
}

static int add_field(const struct flat_table *field, uint32_t depth, uint32_t *visited, struct arrow_extent *extent,
                     struct err *err) {
    bool has_dictionary;
    struct flat_table encoding;
    struct flat_vector children;
    if (depth == MAX_DEPTH || ++*visited > MAX_FIELDS)
        return err_set(err, REASON_LIMIT_OUTPUT, "the schema has more than %d fields, or %d in each other", MAX_FIELDS,
                       MAX_DEPTH);
    extent->nodes++;
    TRY(flat_child(field, FIELD_DICTIONARY, &has_dictionary, &encoding, err));
    // Only the indices are in the batch.
    if (has_dictionary) {
        extent->buffers += 2;
        return 0;
    }
    TRY(add_own(field, extent, err));
    TRY(flat_vector(field, FIELD_CHILDREN, 4, &children, err));
    for (uint32_t i = 0; i < children.count; i++) {
        struct flat_table child;
        TRY(flat_vector_child(&children, i, &child, err));
        TRY(add_field(&child, depth + 1, visited, extent, err));
    }
    return 0;
}

int arrow_extent_read(const struct flat_table *field, uint32_t *visited, struct arrow_extent *ret, struct err *err) {
    *ret = (struct arrow_extent){0};
    return add_field(field, 0, visited, ret, err);
}
