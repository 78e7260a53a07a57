/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The columns of an Arrow schema, or why one of them cannot be taken.
 *
 * Ownership: names and zones point into the file's metadata, borrowed. Errors: REASON_BAD_INPUT, naming column and
 * type; REASON_LIMIT_OUTPUT for too many columns.
 */
#ifndef DATASET_ARROW_SCHEMA_H
#define DATASET_ARROW_SCHEMA_H

#include "arrow_choice.h"
#include "arrow_extent.h"
#include "flat.h"
#include "quern/segment.h"

enum arrow_form {
    ARROW_NULL, /* no buffers at all */
    ARROW_INT,
    ARROW_FLOAT,
    ARROW_DECIMAL, /* a signed integer of 4, 8, 16 or 32 bytes, times 10^-scale */
    ARROW_BOOL,
    ARROW_TIMESTAMP,
    ARROW_DURATION,
    ARROW_TIME, /* of day; 4 or 8 bytes wide */
    ARROW_DATE, /* days when 4 bytes wide, milliseconds when 8 */
    ARROW_TEXT, /* UTF-8, or binary: they differ in `is_binary` only */
    ARROW_LARGE_TEXT,
    ARROW_TEXT_VIEW,
    ARROW_FIXED_BYTES,  /* binary, `width` bytes each */
    ARROW_DECIMAL_TEXT, /* a decimal that is wanted as text */
};

struct arrow_type {
    enum arrow_form form;
    uint32_t width; /* bytes per value; 0: bits, texts */
    bool is_signed; /* ARROW_INT */
    bool is_binary; /* texts: bytes that need not be UTF-8 */
    int32_t scale;  /* decimals */
    enum segment_unit unit;
    const char *zone;
    size_t zone_bytes;
};

struct arrow_column {
    const char *name;
    size_t name_bytes;
    struct arrow_type type; /* of the values, also where they are in a dictionary */
    bool nullable;          /* the schema's metadata for pandas tells a nullable type that fits */
    bool has_dictionary;
    bool ordered;
    int64_t dictionary;      /* its id */
    struct arrow_type index; /* ARROW_INT */
};

/* A field of the schema, in the order of the batches. */
struct arrow_field {
    uint32_t column;            /* its place among the columns, or ARROW_NOT_CHOSEN */
    struct arrow_extent extent; /* of one that is not chosen */
};

struct arrow_schema {
    struct arrow_column *columns; /* owned, as the fields; those chosen, in the order in which they were asked for */
    struct arrow_field *fields;
    uint32_t column_count;
    uint32_t field_count;
    size_t name_bytes; /* of all fields */
};

/* What the reader is asked for beside its file. */
struct arrow_wish {
    struct arrow_choice *choice;
    uint32_t max_columns;
    bool decimals_as_text;
};

/* A type that is not supported is refused only where the column is wanted. */
MUST_USE int arrow_schema_read(const struct flat_table *schema, const struct arrow_wish *wish, struct arrow_schema *ret,
                               struct err *err);
void arrow_schema_done(struct arrow_schema *schema);

/* Offsets and bytes in the segment. */
bool arrow_type_is_text(const struct arrow_type *type);
/* Texts whose size shows only when they are read. */
bool arrow_type_is_unmeasured(const struct arrow_type *type);
/* Texts that have offsets, or views, in the file. */
bool arrow_type_has_offsets(const struct arrow_type *type);
bool arrow_type_same(const struct arrow_type *a, const struct arrow_type *b);

/* REASON_BAD_INPUT with `column "x": ` before the message. */
int arrow_refuse(const struct arrow_column *column, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
