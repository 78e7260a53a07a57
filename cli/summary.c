// SPDX-License-Identifier: Apache-2.0
#include "cli/summary.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/kept.h"
#include "cli/member.h"
#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/text.h"
#include "quern/limits.h"
#include "quern/memory.h"
#include "quern/object.h"
#include "quern/own.h"

/* ---- success ---- */

static void print_preview(const struct render_preview *preview, struct terminal *notes) {
    struct table *table;
    if (table_parse(preview->json, preview->bytes, notes->utf8, &table, NULL) < 0)
        return;
    terminal_say(notes, "\n");
    terminal_style(notes, TERMINAL_BOLD);
    terminal_say(notes, "%s", preview->name);
    terminal_style(notes, TERMINAL_PLAIN);
    terminal_say(notes, "\n");
    table_print(table, notes);
    table_free(table);
}

static void print_picture(const struct render *render, struct terminal *notes) {
    enum image_protocol protocol = image_choose(render->image, notes);
    auto_free char *png = NULL;
    size_t bytes;
    if (render->picture < 0 || protocol == IMAGE_NONE ||
        memory_read(render->picture, "the picture", IMAGE_MAX_BYTES, &png, &bytes, NULL) < 0)
        return;
    fputc('\n', notes->file);
    image_print(protocol, png, bytes, notes->file);
}

// What a kept output is: "640 × 960, 2 pictures" or "768 × 9, 12.3 kB".
static void describe(const json_t *manifest, const json_t *output, char *text, size_t room) {
    const json_t *pictures = json_object_get(manifest, "pictures");
    uint64_t count = member_count(pictures, "count");
    char rows[QUANTITY_BYTES], columns[QUANTITY_BYTES], bytes[QUANTITY_BYTES];
    const char *kind = member_text(output, "kind");
    quantity_show_bytes(member_count(output, "bytes"), bytes);
    if (strcmp(member_text(output, "port"), "visualization") == 0)
        snprintf(text, room, "%" PRIu64 " × %" PRIu64 ", %" PRIu64 " picture%s", member_count(pictures, "width"),
                 member_count(pictures, "height"), count, count == 1 ? "" : "s");
    else if (!*kind || strcmp(kind, object_word(OBJECT_DATASET)) == 0)
        snprintf(text, room, "%s × %s, %s", quantity_show_count(member_count(output, "rows"), rows),
                 quantity_show_count(member_count(output, "columns"), columns), bytes);
    else
        snprintf(text, room, "%s, %s", kind, bytes);
}

// Files are told as paths that can be pasted.
static void print_outputs(const json_t *manifest, const char *dir, struct terminal *notes) {
    const json_t *outputs = json_object_get(manifest, "outputs"), *output;
    const char *slash = *dir && dir[strlen(dir) - 1] == '/' ? "" : "/";
    int width = 0;
    size_t i;
    json_array_foreach(outputs, i, output) {
        int own = (int)text_width(member_text(output, "key"));
        width = own > width ? own : width;
    }
    json_array_foreach(outputs, i, output) {
        const char *key = member_text(output, "key");
        char text[128];
        describe(manifest, output, text, sizeof text);
        if (*key)
            terminal_say(notes, "%s%s%s%*s  %s\n", dir, slash, key, width - (int)text_width(key), "", text);
    }
}

static void print_success(const struct render *render, const json_t *manifest, const struct summary *summary,
                          struct terminal *notes) {
    for (uint32_t i = 0; i < render->preview_count; i++)
        print_preview(&render->previews[i], notes);
    print_picture(render, notes);
    bool any = json_array_size(json_object_get(manifest, "outputs")) > 0;
    if (any || json_array_size(json_object_get(manifest, "metrics")) > 0 ||
        json_array_size(json_object_get(manifest, "files")) > 0)
        terminal_say(notes, "\n");
    kept_say(manifest, summary->output_dir, notes);
    if (!any)
        return;
    if (summary->output_dir)
        print_outputs(manifest, summary->output_dir, notes);
    else
        terminal_say(notes, "keep the results: -o DIR\n");
}

/* ---- failure ---- */

enum { SCRIPT_MAX_BYTES = 16 << 20 };

// Line `number` of the script, from its first printable character on; NULL where there is none.
static char *script_line(const char *path, uint64_t number, bool utf8) {
    auto_file FILE *file = path ? fopen(path, "re") : NULL;
    auto_free char *text = NULL;
    size_t bytes;
    if (!file || memory_read(fileno(file), path, SCRIPT_MAX_BYTES, &text, &bytes, NULL) < 0)
        return NULL;
    const char *line = text;
    for (uint64_t at = 1; at < number && line; at++) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    if (!line)
        return NULL;
    line += strspn(line, " \t");
    return text_cell(line, strcspn(line, "\r\n"), utf8);
}

static void print_place(const json_t *manifest, const char *path, struct terminal *notes) {
    uint64_t line = member_count(json_object_get(manifest, "exception"), "line");
    auto_free char *source = line ? script_line(path, line, notes->utf8) : NULL;
    if (!source)
        return;
    const char *slash = strrchr(path, '/');
    char place[64];
    snprintf(place, sizeof place, "%.40s:%" PRIu64, slash ? slash + 1 : path, line);
    uint32_t width, used = 4 + text_width(place) + 4;
    size_t bytes = text_fit(source, notes->columns > used + 8 ? notes->columns - used : 8, &width);
    terminal_say(notes, "    %s    ", place);
    terminal_style(notes, TERMINAL_BOLD);
    terminal_say(notes, "%.*s%s", (int)bytes, source, source[bytes] ? "…" : "");
    terminal_style(notes, TERMINAL_PLAIN);
    terminal_say(notes, "\n");
}

static const struct {
    const char *reason, *advice;
} advices[] = {
    {"exception", "look around where it failed: the same command with --pdb"},
    {"not_found", "a file is written with a path: ./NAME"},
    {"bug", "this is a fault of quern; please report it with the line above"},
};

// Who asks for more may not get it where a host or an environment says the most.
static void print_more(enum limit_row row, const char *what, const json_t *manifest, struct terminal *notes) {
    const struct limit *limit = &limits_table[row];
    const char *from = member_text(json_object_get(manifest, "limits_from"), limit->name);
    uint64_t value = member_count(json_object_get(manifest, "limits"), limit->name);
    char text[LIMITS_TEXT_BYTES];
    if (value && (strcmp(from, limit_origin_word(LIMIT_OF_HOST)) == 0 ||
                  strcmp(from, limit_origin_word(LIMIT_OF_ENVIRONMENT)) == 0))
        terminal_say(notes, "  %s of %s is the %s's word: %s gives more, up to the most that its [limits] allow\n",
                     what, limits_show(row, value, text), from, limit->flag);
    else
        terminal_say(notes, "  give it more %s with %s\n", what, limit->flag);
}

static void print_advice(const char *reason, const json_t *manifest, struct terminal *notes) {
    if (strcmp(reason, reason_word(REASON_LIMIT_TIME)) == 0)
        print_more(LIMIT_time_ms, "time", manifest, notes);
    if (strcmp(reason, reason_word(REASON_LIMIT_MEMORY)) == 0)
        print_more(LIMIT_memory_bytes, "memory", manifest, notes);
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (strcmp(advices[i].reason, reason) == 0)
            terminal_say(notes, "  %s\n", advices[i].advice);
}

static void print_failure(struct render *render, const json_t *manifest, const struct run_outcome *outcome,
                          const struct summary *summary, struct terminal *notes) {
    bool cancelled = strcmp(outcome->reason, reason_word(REASON_CANCELLED)) == 0;
    const char *told = member_text(manifest, "message"), *message = *told ? told : outcome->message;
    char time[QUANTITY_BYTES];
    quantity_show_duration(render->now_us() - render->begin_us, time);
    terminal_style(notes, cancelled ? TERMINAL_YELLOW : TERMINAL_RED);
    terminal_say(notes, "%s %s", cancelled ? "⊘" : "✕", cancelled ? "cancelled" : "failed");
    terminal_style(notes, TERMINAL_PLAIN);
    terminal_say(notes, " after %s", time);
    if (!cancelled)
        terminal_say(notes, ": %s (%s)", message, outcome->reason);
    terminal_say(notes, "\n");
    print_place(manifest, summary->script_path, notes);
    if (!render->still)
        print_advice(outcome->reason, manifest, notes);
}

static void print_warnings(const json_t *manifest, struct terminal *notes) {
    const json_t *warnings = json_object_get(manifest, "warnings"), *warning;
    uint64_t left = member_count(manifest, "warnings_left");
    size_t i;
    json_array_foreach(warnings, i, warning) {
        terminal_style(notes, TERMINAL_YELLOW);
        terminal_say(notes, "warning:");
        terminal_style(notes, TERMINAL_PLAIN);
        terminal_say(notes, " %s\n", json_string_value(warning) ? json_string_value(warning) : "");
    }
    if (left)
        terminal_say(notes, "  and %" PRIu64 " more in job.json\n", left);
}

static json_t *manifest_of(const struct run_outcome *outcome) {
    if (!outcome->manifest_json)
        return NULL;
    return json_loadb(outcome->manifest_json, outcome->manifest_bytes, JSON_ALLOW_NUL, NULL);
}

void summary_warnings(const struct run_outcome *outcome, struct terminal *notes) {
    json_auto_t *manifest = manifest_of(outcome);
    print_warnings(manifest, notes);
}

void summary_print(struct render *render, const struct run_outcome *outcome, const struct summary *summary) {
    render_close(render);
    if (render->quiet)
        return;
    json_t *manifest = manifest_of(outcome);
    print_warnings(manifest, &render->notes);
    if (outcome->exit_code == 0)
        print_success(render, manifest, summary, &render->notes);
    else
        print_failure(render, manifest, outcome, summary, &render->notes);
    json_decref(manifest);
    fflush(render->notes.file);
}
