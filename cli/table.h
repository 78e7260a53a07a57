/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table for people, in a box: names and types on top, numbers right-aligned on the point, ∅ for what is missing (''
 * is a value), long cells cut, middle columns left out where the terminal is too narrow, counts below.
 *
 * Calling sequence: table_parse(head JSON of schemas/head.md) → table_print() → table_free(). The JSON may be anything:
 * what is not as it should be is REASON_BAD_RESULT. Widths come from the rows shown: each column gets what it needs or
 * a fair share, and spare room is given back.
 */
#ifndef QUERN_CLI_TABLE_H
#define QUERN_CLI_TABLE_H

#include <stddef.h>

#include "cli/terminal.h"
#include "quern/err.h"

#define TABLE_MAX_BYTES (8u << 20) /* of the JSON */
#define TABLE_MAX_COLUMNS 200u
#define TABLE_MAX_ROWS 2000u

struct table; /* opaque */

MUST_USE int table_parse(const char *json, size_t bytes, bool utf8, struct table **ret, struct err *err);
void table_print(const struct table *table, struct terminal *terminal);

/* The box without the counts; UNTYPED: without the line of types, which then only decide how columns are aligned. */
enum table_types { TABLE_TYPED, TABLE_UNTYPED };
void table_print_box(const struct table *table, enum table_types types, struct terminal *terminal);
void table_free(struct table *table);

#endif
