// SPDX-License-Identifier: Apache-2.0
// `quern dataset head KEY|FILE`: the first rows, in the box that `quern run` shows.
#include <jansson.h>
#include <string.h>

#include "cli/product.h"
#include "cli/store.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "quern/own.h"

enum { ROWS = 10 };

// A head has the last rows, too: they are not asked for.
static int print(const char *json, size_t bytes, struct refusal *refusal) {
    struct terminal out;
    struct table *table;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    json_auto_t *head = json_loadb(json, bytes, JSON_ALLOW_NUL, NULL);
    json_object_del(head, "tail");
    auto_free char *text = head ? json_dumps(head, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    if (!text)
        return refuse(refusal, REASON_BUG, "the rows of a dataset are no JSON");
    if (table_parse(text, strlen(text), out.utf8, &table, &refusal->err) < 0)
        return -1;
    table_print(table, &out);
    table_free(table);
    return 0;
}

int verb_dataset_head(const struct command_line *line) {
    const struct given *rows = command_given(line, "--rows"), *environment = command_given(line, "--env");
    const struct view_request request = {.name = "KEY|FILE",
                                         .word = line->operands[0],
                                         .line = line,
                                         .environment = environment ? environment->value : NULL,
                                         .no_header = command_given(line, "--no-header") != NULL,
                                         .task = RUN_HEAD,
                                         .rows = rows ? (uint32_t)rows->number : ROWS};
    return product_print(&request, print);
}
