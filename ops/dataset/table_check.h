/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves of a text table what whoever types it would get wrong or lose without a word: NUL bytes, what is no UTF-8,
 * quotes without an end, cells that have no column, names that are too long.
 *
 * Calling sequence: table_check_open() → table_check_feed() with the file in pieces of any size → the same with `last`.
 * What a piece ends with and is only the beginning of a character is not taken: it comes first in the next one.
 *
 * The table is read as pandas' C parser reads it: quotes begin a cell or are part of it, two of them inside of quotes
 * are one, a line ends with LF, CR or CRLF, empty lines are passed over. Errors: REASON_BAD_INPUT with line and column
 * (from 1, in characters).
 */
#ifndef DATASET_TABLE_CHECK_H
#define DATASET_TABLE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "quern/err.h"

enum table_state { TABLE_ROW, TABLE_CELL, TABLE_BARE, TABLE_QUOTED, TABLE_QUOTE, TABLE_CR };

struct table_place {
    uint64_t line, column;
};

struct table_check {
    char separator;
    bool header;
    enum table_state state;
    uint64_t cells;      /* begun in this row */
    uint64_t cell_bytes; /* of this cell */
    uint64_t width;      /* of the first row; 0: it is not over yet */
    bool solid;          /* the row has more than blanks */
    uint64_t line;
    uint64_t characters; /* of this line, in pieces before this one */
    bool begun;          /* behind the byte order mark */
    struct table_place quote, cell;
};

void table_check_open(struct table_check *check, char separator, bool header);

/* How many bytes were taken, or -1. */
ssize_t table_check_feed(struct table_check *check, const char *bytes, size_t count, bool last, struct err *err);

#endif
