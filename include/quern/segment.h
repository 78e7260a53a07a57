/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The segment: a dataset in shared memory, laid out as pandas wants it. What a script gets is a segment, what it
 * returns is one. schemas/segment.md shows it drawn; schemas/kinds.def lists what an array can hold.
 *
 *     header (128 bytes) · directory: one segment_array per array · text (names, zones) · arrays, 64-byte aligned
 *
 * The first `columns` arrays are the columns, in order; the arrays behind them are values of dictionaries, to which
 * columns point by index (several may share one). All spans are offsets from the start of the file, never pointers;
 * they stand in the file in the order in which the directory names them (within an array: nulls, offsets, values) and
 * never overlap. Gaps are allowed and mean nothing. Little-endian.
 *
 * Calling sequence of a writer: fill specs → segment_layout() for the size → memory_new() and mmap → segment_format()
 * → write values through segment_values() and its sisters → munmap → memory_seal().
 * Of a reader: memory_check() → mmap private → segment_check() unless the maker is trusted → segment_header().
 *
 * Changing the layout: a new SEGMENT_VERSION; readers refuse what they do not know. Segments never outlive a host's
 * daemons, so that there is nothing to migrate.
 *
 * Errors: REASON_BAD_RESULT for a segment that breaks a rule, REASON_LIMIT_OUTPUT beyond a ceiling; the message names
 * the column.
 */
#ifndef QUERN_SEGMENT_H
#define QUERN_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define SEGMENT_MAGIC "QUERNSEG"
#define SEGMENT_VERSION 2u
#define SEGMENT_DAY_NS INT64_C(86400000000000) /* TIME: below it */
#define SEGMENT_ALIGN 64u
#define SEGMENT_NO_DICTIONARY UINT32_MAX

/* Named ceilings. */
#define SEGMENT_MAX_BYTES ((uint64_t)1 << 44)
#define SEGMENT_MAX_ROWS ((uint64_t)1 << 40)
#define SEGMENT_MAX_COLUMNS 100000u
#define SEGMENT_MAX_NAME_BYTES 65536u
#define SEGMENT_MAX_ZONE_BYTES 256u

/* Which pandas the arrays are made for. */
enum segment_profile {
    SEGMENT_PROFILE_NS = 1,    /* pandas 1: every time in ns, dates as timestamps, strings as objects */
    SEGMENT_PROFILE_UNITS = 2, /* pandas 2 and later: s, ms, us and ns */
};

enum segment_kind {
    SEGMENT_KIND_NONE = 0,
#define KIND(NAME, number, width, nulls, dtype, word) SEGMENT_##NAME = number,
#include "../../schemas/kinds.def"
#undef KIND
};

enum segment_nulls {
    SEGMENT_NULLS_NEVER,
    SEGMENT_NULLS_SENTINEL,
    SEGMENT_NULLS_MASK,
    SEGMENT_NULLS_BITMAP,
    SEGMENT_NULLS_ALWAYS
};

enum segment_unit { SEGMENT_UNIT_S = 0, SEGMENT_UNIT_MS = 1, SEGMENT_UNIT_US = 2, SEGMENT_UNIT_NS = 3 };

enum segment_flags {
    SEGMENT_ORDERED = 1u << 0, /* dictionary: the order of the values means something */
    SEGMENT_DECIMAL = 1u << 1, /* FLOAT64 made of decimals */
    /* Numbers, BOOL, UTF8: a column of pandas' nullable types. The missing numbers and bools stand in a mask, and a NaN is
     * a value. */
    SEGMENT_NULLABLE = 1u << 2,
    /* CODES of UTF8: a column of texts that repeat themselves, no dictionary of its file: cells, not a category. */
    SEGMENT_CELLS = 1u << 3,
    SEGMENT_JSON = 1u << 4, /* UTF8: the cells are JSON texts, made of lists and dicts */
};

enum segment_origin {
#define ORIGIN(NAME, number) SEGMENT_FROM_##NAME = (number),
#include "../../schemas/treatments.def"
#undef ORIGIN
};
#define SEGMENT_MAX_ORIGIN SEGMENT_FROM_CODES_VALUES

struct segment_span {
    uint64_t offset;
    uint64_t bytes;
};

struct segment_array {
    uint32_t kind;  /* enum segment_kind */
    uint32_t flags; /* enum segment_flags */
    uint64_t length;
    uint64_t null_count;
    uint32_t unit;               /* enum segment_unit; 0 unless TIMESTAMP, DURATION */
    uint32_t dictionary;         /* CODES*: index of the array with the values; else SEGMENT_NO_DICTIONARY */
    struct segment_span name;    /* in the text; UTF-8; empty for dictionary values */
    struct segment_span zone;    /* in the text; TIMESTAMP only; empty: no zone */
    struct segment_span nulls;   /* MASK, BITMAP; empty when null_count is 0 */
    struct segment_span offsets; /* UTF8, BINARY: length + 1 int64, from 0, rising, the last one values.bytes */
    struct segment_span values;  /* segment_values_bytes(); UTF8, BINARY: the bytes */
    uint64_t inexact;            /* FLOAT64 made of integers or decimals: values that it cannot hold; else 0 */
    uint32_t origin;             /* enum segment_origin: what it was in its file, for treatment.h */
    uint32_t reserved;           /* 0 */
};
_Static_assert(sizeof(struct segment_array) == 128, "the directory entry is 128 bytes");

struct segment_header {
    char magic[8];
    uint32_t version;
    uint32_t profile; /* enum segment_profile */
    uint64_t total_bytes;
    uint64_t rows;
    uint32_t columns;
    uint32_t arrays; /* columns + dictionary values */
    struct segment_span directory;
    struct segment_span text;
    uint64_t reserved[7]; /* 0 */
};
_Static_assert(sizeof(struct segment_header) == 128, "the header is 128 bytes");

/* What a writer knows of an array before memory is taken. Borrowed: name, zone. */
struct segment_spec {
    enum segment_kind kind;
    uint32_t flags;
    enum segment_origin origin;
    enum segment_unit unit;
    uint64_t length;
    bool nulls;          /* reserve room for a mask or bitmap */
    uint64_t data_bytes; /* UTF8, BINARY: capacity for the bytes */
    uint32_t dictionary;
    const char *name;
    size_t name_bytes;
    const char *zone;
    size_t zone_bytes;
};

struct segment_shape {
    const struct segment_spec *specs; /* `arrays` of them, columns first */
    uint32_t columns;
    uint32_t arrays;
    uint64_t rows;
    enum segment_profile profile;
};

/* The size of a segment of this shape. REASON_LIMIT_OUTPUT beyond the ceilings; all arithmetic is overflow-safe. */
MUST_USE int segment_layout(const struct segment_shape *shape, uint64_t *ret_bytes, struct err *err);

/* Writes header, directory and text into `base`, fresh zeroed memory of segment_layout()'s size. The writer then sets
 * null_count of each array (that of NULL is there), empties `nulls` where it is 0 (`array->nulls = (struct segment_span){0}`), and sets
 * values.bytes of UTF8 and BINARY arrays where it used less than their capacity. */
MUST_USE int segment_format(void *base, uint64_t bytes, const struct segment_shape *shape, struct err *err);

/*
 * Proves every rule above for foreign memory that nobody can change any more: header, ceilings, spans, order, names
 * (UTF-8), null rules and counts, offsets, UTF-8, bools, codes, distinct dictionary values without nulls. O(bytes).
 */
MUST_USE int segment_check(const void *base, uint64_t bytes, struct err *err);

/* Header, ceilings, spans, order and names only, for a segment that has passed segment_check() and cannot have changed
 * since. O(arrays). */
MUST_USE int segment_check_layout(const void *base, uint64_t bytes, struct err *err);

/* The accessors below trust a checked segment. */
static inline const struct segment_header *segment_header(const void *base) { return base; }

static inline struct segment_array *segment_array(const void *base, uint32_t index) {
    const struct segment_header *header = base;
    return (struct segment_array *)((char *)(uintptr_t)base + header->directory.offset) + index;
}

static inline void *segment_at(const void *base, struct segment_span span) {
    return (char *)(uintptr_t)base + span.offset;
}

/* Whether the array's mask or bitmap, if it has one, says that the value of this row is missing. */
bool segment_is_marked(const void *base, const struct segment_array *array, uint64_t row);

uint32_t segment_kind_width(enum segment_kind kind); /* bytes per value; 0 for UTF8, BINARY, FLAGS, NULL */
/* Bytes of so many values, at most SEGMENT_MAX_ROWS; 0 for UTF8, BINARY, NULL. */
uint64_t segment_values_bytes(enum segment_kind kind, uint64_t length);
enum segment_nulls segment_kind_nulls(enum segment_kind kind);
enum segment_nulls segment_nulls_rule(enum segment_kind kind, uint32_t flags); /* of an array with these flags */
bool segment_kind_is_nullable(enum segment_kind kind);                         /* may have SEGMENT_NULLABLE */
const char *segment_kind_name(enum segment_kind kind);                         /* "double"; "?" for an unknown number */
const char *segment_kind_dtype(enum segment_kind kind);
bool segment_kind_is_codes(enum segment_kind kind);
bool segment_kind_is_bytes(enum segment_kind kind);   /* UTF8, BINARY */
bool segment_kind_has_unit(enum segment_kind kind);   /* TIMESTAMP, DURATION */
bool segment_kind_is_instant(enum segment_kind kind); /* int64 of which INT64_MIN is a missing one */

/* Halves, which C does not have: a sign, 5 bits of exponent, 10 of fraction. */
static inline bool segment_half_is_nan(uint16_t half) { return (half & 0x7fff) > 0x7c00; }
double segment_half_value(uint16_t half);

/* The width that pandas picks for codes: below 127 values int8, below 32767 int16, else int32. */
enum segment_kind segment_codes_kind(uint64_t values);

#endif
