// SPDX-License-Identifier: Apache-2.0
#include "cli/kept.h"

#include <inttypes.h>
#include <string.h>

#include "cli/member.h"
#include "cli/quantity.h"
#include "cli/text.h"
#include "quern/own.h"

enum { MOST_LINES = 20, NAME_COLUMNS = 30, VALUE_COLUMNS = 60 };

/* ---- metrics ---- */

static void say_cell(const char *text, uint32_t room, bool pad, struct terminal *terminal) {
    uint32_t width = 0;
    auto_free char *cell = text_cell(text, strlen(text), terminal->utf8);
    size_t bytes = cell ? text_fit(cell, room, &width) : 0;
    if (cell)
        terminal_say(terminal, "%.*s%s%*s", (int)bytes, cell, cell[bytes] ? "…" : "",
                     pad && width < room ? (int)(room - width) : 0, "");
}

static void say_metric(const char *name, uint32_t room, const json_t *last, json_int_t count,
                       struct terminal *terminal) {
    auto_free char *value = json_dumps(last, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    terminal_say(terminal, "  ");
    say_cell(name, room, true, terminal);
    terminal_say(terminal, "  ");
    say_cell(value ? value : "", VALUE_COLUMNS, false, terminal);
    if (count > 1)
        terminal_say(terminal, "  (the last of %" PRIu64 ")", (uint64_t)count);
    terminal_say(terminal, "\n");
}

static uint32_t widest(json_t *last) {
    const char *name;
    json_t *value;
    uint32_t room = 0;
    json_object_foreach(last, name, value) {
        uint32_t width = text_width(name);
        room = width > room ? width : room;
    }
    return room < NAME_COLUMNS ? room : NAME_COLUMNS;
}

// Each name once, at the place where it came first.
static void say_metrics(const json_t *manifest, struct terminal *terminal) {
    json_auto_t *last = json_object(), *counts = json_object();
    const json_t *metrics = json_object_get(manifest, "metrics"), *metric;
    const char *name;
    json_t *value;
    size_t i, shown = 0;
    json_array_foreach(metrics, i, metric) {
        name = member_text(metric, "name");
        json_int_t count = json_integer_value(json_object_get(counts, name));
        json_object_set(last, name, json_object_get(metric, "value"));
        json_object_set_new(counts, name, json_integer(count + 1));
    }
    uint32_t room = widest(last);
    json_object_foreach(last, name, value) {
        if (shown++ < MOST_LINES)
            say_metric(name, room, value, json_integer_value(json_object_get(counts, name)), terminal);
    }
    if (shown > MOST_LINES)
        terminal_say(terminal, "  and %zu more metrics in job.json\n", shown - MOST_LINES);
}

/* ---- files ---- */

static void say_place(const json_t *file, const char *key, const char *dir, struct terminal *terminal) {
    char bytes[QUANTITY_BYTES];
    if (dir)
        terminal_say(terminal, "%s%s%s", dir, *dir && dir[strlen(dir) - 1] == '/' ? "" : "/", key);
    else
        terminal_say(terminal, "  %s", key);
    terminal_say(terminal, "  %s\n", quantity_show_bytes(member_count(file, "bytes"), bytes));
}

static void say_files(const json_t *manifest, const char *list, const char *dir, struct terminal *terminal) {
    const json_t *files = json_object_get(manifest, list), *file;
    size_t i, shown = 0;
    json_array_foreach(files, i, file) {
        const char *key = member_text(file, "key");
        if (*key && shown++ < MOST_LINES)
            say_place(file, key, dir, terminal);
    }
    if (shown > MOST_LINES)
        terminal_say(terminal, "  and %zu more files in job.json\n", shown - MOST_LINES);
}

void kept_say_logs(const json_t *manifest, const char *word, struct terminal *terminal) {
    const json_t *file;
    const char *first = NULL;
    char bytes[QUANTITY_BYTES];
    size_t i, shown = 0;
    json_array_foreach(json_object_get(manifest, "files"), i, file) {
        const char *name = member_text(file, "name");
        if (strncmp(name, KEPT_LOGS, strlen(KEPT_LOGS)) != 0 || shown++ >= MOST_LINES)
            continue;
        first = first ? first : name + strlen(KEPT_LOGS);
        terminal_say(terminal, "-- %s  %s\n", name, quantity_show_bytes(member_count(file, "bytes"), bytes));
    }
    if (shown > MOST_LINES)
        terminal_say(terminal, "-- and %zu more in %s: quern status %s\n", shown - MOST_LINES, KEPT_LOGS, word);
    if (first)
        terminal_say(terminal, "-- print it: quern logs %s --file %s%s%s\n", word, strchr(first, ' ') ? "'" : "", first,
                     strchr(first, ' ') ? "'" : "");
}

void kept_say(const json_t *manifest, const char *dir, struct terminal *terminal) {
    say_metrics(manifest, terminal);
    say_files(manifest, "files", dir, terminal);
    say_files(manifest, "written", NULL, terminal);
}
