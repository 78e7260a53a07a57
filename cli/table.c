// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/table_private.h"
#include "cli/text.h"

enum {
    SHARE = 12,  // a column keeps that much, or its need, before columns are left out
    FRAME = 3,   // one rule and two blanks for each column
    ELISION = 4, // the column of an ellipsis
};

// Which columns are shown, and the widest that one may be. `first` and then `last` ones; all when they meet. Without last
// ones where the table has more columns than came: nobody takes the last that came for the table's last.
struct layout {
    uint32_t first, last, widest;
    bool elided;
};

static bool is_shown(const struct table *table, const struct layout *layout, uint32_t column) {
    return column < layout->first || column >= table->column_count - layout->last;
}

static uint64_t layout_width(const struct table *table, const struct layout *layout) {
    uint64_t width = 1 + (layout->elided ? ELISION : 0);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (is_shown(table, layout, i))
            width += (table->columns[i].width < layout->widest ? table->columns[i].width : layout->widest) + FRAME;
    return width;
}

static struct layout keep(const struct table *table, uint32_t count, uint32_t widest) {
    uint32_t last = table->columns_left > 0 ? 0 : count / 2;
    return (struct layout){.first = count - last,
                           .last = last,
                           .widest = widest,
                           .elided = count < table->column_count || table->columns_left > 0};
}

static struct layout lay_out(const struct table *table, uint32_t room) {
    uint32_t count = table->column_count;
    struct layout layout = keep(table, count, SHARE);
    while (count > 1 && layout_width(table, &layout) > room)
        layout = keep(table, --count, SHARE);
    while (layout.widest > 1 && layout_width(table, &layout) > room)
        layout.widest--;
    struct layout wider = layout;
    while (wider.widest < room && layout_width(table, &wider) <= room) {
        layout = wider;
        wider.widest++;
    }
    return layout;
}

static uint32_t width_of(const struct table *table, const struct layout *layout, uint32_t column) {
    uint32_t width = table->columns[column].width;
    return width < layout->widest ? width : layout->widest;
}

static void print_rule(const struct table *table, const struct layout *layout, const char *left, const char *cross,
                       const char *right, struct terminal *terminal) {
    const char *mark = left;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (layout->elided && i == layout->first) {
            terminal_say(terminal, "%s───", mark);
            mark = cross;
        }
        if (!is_shown(table, layout, i))
            continue;
        terminal_say(terminal, "%s", mark);
        for (uint32_t k = 0; k < width_of(table, layout, i) + 2; k++)
            terminal_say(terminal, "─");
        mark = cross;
    }
    if (layout->elided && layout->first >= table->column_count)
        terminal_say(terminal, "%s───", mark);
    terminal_say(terminal, "%s\n", right);
}

enum alignment { LEFT, MIDDLE, RIGHT };

static void print_cell(const char *text, uint32_t width, enum alignment alignment, enum terminal_style style,
                       struct terminal *terminal) {
    uint32_t used, dots = terminal->utf8 ? 1 : 3;
    size_t bytes = text_fit(text, width, &used);
    const char *cut = "";
    if (text[bytes] && width > dots) {
        bytes = text_fit(text, width - dots, &used);
        cut = "…";
        used += dots;
    }
    uint32_t spare = width - used;
    uint32_t before = alignment == LEFT ? 0 : alignment == RIGHT ? spare : spare / 2;
    terminal_say(terminal, "│ %*s", (int)before, "");
    if (style != TERMINAL_PLAIN)
        terminal_style(terminal, style);
    terminal_say(terminal, "%.*s%s", (int)bytes, text, cut);
    if (style != TERMINAL_PLAIN)
        terminal_style(terminal, TERMINAL_PLAIN);
    terminal_say(terminal, "%*s ", (int)(spare - before), "");
}

// What stands in a column of one line of the table.
typedef void print_column(const struct table *table, uint32_t row, uint32_t column, uint32_t width,
                          struct terminal *terminal);

static void print_name(const struct table *table, uint32_t row, uint32_t column, uint32_t width,
                       struct terminal *terminal) {
    (void)row;
    print_cell(table->columns[column].name, width, MIDDLE, TERMINAL_BOLD, terminal);
}

static void print_type(const struct table *table, uint32_t row, uint32_t column, uint32_t width,
                       struct terminal *terminal) {
    (void)row;
    print_cell(table->columns[column].type, width, MIDDLE, TERMINAL_DIM, terminal);
}

static void print_gap(const struct table *table, uint32_t row, uint32_t column, uint32_t width,
                      struct terminal *terminal) {
    (void)row;
    print_cell(terminal->utf8 ? "·" : ".", width, table->columns[column].right ? RIGHT : LEFT, TERMINAL_DIM, terminal);
}

static void print_value(const struct table *table, uint32_t row, uint32_t column, uint32_t width,
                        struct terminal *terminal) {
    const char *cell = *table_cell(table, row, column);
    enum alignment alignment = table->columns[column].right ? RIGHT : LEFT;
    if (cell)
        print_cell(cell, width, alignment, TERMINAL_PLAIN, terminal);
    else
        print_cell(terminal->utf8 ? "∅" : "<NA>", width, alignment, TERMINAL_DIM, terminal);
}

static void print_line(const struct table *table, const struct layout *layout, uint32_t row, print_column *print,
                       const char *ellipsis, struct terminal *terminal) {
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (layout->elided && i == layout->first)
            terminal_say(terminal, "│ %s ", ellipsis);
        if (is_shown(table, layout, i))
            print(table, row, i, width_of(table, layout, i), terminal);
    }
    if (layout->elided && layout->first >= table->column_count)
        terminal_say(terminal, "│ %s ", ellipsis);
    terminal_say(terminal, "│\n");
}

static void print_counts(const struct table *table, const struct layout *layout, struct terminal *terminal) {
    char rows[QUANTITY_BYTES], columns[QUANTITY_BYTES];
    uint64_t shown_rows = (uint64_t)table->head_rows + table->tail_rows;
    uint64_t all_columns = table->column_count + table->columns_left;
    quantity_show_count(table->rows, rows);
    quantity_show_count(all_columns, columns);
    const char *row_noun = table->rows == 1 ? "row" : "rows", *column_noun = all_columns == 1 ? "column" : "columns";
    if (shown_rows < table->rows && table->tail_rows)
        terminal_say(terminal, "%u + %u of %s %s", table->head_rows, table->tail_rows, rows, row_noun);
    else if (shown_rows < table->rows)
        terminal_say(terminal, "%u of %s %s", table->head_rows, rows, row_noun);
    else
        terminal_say(terminal, "%s %s", rows, row_noun);
    if (layout->elided)
        terminal_say(terminal, ", %u of %s %s\n", layout->first + layout->last, columns, column_noun);
    else
        terminal_say(terminal, shown_rows < table->rows ? ", %s %s\n" : " × %s %s\n", columns, column_noun);
}

static void print_box(const struct table *table, const struct layout *layout, enum table_types types,
                      struct terminal *terminal) {
    const char *dots = terminal->utf8 ? "…" : ".";
    print_rule(table, layout, "┌", "┬", "┐", terminal);
    print_line(table, layout, 0, print_name, dots, terminal);
    if (types == TABLE_TYPED)
        print_line(table, layout, 0, print_type, " ", terminal);
    print_rule(table, layout, "├", "┼", "┤", terminal);
    for (uint32_t row = 0; row < table->head_rows + table->tail_rows; row++) {
        if (row == table->head_rows && table->rows > (uint64_t)table->head_rows + table->tail_rows)
            print_line(table, layout, 0, print_gap, dots, terminal);
        print_line(table, layout, row, print_value, dots, terminal);
    }
    print_rule(table, layout, "└", "┴", "┘", terminal);
}

void table_print_box(const struct table *table, enum table_types types, struct terminal *terminal) {
    struct layout layout = lay_out(table, terminal->columns);
    if (table->column_count > 0)
        print_box(table, &layout, types, terminal);
}

void table_print(const struct table *table, struct terminal *terminal) {
    struct layout layout = lay_out(table, terminal->columns);
    table_print_box(table, TABLE_TYPED, terminal);
    print_counts(table, &layout, terminal);
}
