// SPDX-License-Identifier: Apache-2.0
#include "arrow_hints.h"

#include <jansson.h>
#include <string.h>

// Slots of Schema.fbs.
enum { SCHEMA_METADATA = 2, PAIR_KEY = 0, PAIR_VALUE = 1 };

// What pandas writes of a column has about 150 bytes and its name three times. More is not parsed, so that the values
// of a document cannot take many times the memory that its columns deserve.
enum { MOST_PAIRS = 1000, DOCUMENT_BYTES = 65536, COLUMN_BYTES = 512, NAME_TIMES = 8 };

#define KEY "pandas"

// By pandas_type and numpy_type the metadata contradict themselves for nullable types; the latter is the dtype's name.
static const struct {
    const char *dtype;
    enum arrow_form form;
    uint32_t width;
    bool is_signed;
} nullables[] = {
    {"Int8", ARROW_INT, 1, true},
    {"Int16", ARROW_INT, 2, true},
    {"Int32", ARROW_INT, 4, true},
    {"Int64", ARROW_INT, 8, true},
    {"UInt8", ARROW_INT, 1, false},
    {"UInt16", ARROW_INT, 2, false},
    {"UInt32", ARROW_INT, 4, false},
    {"UInt64", ARROW_INT, 8, false},
    {"Float32", ARROW_FLOAT, 4, false},
    {"Float64", ARROW_FLOAT, 8, false},
    {"boolean", ARROW_BOOL, 0, false},
    {"string", ARROW_TEXT, 0, false},
    {"string[python]", ARROW_TEXT, 0, false},
    {"string[pyarrow]", ARROW_TEXT, 0, false},
};

static bool fits(const struct arrow_column *column, const char *dtype) {
    const struct arrow_type *type = &column->type;
    enum arrow_form form = arrow_type_is_text(type) ? ARROW_TEXT : type->form;
    if (column->has_dictionary || type->is_binary)
        return false;
    for (size_t i = 0; i < sizeof nullables / sizeof *nullables; i++)
        if (strcmp(nullables[i].dtype, dtype) == 0)
            return form == nullables[i].form && type->width == nullables[i].width &&
                   type->is_signed == nullables[i].is_signed;
    return false;
}

// {name: dtype} of the document's columns. A NULL takes nothing and gives nothing.
static json_t *dtypes_of(const json_t *document) {
    json_t *dtypes = json_object(), *entry;
    size_t index;
    json_array_foreach(json_object_get(document, "columns"), index, entry) {
        json_t *name = json_object_get(entry, "field_name");
        json_t *dtype = json_object_get(entry, "numpy_type");
        if (!json_is_string(name))
            name = json_object_get(entry, "name");
        if (json_is_string(name) && json_is_string(dtype))
            (void)json_object_setn(dtypes, json_string_value(name), json_string_length(name), dtype);
    }
    return dtypes;
}

static void take_hints(const char *text, size_t bytes, struct arrow_schema *schema) {
    json_t *document = json_loadb(text, bytes, JSON_ALLOW_NUL, NULL); // names may hold one
    json_t *dtypes = dtypes_of(document);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        struct arrow_column *column = &schema->columns[i];
        const char *dtype = json_string_value(json_object_getn(dtypes, column->name, column->name_bytes));
        column->nullable = dtype && fits(column, dtype);
    }
    json_decref(dtypes);
    json_decref(document);
}

// It tells of all fields, also of those that are not wanted.
static size_t most_bytes(const struct arrow_schema *schema) {
    return DOCUMENT_BYTES + (size_t)schema->field_count * COLUMN_BYTES + schema->name_bytes * NAME_TIMES;
}

int arrow_hints_read(const struct flat_table *table, struct arrow_schema *schema, struct err *err) {
    struct flat_vector pairs;
    TRY(flat_vector(table, SCHEMA_METADATA, 4, &pairs, err));
    for (uint32_t i = 0; i < pairs.count && i < MOST_PAIRS; i++) {
        struct flat_table pair;
        const char *key, *value;
        size_t key_bytes, value_bytes;
        TRY(flat_vector_child(&pairs, i, &pair, err));
        TRY(flat_text(&pair, PAIR_KEY, &key, &key_bytes, err));
        if (key_bytes != strlen(KEY) || memcmp(key, KEY, key_bytes) != 0)
            continue;
        TRY(flat_text(&pair, PAIR_VALUE, &value, &value_bytes, err));
        if (value_bytes <= most_bytes(schema))
            take_hints(value, value_bytes, schema);
        return 0;
    }
    return 0;
}
