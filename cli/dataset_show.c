// SPDX-License-Identifier: Apache-2.0
// `quern dataset show KEY|FILE`: the profile of schemas/profile.md as a table with one row per column; of an object its kind.
#include <jansson.h>
#include <string.h>

#include "cli/product.h"
#include "cli/quantity.h"
#include "cli/source.h"
#include "cli/store.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/object.h"
#include "quern/own.h"

enum { BARS = 8, MAX_SHOWN = 1000, PIPE_COLUMNS = 100000 };

/* ---- a histogram as characters ---- */

static uint64_t bin_at(const json_t *bins, size_t index) {
    json_int_t count = json_integer_value(json_array_get(bins, index));
    return count > 0 ? (uint64_t)count : 0;
}

// Neighbouring bins share a bar where there are more of them. Returns the number of bars.
static size_t bars_of(const json_t *bins, uint64_t bars[BARS]) {
    size_t count = json_array_size(bins), each = count / BARS + (count % BARS > 0);
    memset(bars, 0, BARS * sizeof *bars);
    if (each == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        bars[i / each] += bin_at(bins, i);
    return (count + each - 1) / each;
}

// A bar that is not empty is seen, however low it is.
static json_t *histogram(const json_t *bins, bool utf8) {
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const signs[] = {" ", ".", ",", ":", "-", "=", "+", "*", "#"};
    uint64_t bars[BARS], highest = 1;
    char text[BARS * 4 + 1] = "";
    size_t count = bars_of(bins, bars), used = 0;
    for (size_t i = 0; i < count; i++)
        highest = bars[i] > highest ? bars[i] : highest;
    for (size_t i = 0; i < count; i++) {
        unsigned level = bars[i] ? 1 + (unsigned)((double)bars[i] / (double)highest * 7.0) : 0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", (utf8 ? blocks : signs)[level < 8 ? level : 8]);
    }
    return json_string(text);
}

/* ---- the profile as a table ---- */

static json_t *bytes_cell(json_int_t bytes) {
    char text[QUANTITY_BYTES];
    return json_string(quantity_show_bytes(bytes > 0 ? (uint64_t)bytes : 0, text));
}

static json_t *count_cell(const json_t *value, bool more) {
    char text[QUANTITY_BYTES];
    json_int_t count = json_integer_value(value);
    return json_sprintf("%s%s", more ? "> " : "", quantity_show_count(count > 0 ? (uint64_t)count : 0, text));
}

// "dictionary[string]", "timestamp[ns]"
static json_t *type_cell(const json_t *column) {
    const char *type = json_string_value(json_object_get(column, "type"));
    const char *values = json_string_value(json_object_get(column, "values"));
    const char *unit = json_string_value(json_object_get(column, "unit"));
    const char *inner = values ? values : unit;
    return inner ? json_sprintf("%s[%s]", type ? type : "?", inner) : json_string(type ? type : "?");
}

static json_t *member(const json_t *column, const char *name) {
    json_t *value = json_object_get(column, name);
    return value ? json_incref(value) : json_null();
}

static json_t *row_of(const json_t *column, bool utf8) {
    bool more = json_is_true(json_object_get(column, "distinct_more"));
    json_int_t bytes = json_integer_value(json_object_get(column, "bytes"));
    return json_pack("[o,o,o,o,o,o,o,o,o,o]", member(column, "name"), type_cell(column),
                     count_cell(json_object_get(column, "nulls"), false), member(column, "min"), member(column, "max"),
                     member(column, "mean"), count_cell(json_object_get(column, "distinct"), more),
                     histogram(json_object_get(column, "histogram"), utf8), member(column, "treatment"),
                     bytes_cell(bytes));
}

static json_t *rows_of(const json_t *columns, bool utf8) {
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(columns) && i < MAX_SHOWN; i++)
        if (json_array_append_new(rows, row_of(json_array_get(columns, i), utf8)) < 0) {
            json_decref(rows);
            return NULL;
        }
    return rows;
}

static json_t *headings(void) {
    // The types are not shown: they say how a column is aligned.
    static const char *const texts[][2] = {{"column", ""},    {"type", ""},    {"missing", "int"},  {"min", ""},
                                           {"max", ""},       {"mean", "int"}, {"distinct", "int"}, {"histogram", ""},
                                           {"in memory", ""}, {"bytes", "int"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", texts[i][0], "type", texts[i][1]));
    return list;
}

static char *table_text(const json_t *columns, bool utf8) {
    json_auto_t *table = json_pack("{s:i, s:o, s:o}", "rows", 0, "columns", headings(), "head", rows_of(columns, utf8));
    return table ? json_dumps(table, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
}

static void print_counts(const json_t *profile, struct terminal *out) {
    char rows[QUANTITY_BYTES], columns[QUANTITY_BYTES];
    json_int_t count = json_integer_value(json_object_get(profile, "rows"));
    json_int_t left = json_integer_value(json_object_get(profile, "columns_left"));
    size_t shown = json_array_size(json_object_get(profile, "columns"));
    size_t all = shown + (size_t)(left > 0 ? left : 0);
    terminal_say(out, "%s %s × %s %s", quantity_show_count((uint64_t)count, rows), count == 1 ? "row" : "rows",
                 quantity_show_count(all, columns), all == 1 ? "column" : "columns");
    if (all > MAX_SHOWN)
        terminal_say(out, ", of which the first %d are shown", (int)MAX_SHOWN);
    terminal_say(out, "\n");
}

static int print_table(const char *json, size_t bytes, struct refusal *refusal) {
    struct terminal out;
    struct table *table;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (!out.screen)
        out.columns = PIPE_COLUMNS;
    json_auto_t *profile = json_loadb(json, bytes, JSON_ALLOW_NUL, NULL);
    const json_t *columns = json_object_get(profile, "columns");
    auto_free char *text = columns ? table_text(columns, out.utf8) : NULL;
    if (!text)
        return refuse(refusal, REASON_BUG, "the profile of a dataset cannot be shown");
    if (table_parse(text, strlen(text), out.utf8, &table, &refusal->err) < 0)
        return -1;
    if (json_array_size(columns) > 0)
        table_print_box(table, TABLE_UNTYPED, &out);
    table_free(table);
    print_counts(profile, &out);
    return 0;
}

static int print_json(const char *json, size_t bytes, struct refusal *refusal) {
    (void)refusal;
    fwrite(json, 1, bytes, stdout);
    return 0;
}

static int show_dataset(const struct command_line *line) {
    const struct given *environment = command_given(line, "--env");
    const struct view_request request = {.name = "KEY|FILE",
                                         .word = line->operands[0],
                                         .line = line,
                                         .environment = environment ? environment->value : NULL,
                                         .no_header = command_given(line, "--no-header") != NULL,
                                         .task = RUN_PROFILE};
    return product_print(&request, command_given(line, "--json") ? print_json : print_table);
}

/* ---- an object: what is known of it without looking into it ---- */

struct shown {
    uint32_t kind; // enum object_kind; DATASET also for a file
    struct storage_pin pin;
};

static int find(const struct command_line *line, struct shown *ret, struct refusal *refusal) {
    struct store store;
    if (source_is_file(line->operands[0]))
        return 0;
    TRY(store_open(line, &store, refusal));
    // Who is not there is told of by the look at it.
    if (store_find(&store, "KEY|FILE", line->operands[0], &ret->pin, refusal) == 0)
        ret->kind = object_of_version(ret->pin.version);
    store_close(&store);
    return 0;
}

static void tell_object(const struct shown *shown, const char *key) {
    char bytes[QUANTITY_BYTES];
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "%s  %s, %s, %s\n%s\n", key, object_word(shown->kind), object_content_type(shown->kind, key),
                 quantity_show_bytes(shown->pin.bytes, bytes), shown->pin.version);
}

static int tell_object_json(const struct shown *shown, const char *key, struct refusal *refusal) {
    json_auto_t *object = json_pack("{s:i, s:s, s:s, s:s, s:I, s:s}", "schema", 1, "key", key, "kind",
                                    object_word(shown->kind), "content_type", object_content_type(shown->kind, key),
                                    "bytes", (json_int_t)shown->pin.bytes, "version", shown->pin.version);
    auto_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (!text)
        return refuse(refusal, REASON_INFRA, "out of memory for what is known of '%s'", key);
    puts(text);
    return 0;
}

int verb_dataset_show(const struct command_line *line) {
    struct shown shown = {.kind = OBJECT_DATASET};
    struct refusal refusal;
    const char *word = line->operands[0];
    int found = find(line, &shown, &refusal);
    if (found == 0 && shown.kind != OBJECT_DATASET && command_given(line, "--json"))
        found = tell_object_json(&shown, word, &refusal);
    else if (found == 0 && shown.kind != OBJECT_DATASET)
        tell_object(&shown, word);
    if (found < 0)
        return refusal_print(&refusal, stderr);
    return shown.kind == OBJECT_DATASET ? show_dataset(line) : 0;
}
