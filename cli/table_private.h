/* SPDX-License-Identifier: Apache-2.0 */
/* What table_parse.c makes and table.c lays out. All strings are owned, printable, and in the terminal's charset. */
#ifndef QUERN_CLI_TABLE_PRIVATE_H
#define QUERN_CLI_TABLE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

struct table_column {
    char *name, *type;
    bool right;     /* numbers */
    uint32_t width; /* columns of the terminal that it needs */
};

struct table {
    struct table_column *columns;
    char **cells; /* row after row; NULL: missing */
    uint32_t column_count;
    uint32_t head_rows, tail_rows;
    uint64_t rows;         /* of the dataset */
    uint64_t columns_left; /* of the dataset, not in `columns` */
};

static inline char **table_cell(const struct table *table, uint32_t row, uint32_t column) {
    return &table->cells[(size_t)row * table->column_count + column];
}

#endif
