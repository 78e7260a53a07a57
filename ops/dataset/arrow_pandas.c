// SPDX-License-Identifier: Apache-2.0
// What pyarrow's Table.to_pandas() and pandas read under the schema's key "pandas". Their names for types are a mixture
// of NumPy's, Arrow's and their own.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_write.h"
#include "quern/own.h"

static void drop(json_t **value) { json_decref(*value); }
#define auto_json __attribute__((cleanup(drop)))

struct names {
    const char *pandas, *numpy;
};

static const char *const durations[] = {"timedelta64[s]", "timedelta64[ms]", "timedelta64[us]", "timedelta64[ns]"};
static const char *const times[] = {"datetime64[s]", "datetime64[ms]", "datetime64[us]", "datetime64[ns]"};

static struct names names_of(const struct segment_array *array) {
    switch ((enum segment_kind)array->kind) {
    case SEGMENT_INT8:
        return (struct names){"int8", "int8"};
    case SEGMENT_INT16:
        return (struct names){"int16", "int16"};
    case SEGMENT_INT32:
        return (struct names){"int32", "int32"};
    case SEGMENT_INT64:
        return (struct names){"int64", "int64"};
    case SEGMENT_UINT8:
        return (struct names){"uint8", "uint8"};
    case SEGMENT_UINT16:
        return (struct names){"uint16", "uint16"};
    case SEGMENT_UINT32:
        return (struct names){"uint32", "uint32"};
    case SEGMENT_UINT64:
        return (struct names){"uint64", "uint64"};
    case SEGMENT_NULL:
        return (struct names){"empty", "object"};
    case SEGMENT_FLOAT16:
        return (struct names){"float16", "float16"};
    case SEGMENT_FLOAT32:
        return (struct names){"float32", "float32"};
    case SEGMENT_FLOAT64:
        return (struct names){"float64", "float64"};
    case SEGMENT_BOOL:
        return (struct names){"bool", "bool"};
    case SEGMENT_FLAGS:
        return (struct names){"bool", "object"};
    case SEGMENT_TIMESTAMP:
        return (struct names){array->zone.bytes ? "datetimetz" : "datetime", times[array->unit]};
    case SEGMENT_DURATION:
        return (struct names){"timedelta", durations[array->unit]};
    case SEGMENT_TIME:
        return (struct names){"time", "object"};
    case SEGMENT_CODES8:
        return (struct names){"categorical", "int8"};
    case SEGMENT_CODES16:
        return (struct names){"categorical", "int16"};
    case SEGMENT_CODES32:
        return (struct names){"categorical", "int32"};
    case SEGMENT_BINARY:
        return (struct names){"bytes", "object"};
    case SEGMENT_UTF8:
    case SEGMENT_KIND_NONE:
        break;
    }
    return (struct names){"unicode", "object"};
}

// The dtypes of arrays that have SEGMENT_NULLABLE.
static const char *const nullable_names[] = {
    [SEGMENT_INT8] = "Int8",       [SEGMENT_INT16] = "Int16",   [SEGMENT_INT32] = "Int32",
    [SEGMENT_INT64] = "Int64",     [SEGMENT_UINT8] = "UInt8",   [SEGMENT_UINT16] = "UInt16",
    [SEGMENT_UINT32] = "UInt32",   [SEGMENT_UINT64] = "UInt64", [SEGMENT_FLOAT32] = "Float32",
    [SEGMENT_FLOAT64] = "Float64", [SEGMENT_BOOL] = "boolean",  [SEGMENT_UTF8] = "string",
};

// NULL: it is none of pandas' nullable types.
static const char *nullable_name(const struct segment_array *array) {
    if (!(array->flags & SEGMENT_NULLABLE))
        return NULL;
    return array->kind < sizeof nullable_names / sizeof *nullable_names ? nullable_names[array->kind] : "string";
}

static json_t *text_at(const void *segment, struct segment_span span) {
    return json_stringn(segment_at(segment, span), span.bytes);
}

static json_t *details(const void *segment, const struct segment_array *array) {
    if (segment_kind_is_codes((enum segment_kind)array->kind))
        return json_pack("{s:I, s:b}", "num_categories", (json_int_t)segment_array(segment, array->dictionary)->length,
                         "ordered", (array->flags & SEGMENT_ORDERED) != 0);
    if (array->zone.bytes)
        return json_pack("{s:o}", "timezone", text_at(segment, array->zone));
    return json_null();
}

static json_t *column(const void *segment, uint32_t index) {
    const struct segment_array *array = segment_array(segment, index);
    struct names names = names_of(array);
    const char *nullable = nullable_name(array);
    return json_pack("{s:o, s:o, s:s, s:s, s:o}", "name", text_at(segment, array->name), "field_name",
                     text_at(segment, array->name), "pandas_type", names.pandas, "numpy_type",
                     nullable ? nullable : names.numpy, "metadata", details(segment, array));
}

static json_t *columns(const void *segment) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < segment_header(segment)->columns; i++)
        if (json_array_append_new(list, column(segment, i)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

// The rows are numbered from 0; the column names are texts.
static json_t *metadata(const void *segment) {
    return json_pack("{s:[{s:s, s:n, s:i, s:I, s:i}], s:[{s:n, s:n, s:s, s:s, s:{s:s}}], s:o, s:{s:s, s:s}, s:s}",
                     "index_columns", "kind", "range", "name", "start", 0, "stop",
                     (json_int_t)segment_header(segment)->rows, "step", 1, "column_indexes", "name", "field_name",
                     "pandas_type", "unicode", "numpy_type", "object", "metadata", "encoding", "UTF-8", "columns",
                     columns(segment), "creator", "library", "quern", "version", QUERN_VERSION, "pandas_version",
                     "1.5.3");
}

int arrow_pandas(const void *segment, char **ret, size_t *ret_bytes, struct err *err) {
    auto_json json_t *value = metadata(segment);
    auto_free char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    if (!text)
        return err_set(err, REASON_INFRA, "out of memory for the metadata of %u columns",
                       segment_header(segment)->columns);
    *ret_bytes = strlen(text);
    *ret = steal_ptr(&text);
    return 0;
}
