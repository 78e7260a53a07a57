/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of an Arrow IPC file: magic, footer, blocks, and the metadata of each batch.
 *
 * Calling sequence: arrow_file_open() → arrow_file_batch() for each dictionary and record batch → arrow_file_close().
 * Everything points into the file's bytes, which are borrowed. What is returned lies inside of the file: nodes, buffers
 * and body of a batch; the buffers themselves are checked by arrow_buffer_open().
 *
 * Errors: REASON_BAD_INPUT.
 */
#ifndef DATASET_ARROW_FILE_H
#define DATASET_ARROW_FILE_H

#include "arrow_schema.h"

struct arrow_file {
    const uint8_t *bytes;
    uint64_t count;
    struct arrow_schema schema;      /* owned */
    struct flat_vector dictionaries; /* blocks, rising, apart from each other */
    struct flat_vector batches;
};

enum arrow_codec { ARROW_CODEC_LZ4 = 0, ARROW_CODEC_ZSTD = 1 };

enum arrow_message { ARROW_MESSAGE_DICTIONARY = 2, ARROW_MESSAGE_BATCH = 3 };

struct arrow_batch {
    uint64_t rows;
    const uint8_t *nodes; /* {i64 length, i64 null count} each */
    uint32_t node_count;
    const uint8_t *buffers; /* {i64 offset, i64 length} each */
    uint32_t buffer_count;
    const uint8_t *variadic; /* i64 each: how many data buffers a view column has */
    uint32_t variadic_count;
    const uint8_t *body;
    uint64_t body_bytes;
    bool compressed; /* by ZSTD, or by LZ4 where it is known, which is proved */
    uint8_t codec, method;
    int64_t dictionary; /* ARROW_MESSAGE_DICTIONARY: its id */
    bool is_delta;
    bool has_every_validity; /* metadata version 4: unions and run-end encoded have a buffer of validity, too */
};

MUST_USE int arrow_file_open(const void *bytes, uint64_t count, const struct arrow_wish *wish, struct arrow_file *ret,
                             struct err *err);
MUST_USE int arrow_file_batch(const struct arrow_file *file, enum arrow_message kind, uint32_t index,
                              struct arrow_batch *ret, struct err *err);
void arrow_file_close(struct arrow_file *file);

#endif
