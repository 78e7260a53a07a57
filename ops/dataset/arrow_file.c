// SPDX-License-Identifier: Apache-2.0
#include "arrow_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_hints.h"
#include "arrow_lz4.h"
#include "remedies.h"

#define MAGIC "ARROW1"
enum { MAGIC_BYTES = 6, HEAD_BYTES = 8, TAIL_BYTES = 4 + MAGIC_BYTES, BLOCK_BYTES = 24 };

// Slots of File.fbs and Message.fbs.
enum { FOOTER_VERSION = 0, FOOTER_SCHEMA = 1, FOOTER_DICTIONARIES = 2, FOOTER_BATCHES = 3 };
enum { MESSAGE_VERSION = 0, MESSAGE_TYPE = 1, MESSAGE_HEADER = 2, MESSAGE_BODY_BYTES = 3 };
enum { BATCH_ROWS = 0, BATCH_NODES = 1, BATCH_BUFFERS = 2, BATCH_COMPRESSION = 3, BATCH_VARIADIC = 4 };
enum { DICTIONARY_ID = 0, DICTIONARY_DATA = 1, DICTIONARY_DELTA = 2 };
enum { COMPRESSION_CODEC = 0, COMPRESSION_METHOD = 1 };
enum { METADATA_V4 = 3, METADATA_V5 = 4 };

// What people hand over by mistake, by its first bytes.
static const struct {
    const char *bytes;
    size_t count;
    const char *name;
} strangers[] = {
    {"\xff\xff\xff\xff", 4, "an Arrow IPC stream; as a file: " REMEDY_STREAM},
    {"FEA1", 4, "a Feather version 1 file; as version 2: " REMEDY_REWRITE},
    {"PAR1", 4, "a Parquet file; as Arrow: " REMEDY_PARQUET},
    {"PARE", 4, "an encrypted Parquet file"},
    {"\x1f\x8b", 2, "gzip-compressed data; unpack it: gunzip FILE"},
    {"PK\x03\x04", 4, "a zip archive; unpack it: unzip FILE"},
    {"\x28\xb5\x2f\xfd", 4, "zstd-compressed data; unpack it: unzstd FILE"},
    {"\x04\x22\x4d\x18", 4, "lz4-compressed data; unpack it: unlz4 FILE"},
    {"BZh", 3, "bzip2-compressed data; unpack it: bunzip2 FILE"},
    {"\x80\x04\x95", 3, "a Python pickle; as Arrow: " REMEDY_PICKLE},
    {"\x80\x05\x95", 3, "a Python pickle; as Arrow: " REMEDY_PICKLE},
    {"\x89HDF", 4, "an HDF5 file; as Arrow: " REMEDY_HDF},
    {"ORC", 3, "an ORC file; as Arrow: " REMEDY_ORC},
    {"SQLite format 3", 15, "an SQLite database"},
};

static bool looks_like_text(const uint8_t *bytes, uint64_t count) {
    for (uint64_t i = 0; i < count && i < 256; i++)
        if (bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t')
            return false;
    return true;
}

static const char *stranger(const uint8_t *bytes, uint64_t count) {
    if (count == 0)
        return "an empty file";
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        if (count >= strangers[i].count && memcmp(bytes, strangers[i].bytes, strangers[i].count) == 0)
            return strangers[i].name;
    return looks_like_text(bytes, count) ? "text; a table of text is called .csv or .tsv" : "other bytes";
}

static int check_magic(const uint8_t *bytes, uint64_t count, struct err *err) {
    if (count < MAGIC_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0)
        return err_set(err, REASON_BAD_INPUT, "expected an Arrow IPC file, found %s", stranger(bytes, count));
    if (count < HEAD_BYTES + TAIL_BYTES || memcmp(bytes + count - MAGIC_BYTES, MAGIC, MAGIC_BYTES) != 0)
        return err_set(err, REASON_BAD_INPUT,
                       "the Arrow IPC file is cut: it begins with " MAGIC " but does not end with it");
    return 0;
}

static int read_version(const struct flat_table *table, uint32_t slot, int16_t *ret, struct err *err) {
    TRY(flat_i16(table, slot, 0, ret, err));
    int16_t version = *ret;
    if (version != METADATA_V4 && version != METADATA_V5)
        return err_set(err, REASON_BAD_INPUT, "expected Arrow metadata version 4 or 5, found %d", version + 1);
    return 0;
}

struct block {
    uint64_t offset;
    uint64_t metadata_bytes;
    uint64_t body_bytes;
};

static struct block block_at(const struct flat_vector *blocks, uint32_t index) {
    const uint8_t *at = blocks->flat.bytes + blocks->at + (uint64_t)index * BLOCK_BYTES;
    return (struct block){
        .offset = (uint64_t)flat_load_i64(at),
        .metadata_bytes = (uint64_t)(int64_t)(int32_t)flat_load_u32(at + 8),
        .body_bytes = (uint64_t)flat_load_i64(at + 16),
    };
}

// Negative numbers became huge ones. Blocks that rise and do not overlap keep the sum of all metadata below the file's
// size, however many blocks the footer claims.
static int check_blocks(const struct flat_vector *blocks, uint64_t end, const char *what, struct err *err) {
    uint64_t at = HEAD_BYTES;
    for (uint32_t i = 0; i < blocks->count; i++) {
        struct block block = block_at(blocks, i);
        if (block.offset < at || block.offset > end || block.metadata_bytes > end - block.offset ||
            block.body_bytes > end - block.offset - block.metadata_bytes || block.metadata_bytes < 8)
            return err_set(err, REASON_BAD_INPUT, "%s %u lies outside of the file or overlaps the one before", what, i);
        at = block.offset + block.metadata_bytes + block.body_bytes;
    }
    return 0;
}

static int read_footer(struct arrow_file *file, const struct arrow_wish *wish, struct err *err) {
    uint64_t tail = file->count - TAIL_BYTES;
    uint32_t bytes = flat_load_u32(file->bytes + tail);
    bool present;
    int16_t version;
    struct flat_table footer, schema;
    if (bytes > INT32_MAX || bytes > tail - HEAD_BYTES)
        return err_set(err, REASON_BAD_INPUT, "a footer of %u bytes does not fit into a file of %llu", bytes,
                       (unsigned long long)file->count);
    TRY(flat_root((struct flat){file->bytes + tail - bytes, bytes}, &footer, err));
    TRY(read_version(&footer, FOOTER_VERSION, &version, err));
    TRY(flat_child(&footer, FOOTER_SCHEMA, &present, &schema, err));
    if (!present)
        return err_set(err, REASON_BAD_INPUT, "the footer has no schema");
    TRY(flat_vector(&footer, FOOTER_DICTIONARIES, BLOCK_BYTES, &file->dictionaries, err));
    TRY(flat_vector(&footer, FOOTER_BATCHES, BLOCK_BYTES, &file->batches, err));
    TRY(check_blocks(&file->dictionaries, tail - bytes, "dictionary batch", err));
    TRY(check_blocks(&file->batches, tail - bytes, "record batch", err));
    TRY(arrow_schema_read(&schema, wish, &file->schema, err));
    return arrow_hints_read(&schema, &file->schema, err);
}

int arrow_file_open(const void *bytes, uint64_t count, const struct arrow_wish *wish, struct arrow_file *ret,
                    struct err *err) {
    struct arrow_file file = {.bytes = bytes, .count = count};
    TRY(check_magic(file.bytes, count, err));
    if (read_footer(&file, wish, err) < 0) {
        arrow_file_close(&file);
        return -1;
    }
    *ret = file;
    return 0;
}

void arrow_file_close(struct arrow_file *file) { arrow_schema_done(&file->schema); }

static int read_compression(const struct flat_table *table, struct arrow_batch *batch, struct err *err) {
    struct flat_table compression;
    TRY(flat_child(table, BATCH_COMPRESSION, &batch->compressed, &compression, err));
    if (!batch->compressed)
        return 0;
    TRY(flat_u8(&compression, COMPRESSION_CODEC, ARROW_CODEC_LZ4, &batch->codec, err));
    return flat_u8(&compression, COMPRESSION_METHOD, 0, &batch->method, err);
}

static int check_codec(const struct arrow_batch *batch, struct err *err) {
    bool known = batch->codec == ARROW_CODEC_ZSTD || (batch->codec == ARROW_CODEC_LZ4 && arrow_lz4_known());
    if (!batch->compressed || (known && batch->method == 0))
        return 0;
    if (batch->codec == ARROW_CODEC_LZ4 && batch->method == 0)
        return err_set(err, REASON_BAD_INPUT, "the file is written with LZ4 buffers; with ZSTD: " REMEDY_REWRITE);
    return err_set(err, REASON_BAD_INPUT, "compression %u by method %u is unknown; with ZSTD: " REMEDY_REWRITE,
                   batch->codec, batch->method);
}

static int read_batch(const struct flat_table *table, struct arrow_batch *batch, struct err *err) {
    int64_t rows;
    struct flat_vector nodes, buffers, variadic;
    TRY(flat_i64(table, BATCH_ROWS, 0, &rows, err));
    if (rows < 0)
        return err_set(err, REASON_BAD_INPUT, "a batch of %lld rows", (long long)rows);
    TRY(flat_vector(table, BATCH_NODES, 16, &nodes, err));
    TRY(flat_vector(table, BATCH_BUFFERS, 16, &buffers, err));
    TRY(flat_vector(table, BATCH_VARIADIC, 8, &variadic, err));
    batch->rows = (uint64_t)rows;
    batch->nodes = nodes.flat.bytes + nodes.at;
    batch->node_count = nodes.count;
    batch->buffers = buffers.flat.bytes + buffers.at;
    batch->buffer_count = buffers.count;
    batch->variadic = variadic.flat.bytes + variadic.at;
    batch->variadic_count = variadic.count;
    return read_compression(table, batch, err);
}

static int read_dictionary(const struct flat_table *table, struct arrow_batch *batch, struct err *err) {
    bool present;
    uint8_t is_delta;
    struct flat_table data;
    TRY(flat_i64(table, DICTIONARY_ID, 0, &batch->dictionary, err));
    TRY(flat_u8(table, DICTIONARY_DELTA, 0, &is_delta, err));
    batch->is_delta = is_delta != 0;
    TRY(flat_child(table, DICTIONARY_DATA, &present, &data, err));
    if (!present)
        return err_set(err, REASON_BAD_INPUT, "dictionary %lld has no data", (long long)batch->dictionary);
    return read_batch(&data, batch, err);
}

// The flatbuffer of a message: behind a length, and since Arrow 0.15 behind a word of ones before the length.
static int message_flat(const struct arrow_file *file, struct block block, struct flat *ret, struct err *err) {
    const uint8_t *at = file->bytes + block.offset;
    uint64_t prefix = flat_load_u32(at) == UINT32_MAX ? 8 : 4;
    uint32_t bytes = flat_load_u32(at + prefix - 4);
    if (bytes > block.metadata_bytes - prefix)
        return err_set(err, REASON_BAD_INPUT, "a message of %u bytes does not fit into its %llu", bytes,
                       (unsigned long long)block.metadata_bytes);
    *ret = (struct flat){at + prefix, bytes};
    return 0;
}

static int read_message(const struct arrow_file *file, struct block block, enum arrow_message kind,
                        struct arrow_batch *batch, struct err *err) {
    struct flat flat = {0};
    struct flat_table message, header;
    uint8_t type;
    int16_t version;
    int64_t body_bytes;
    bool present;
    TRY(message_flat(file, block, &flat, err));
    TRY(flat_root(flat, &message, err));
    TRY(read_version(&message, MESSAGE_VERSION, &version, err));
    TRY(flat_u8(&message, MESSAGE_TYPE, 0, &type, err));
    TRY(flat_i64(&message, MESSAGE_BODY_BYTES, 0, &body_bytes, err));
    if ((uint64_t)body_bytes != block.body_bytes)
        return err_set(err, REASON_BAD_INPUT, "a body of %llu bytes says that it has %lld",
                       (unsigned long long)block.body_bytes, (long long)body_bytes);
    TRY(flat_child(&message, MESSAGE_HEADER, &present, &header, err));
    if (type != (uint8_t)kind || !present)
        return err_set(err, REASON_BAD_INPUT, "expected a message of type %d, found type %u", (int)kind, type);
    batch->body = file->bytes + block.offset + block.metadata_bytes;
    batch->body_bytes = block.body_bytes;
    batch->has_every_validity = version == METADATA_V4;
    return kind == ARROW_MESSAGE_DICTIONARY ? read_dictionary(&header, batch, err) : read_batch(&header, batch, err);
}

int arrow_file_batch(const struct arrow_file *file, enum arrow_message kind, uint32_t index, struct arrow_batch *ret,
                     struct err *err) {
    struct arrow_batch batch = {0};
    struct err cause;
    bool dictionary = kind == ARROW_MESSAGE_DICTIONARY;
    struct block block = block_at(dictionary ? &file->dictionaries : &file->batches, index);
    if (read_message(file, block, kind, &batch, &cause) < 0)
        return err_set(err, (enum reason)cause.reason, "%s batch %u: %.900s", dictionary ? "dictionary" : "record",
                       index, cause.msg);
    TRY(check_codec(&batch, err));
    *ret = batch;
    return 0;
}
