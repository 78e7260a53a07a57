// SPDX-License-Identifier: Apache-2.0
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/table_private.h"
#include "cli/text.h"
#include "quern/own.h"

static int refuse(struct err *err, const char *what) {
    return err_set(err, REASON_BAD_RESULT, "the preview of a table: expected %s", what);
}

static int no_memory(struct err *err) { return err_set(err, REASON_INFRA, "the preview of a table: out of memory"); }

static char *copy(const json_t *text, bool utf8) {
    return text_cell(json_string_value(text), json_string_length(text), utf8);
}

static bool is_number_type(const char *type) {
    static const char *const prefixes[] = {"int", "uint", "float", "double", "decimal"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(type, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static int parse_column(const json_t *json, bool utf8, struct table_column *column, struct err *err) {
    const json_t *name = json_object_get(json, "name"), *type = json_object_get(json, "type");
    if (!json_is_string(name) || !json_is_string(type))
        return refuse(err, "a name and a type for each column");
    column->name = copy(name, utf8);
    column->type = copy(type, utf8);
    column->right = is_number_type(json_string_value(type));
    return column->name && column->type ? 0 : no_memory(err);
}

static int parse_columns(const json_t *json, bool utf8, struct table *table, struct err *err) {
    if (!json_is_array(json) || json_array_size(json) > TABLE_MAX_COLUMNS)
        return refuse(err, "an array of at most 200 columns");
    size_t count = json_array_size(json);
    table->columns = calloc(count + 1, sizeof *table->columns);
    if (!table->columns)
        return no_memory(err);
    table->column_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        TRY(parse_column(json_array_get(json, i), utf8, &table->columns[i], err));
    return 0;
}

static int parse_row(const json_t *json, bool utf8, struct table *table, uint32_t row, struct err *err) {
    if (!json_is_array(json) || json_array_size(json) != table->column_count)
        return refuse(err, "as many cells in each row as there are columns");
    for (uint32_t i = 0; i < table->column_count; i++) {
        const json_t *cell = json_array_get(json, i);
        if (json_is_null(cell))
            continue;
        if (!json_is_string(cell))
            return refuse(err, "cells that are texts or null");
        char *text = copy(cell, utf8);
        if (!text)
            return no_memory(err);
        *table_cell(table, row, i) = text;
    }
    return 0;
}

static int parse_rows(const json_t *head, const json_t *tail, bool utf8, struct table *table, struct err *err) {
    size_t heads = json_array_size(head), tails = json_array_size(tail);
    if (!json_is_array(head) || (tail && !json_is_array(tail)) || heads > TABLE_MAX_ROWS || tails > TABLE_MAX_ROWS)
        return refuse(err, "head and tail as arrays of at most 2000 rows");
    table->cells = calloc((heads + tails) * table->column_count + 1, sizeof *table->cells);
    if (!table->cells)
        return no_memory(err);
    table->head_rows = (uint32_t)heads;
    table->tail_rows = (uint32_t)tails;
    for (size_t i = 0; i < heads; i++)
        TRY(parse_row(json_array_get(head, i), utf8, table, (uint32_t)i, err));
    for (size_t i = 0; i < tails; i++)
        TRY(parse_row(json_array_get(tail, i), utf8, table, (uint32_t)(heads + i), err));
    return 0;
}

static int parse(const json_t *json, bool utf8, struct table *table, struct err *err) {
    const json_t *rows = json_object_get(json, "rows"), *left = json_object_get(json, "columns_left");
    if (!json_is_integer(rows) || json_integer_value(rows) < 0)
        return refuse(err, "a number of rows");
    table->rows = (uint64_t)json_integer_value(rows);
    table->columns_left = json_integer_value(left) > 0 ? (uint64_t)json_integer_value(left) : 0;
    TRY(parse_columns(json_object_get(json, "columns"), utf8, table, err));
    return parse_rows(json_object_get(json, "head"), json_object_get(json, "tail"), utf8, table, err);
}

// How many characters stand from the point on; -1 where the cell is no plain number.
static int fraction(const char *cell) {
    const char *at = cell + (*cell == '-');
    at += strspn(at, "0123456789");
    const char *point = at;
    if (*at == '.')
        at += 1 + strspn(at + 1, "0123456789");
    return *at || at == cell ? -1 : (int)(at - point);
}

// Blanks behind the digits bring the points of a column below each other.
static int align_column(struct table *table, uint32_t column, struct err *err) {
    uint32_t rows = table->head_rows + table->tail_rows;
    int longest = 0;
    for (uint32_t row = 0; row < rows; row++) {
        const char *cell = *table_cell(table, row, column);
        int own = cell ? fraction(cell) : -1;
        longest = own > longest ? own : longest;
    }
    for (uint32_t row = 0; row < rows && longest > 0; row++) {
        char **cell = table_cell(table, row, column);
        int own = *cell ? fraction(*cell) : -1;
        char *padded;
        if (own < 0 || own == longest)
            continue;
        if (asprintf(&padded, "%s%*s", *cell, longest - own, "") < 0)
            return no_memory(err);
        free(*cell);
        *cell = padded;
    }
    return 0;
}

static void measure(struct table *table, uint32_t column, bool utf8) {
    struct table_column *measured = &table->columns[column];
    uint32_t width = text_width(measured->name), type = text_width(measured->type);
    width = type > width ? type : width;
    for (uint32_t row = 0; row < table->head_rows + table->tail_rows; row++) {
        const char *cell = *table_cell(table, row, column);
        uint32_t own = cell ? text_width(cell) : utf8 ? 1 : 4;
        width = own > width ? own : width;
    }
    measured->width = width ? width : 1;
}

static int settle(struct table *table, bool utf8, struct err *err) {
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].right)
            TRY(align_column(table, i, err));
        measure(table, i, utf8);
    }
    return 0;
}

int table_parse(const char *text, size_t bytes, bool utf8, struct table **ret, struct err *err) {
    if (bytes > TABLE_MAX_BYTES)
        return refuse(err, "at most 8 MiB");
    json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    struct table *table = calloc(1, sizeof *table);
    int parsed = !json ? refuse(err, "JSON") : !table ? no_memory(err) : parse(json, utf8, table, err);
    json_decref(json);
    if (parsed == 0)
        parsed = settle(table, utf8, err);
    if (parsed < 0)
        table_free(table);
    else
        *ret = table;
    return parsed;
}

void table_free(struct table *table) {
    if (!table)
        return;
    for (uint32_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
    }
    for (size_t i = 0; table->cells && i < (size_t)(table->head_rows + table->tail_rows) * table->column_count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->columns);
    free(table);
}
