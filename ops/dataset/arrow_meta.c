// SPDX-License-Identifier: Apache-2.0
// The tables of Arrow's Message.fbs, Schema.fbs and File.fbs, by slot number.
#include <stdlib.h>
#include <string.h>

#include "arrow_write.h"
#include "quern/own.h"

enum {
    VERSION_5 = 4,
    MESSAGE_SCHEMA = 1,
    MESSAGE_DICTIONARY = 2,
    MESSAGE_BATCH = 3,
    CODEC_ZSTD = 1,
    PRECISION_HALF = 0,
    PRECISION_SINGLE = 1,
    PRECISION_DOUBLE = 2,
    PREFIX_BYTES = 8,
};

#define EXTENSION "ARROW:extension:name"
#define JSON "arrow.json"

enum type_id {
    TYPE_NULL = 1,
    TYPE_INT = 2,
    TYPE_FLOAT = 3,
    TYPE_BINARY = 4,
    TYPE_UTF8 = 5,
    TYPE_BOOL = 6,
    TYPE_TIME = 9,
    TYPE_TIMESTAMP = 10,
    TYPE_DURATION = 18,
    TYPE_LARGE_BINARY = 19,
    TYPE_LARGE_UTF8 = 20,
};

static uint8_t type_id(const struct segment_array *array) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    if (kind == SEGMENT_UTF8)
        return arrow_column_is_large(array) ? TYPE_LARGE_UTF8 : TYPE_UTF8;
    if (kind == SEGMENT_BINARY)
        return arrow_column_is_large(array) ? TYPE_LARGE_BINARY : TYPE_BINARY;
    if (kind == SEGMENT_FLOAT16 || kind == SEGMENT_FLOAT32 || kind == SEGMENT_FLOAT64)
        return TYPE_FLOAT;
    if (kind == SEGMENT_BOOL || kind == SEGMENT_FLAGS)
        return TYPE_BOOL;
    if (kind == SEGMENT_NULL)
        return TYPE_NULL;
    if (kind == SEGMENT_DURATION)
        return TYPE_DURATION;
    if (kind == SEGMENT_TIME)
        return TYPE_TIME;
    return kind == SEGMENT_TIMESTAMP ? TYPE_TIMESTAMP : TYPE_INT;
}

static uint32_t write_int(struct flat_build *flat, uint32_t width, bool is_signed) {
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_i32(&table, 0, (int32_t)width * 8);
    flat_set_u8(&table, 1, is_signed);
    return flat_table_end(&table);
}

static uint32_t write_timestamp(struct flat_build *flat, const void *segment, const struct segment_array *array) {
    struct flat_build_table table;
    uint32_t zone = array->zone.bytes ? flat_string(flat, segment_at(segment, array->zone), array->zone.bytes) : 0;
    flat_table_begin(flat, &table);
    if (zone)
        flat_set_ref(&table, 1, zone);
    flat_set_i16(&table, 0, (int16_t)array->unit);
    return flat_table_end(&table);
}

static uint32_t write_time(struct flat_build *flat) {
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_i32(&table, 1, 64);
    flat_set_i16(&table, 0, SEGMENT_UNIT_NS);
    return flat_table_end(&table);
}

static uint32_t write_type(struct flat_build *flat, const void *segment, const struct segment_array *array) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    struct flat_build_table table;
    uint8_t id = type_id(array);
    if (id == TYPE_INT)
        return write_int(flat, segment_kind_width(kind), !(kind >= SEGMENT_UINT8 && kind <= SEGMENT_UINT64));
    if (id == TYPE_TIMESTAMP)
        return write_timestamp(flat, segment, array);
    if (id == TYPE_TIME)
        return write_time(flat);
    flat_table_begin(flat, &table);
    if (id == TYPE_DURATION)
        flat_set_i16(&table, 0, (int16_t)array->unit);
    if (id == TYPE_FLOAT)
        flat_set_i16(&table, 0,
                     kind == SEGMENT_FLOAT16   ? PRECISION_HALF
                     : kind == SEGMENT_FLOAT32 ? PRECISION_SINGLE
                                               : PRECISION_DOUBLE);
    return flat_table_end(&table);
}

static uint32_t write_encoding(struct flat_build *flat, const struct segment_array *array) {
    struct flat_build_table table;
    uint32_t indices = write_int(flat, segment_kind_width((enum segment_kind)array->kind), true);
    flat_table_begin(flat, &table);
    flat_set_i64(&table, 0, array->dictionary);
    flat_set_ref(&table, 1, indices);
    flat_set_u8(&table, 2, (array->flags & SEGMENT_ORDERED) != 0);
    return flat_table_end(&table);
}

// A list of one pair.
static uint32_t write_metadata(struct flat_build *flat, const char *key, const char *text, size_t bytes) {
    uint32_t value = flat_string(flat, text, bytes);
    uint32_t name = flat_string(flat, key, strlen(key));
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_ref(&table, 0, name);
    flat_set_ref(&table, 1, value);
    uint32_t pair = flat_table_end(&table);
    return flat_refs(flat, &pair, 1);
}

// `children` is one empty vector for all fields: readers want it there. JSON texts are Arrow's own extension type of them.
static uint32_t write_field(struct flat_build *flat, const void *segment, uint32_t column, uint32_t children) {
    const struct segment_array *array = segment_array(segment, column);
    bool codes = segment_kind_is_codes((enum segment_kind)array->kind);
    const struct segment_array *typed = codes ? segment_array(segment, array->dictionary) : array;
    uint32_t name = flat_string(flat, segment_at(segment, array->name), array->name.bytes);
    uint32_t type = write_type(flat, segment, typed);
    uint32_t encoding = codes ? write_encoding(flat, array) : 0;
    uint32_t metadata = array->flags & SEGMENT_JSON ? write_metadata(flat, EXTENSION, JSON, strlen(JSON)) : 0;
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_ref(&table, 0, name);
    flat_set_ref(&table, 3, type);
    if (codes)
        flat_set_ref(&table, 4, encoding);
    flat_set_ref(&table, 5, children);
    if (metadata)
        flat_set_ref(&table, 6, metadata);
    flat_set_u8(&table, 1, 1);
    flat_set_u8(&table, 2, type_id(typed));
    return flat_table_end(&table);
}

static int write_schema(struct flat_build *flat, const void *segment, const char *pandas, size_t pandas_bytes,
                        uint32_t *ret_ref, struct err *err) {
    uint32_t columns = segment_header(segment)->columns;
    auto_free uint32_t *fields = calloc(columns ? columns : 1, sizeof *fields);
    if (!fields)
        return err_set(err, REASON_INFRA, "out of memory for a schema of %u columns", columns);
    uint32_t metadata = write_metadata(flat, "pandas", pandas, pandas_bytes);
    uint32_t children = flat_refs(flat, NULL, 0);
    for (uint32_t i = columns; i-- > 0;)
        fields[i] = write_field(flat, segment, i, children);
    uint32_t vector = flat_refs(flat, fields, columns);
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_ref(&table, 1, vector);
    flat_set_ref(&table, 2, metadata);
    *ret_ref = flat_table_end(&table);
    return 0;
}

static int finish_message(struct flat_build *flat, uint8_t type, uint32_t header, int64_t body_bytes, struct err *err) {
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_i64(&table, 3, body_bytes);
    flat_set_ref(&table, 2, header);
    flat_set_i16(&table, 0, VERSION_5);
    flat_set_u8(&table, 1, type);
    return flat_finish(flat, flat_table_end(&table), err);
}

int arrow_meta_schema(const struct arrow_plan *plan, const char *pandas, size_t pandas_bytes, struct flat_build *flat,
                      struct err *err) {
    uint32_t schema = 0;
    TRY(write_schema(flat, plan->segment, pandas, pandas_bytes, &schema, err));
    return finish_message(flat, MESSAGE_SCHEMA, schema, 0, err);
}

static uint32_t write_compression(struct flat_build *flat) {
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_u8(&table, 0, CODEC_ZSTD);
    return flat_table_end(&table);
}

static int write_batch(const struct arrow_plan *plan, const struct arrow_message *message, struct flat_build *flat,
                       uint32_t *ret_ref, struct err *err) {
    auto_free struct arrow_node *nodes = calloc(message->arrays ? message->arrays : 1, sizeof *nodes);
    if (!nodes)
        return err_set(err, REASON_INFRA, "out of memory for a batch of %u columns", message->arrays);
    for (uint32_t i = 0; i < message->arrays; i++) {
        const struct segment_array *array = segment_array(plan->segment, message->first_array + i);
        nodes[i] = (struct arrow_node){(int64_t)array->length, (int64_t)array->null_count};
    }
    uint32_t compression = write_compression(flat);
    uint32_t buffers =
        flat_structs(flat, plan->places + message->first_buffer, sizeof *plan->places, 8, message->buffers);
    uint32_t vector = flat_structs(flat, nodes, sizeof *nodes, 8, message->arrays);
    uint64_t rows = message->dictionary ? (uint64_t)nodes[0].length : segment_header(plan->segment)->rows;
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_i64(&table, 0, (int64_t)rows);
    flat_set_ref(&table, 1, vector);
    flat_set_ref(&table, 2, buffers);
    flat_set_ref(&table, 3, compression);
    *ret_ref = flat_table_end(&table);
    return 0;
}

int arrow_meta_message(const struct arrow_plan *plan, const struct arrow_message *message, struct flat_build *flat,
                       struct err *err) {
    uint32_t batch = 0;
    TRY(write_batch(plan, message, flat, &batch, err));
    if (!message->dictionary)
        return finish_message(flat, MESSAGE_BATCH, batch, message->block.body_bytes, err);
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_i64(&table, 0, message->first_array);
    flat_set_ref(&table, 1, batch);
    return finish_message(flat, MESSAGE_DICTIONARY, flat_table_end(&table), message->block.body_bytes, err);
}

static uint32_t write_blocks(const struct arrow_plan *plan, struct flat_build *flat, uint32_t first, uint32_t count,
                             struct arrow_block *blocks) {
    for (uint32_t i = 0; i < count; i++)
        blocks[i] = plan->messages[first + i].block;
    return flat_structs(flat, blocks, sizeof *blocks, 8, count);
}

int arrow_meta_footer(const struct arrow_plan *plan, const char *pandas, size_t pandas_bytes, struct flat_build *flat,
                      struct err *err) {
    uint32_t schema = 0, last = plan->message_count - 1;
    auto_free struct arrow_block *blocks = calloc(plan->message_count, sizeof *blocks);
    if (!blocks)
        return err_set(err, REASON_INFRA, "out of memory for a footer of %u messages", plan->message_count);
    TRY(write_schema(flat, plan->segment, pandas, pandas_bytes, &schema, err));
    uint32_t batches = write_blocks(plan, flat, last, 1, blocks);
    uint32_t dictionaries = write_blocks(plan, flat, 0, last, blocks);
    struct flat_build_table table;
    flat_table_begin(flat, &table);
    flat_set_ref(&table, 1, schema);
    flat_set_ref(&table, 2, dictionaries);
    flat_set_ref(&table, 3, batches);
    flat_set_i16(&table, 0, VERSION_5);
    return flat_finish(flat, flat_table_end(&table), err);
}

// FLAT_MAX_BYTES keeps it far below 2^31.
int32_t arrow_meta_bytes(const struct flat_build *flat, uint64_t position) {
    return (int32_t)(arrow_align(position + PREFIX_BYTES + flat->used) - position);
}
