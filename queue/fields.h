/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON objects ↔ structs by tables: one struct field per member, which says name, type, place and bounds once for
 * reading, writing and checking.
 *
 * Calling sequence: fields_read() into a struct with its defaults set → fields_check(); fields_write() of a checked
 * struct. What fields_read() has filled in belongs to the struct, also after an error: fields_free().
 *
 * Errors: REASON_BAD_INPUT, with the path of the member in front: `inputs[1].port: expected 1..64, found 0`.
 */
#ifndef QUERN_FIELDS_H
#define QUERN_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "quern/err.h"

enum field_kind {
    FIELD_INTEGER, /* uint32_t or uint64_t, by `bytes` */
    FIELD_BOOLEAN, /* bool */
    FIELD_WORD,    /* uint32_t, 1-based index into `words`; 0 is none */
    FIELD_TEXT,    /* char *, owned; NULL when absent */
    FIELD_CHARS,   /* char[bytes] */
    FIELD_OBJECT,  /* a struct; when not required it begins with a char * that is NULL when absent */
    FIELD_LIST,    /* owned array of structs of `bytes`, size_t count at `count` */
    FIELD_PAIRS,   /* likewise, of struct field_pair; in JSON an object */
    FIELD_TEXTS,   /* likewise, of char *, owned; the array is NULL when absent */
};

typedef int field_rule(const char *text, struct err *err); /* says no without the path */

struct field_pair {
    char *key, *value; /* owned */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    bool unsaid; /* INTEGER: 0 in memory is absent in JSON */
    size_t offset, bytes, count;
    uint64_t min, max;         /* INTEGER: value; LIST, PAIRS, TEXTS: how many elements */
    const char *const *words;  /* WORD: NULL-terminated */
    const char *what;          /* WORD: the words as a sentence */
    field_rule *rule;          /* TEXT, CHARS; TEXTS: of each; PAIRS: of the values */
    field_rule *key_rule;      /* PAIRS */
    const struct field *inner; /* OBJECT, LIST: ends with a field without a name */
};

/* Where we are; rendered only for messages. */
struct field_place {
    const struct field_place *above; /* borrowed; NULL at the top */
    const char *name;                /* NULL: an element of a list, by index */
    size_t index;
};

MUST_USE int fields_read(const struct field *fields, json_t *object, void *base, const struct field_place *place,
                         struct err *err);
MUST_USE int fields_check(const struct field *fields, const void *base, const struct field_place *place,
                          struct err *err);
/* NULL when memory ran out or a text is not UTF-8. The caller owns the reference. */
json_t *fields_write(const struct field *fields, const void *base);
void fields_free(const struct field *fields, void *base);

/* -1 and `PATH: MESSAGE`, one line. */
int fields_refuse(const struct field_place *place, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
