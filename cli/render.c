// SPDX-License-Identifier: Apache-2.0
#include "cli/render.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/text.h"
#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/steps.h"

enum { RENDER_QUIET_US = 100000 };

static uint64_t monotonic_us(void) { return clock_now_ns() / 1000; }

// A terminal's line can be overwritten by the script as long as it is its own: `\r` is for progress bars.
static struct escape filter_for(const struct terminal *terminal) {
    return (struct escape){.utf8 = terminal->utf8,
                           .sgr = terminal->colour ? ESCAPE_SGR_PASS : ESCAPE_SGR_DROP,
                           .carriage = terminal->tty ? "\r\033[K" : NULL};
}

// Behind terminal_open(), which asks the files what they are.
static void open_backlogs(struct render *render) {
    bool same = backlog_same_reader(render->out.file, render->notes.file);
    render->out.file = backlog_open(&render->out_backlog, render->out.file);
    render->notes.file = same ? render->out.file : backlog_open(&render->notes_backlog, render->notes.file);
}

void render_init(struct render *render, const struct render_options *options) {
    *render = (struct render){.image = options->image,
                              .quiet = options->quiet,
                              .still = options->still,
                              .now_us = options->now_us ? options->now_us : monotonic_us,
                              .picture = -1};
    terminal_open(&render->out, options->out, options->colour);
    terminal_open(&render->notes, options->notes, options->colour);
    open_backlogs(render);
    render->out_escape = filter_for(&render->out);
    render->notes_escape = filter_for(&render->notes);
    render->begin_us = render->now_us();
}

/* ---- the line of the step ---- */

static bool is_live(const struct render *render) { return render->notes.tty && !render->quiet && !render->still; }

static void hide_line(struct render *render) {
    if (render->live)
        terminal_clear_line(&render->notes);
    render->live = false;
}

// Ends a line that the script left open, where it would share it with ours.
static void end_line(struct terminal *terminal, struct escape *escape) {
    escape_end(escape, terminal->file);
    if (escape->line_open)
        fputc('\n', terminal->file);
    escape->line_open = false;
    fflush(terminal->file);
}

static void end_lines(struct render *render) {
    end_line(&render->notes, &render->notes_escape);
    if (render->out.tty)
        end_line(&render->out, &render->out_escape);
}

// A step that has only begun has no time yet that anybody wants to know.
static void say_step(struct render *render, const char *sign, enum terminal_style style, uint64_t elapsed_us) {
    char text[RENDER_DETAIL_BYTES + 64], time[QUANTITY_BYTES] = "";
    if (!render->in_step || elapsed_us >= RENDER_QUIET_US)
        quantity_show_duration(elapsed_us, time);
    snprintf(text, sizeof text, "%-8s %s%s%s", step_name((enum step)render->step), render->detail,
             *render->detail && *time ? ", " : "", time);
    auto_free char *cell = text_cell(text, strlen(text), render->notes.utf8);
    uint32_t width, room = render->notes.columns > 8 ? render->notes.columns - 5 : 3;
    size_t bytes = cell ? text_fit(cell, room, &width) : 0;
    terminal_style(&render->notes, style);
    terminal_say(&render->notes, "%s", sign);
    terminal_style(&render->notes, TERMINAL_PLAIN);
    terminal_say(&render->notes, " %.*s", render->notes.tty ? (int)bytes : -1, cell ? cell : "");
}

// A terminal that is stopped would be told the same line again and again, all of it at once when it goes on.
static bool is_behind(const struct render *render) {
    return backlog_waits(&render->out_backlog) || backlog_waits(&render->notes_backlog);
}

static void show_line(struct render *render) {
    if (!is_live(render) || !render->in_step || render->failed || render->notes_escape.line_open ||
        (render->out.tty && render->out_escape.line_open) || is_behind(render))
        return;
    hide_line(render);
    say_step(render, "▶", TERMINAL_BOLD, render->now_us() - render->step_begin_us);
    render->live = true;
    fflush(render->notes.file);
}

static void finish_step(struct render *render, const char *sign, enum terminal_style style, uint64_t elapsed_us) {
    hide_line(render);
    render->in_step = false;
    if (render->quiet || render->failed)
        return;
    end_lines(render);
    say_step(render, sign, style, elapsed_us);
    terminal_say(&render->notes, "\n");
    fflush(render->notes.file);
}

/* ---- events ---- */

static void begin_step(struct render *render, const struct event *event) {
    render->in_step = true;
    render->step = event->step;
    render->step_begin_us = render->now_us();
    render->detail[0] = '\0';
    render->progress = false;
    show_line(render);
}

// What is tidied up behind a step that failed is of no interest.
static void end_step(struct render *render, const struct event *event) {
    bool failed = event->err.reason != REASON_NONE;
    if (render->progress)
        render->detail[0] = '\0';
    finish_step(render, failed ? "✕" : "✓", failed ? TERMINAL_RED : TERMINAL_GREEN, event->elapsed_us);
    render->failed |= failed;
}

static size_t text_bytes(const struct event *event) { return event->bytes < EVENT_BYTES ? event->bytes : EVENT_BYTES; }

static void add_note(struct render *render, const struct event *event) {
    size_t used = strlen(render->detail);
    snprintf(render->detail + used, sizeof render->detail - used, "%s%.*s", used ? ", " : "", (int)text_bytes(event),
             event->text);
    show_line(render);
}

// What a script says of itself is shown while it runs, and nowhere else.
static void set_progress(struct render *render, const struct event *event) {
    if (render->quiet || !render->in_step)
        return;
    snprintf(render->detail, sizeof render->detail, "%.*s", (int)text_bytes(event), event->text);
    render->progress = true;
    show_line(render);
}

static void write_log(struct render *render, const struct event *event) {
    bool to_out = event->stream == 1 && !render->quiet;
    struct terminal *terminal = to_out ? &render->out : &render->notes;
    struct escape *escape = to_out ? &render->out_escape : &render->notes_escape;
    struct terminal *other = to_out ? &render->notes : &render->out;
    size_t bytes = text_bytes(event);
    if (terminal->tty) {
        hide_line(render);
        fflush(render->notes.file);
    }
    if (terminal->tty && other->tty)
        end_line(other, to_out ? &render->notes_escape : &render->out_escape);
    if (terminal->screen) {
        escape_write(escape, event->text, bytes, terminal->file);
    } else if (bytes > 0) {
        fwrite(event->text, 1, bytes, terminal->file);
        escape->line_open = event->text[bytes - 1] != '\n';
    }
    fflush(terminal->file);
    if (terminal->tty)
        show_line(render);
}

// A preview that cannot be read is a preview less: the job's result does not depend on it.
static void keep_preview(struct render *render, const struct event *event, int fd) {
    struct render_preview preview = {.json = NULL};
    if (render->quiet || fd < 0 || render->preview_count == HOST_MAX_PORTS ||
        memory_read(fd, "the preview of a table", TABLE_MAX_BYTES, &preview.json, &preview.bytes, NULL) < 0)
        return;
    snprintf(preview.name, sizeof preview.name, "%.*s", (int)text_bytes(event), event->text);
    render->previews[render->preview_count++] = preview;
}

static void keep_picture(struct render *render, int fd) {
    if (fd < 0)
        return;
    own_close(&render->picture);
    render->picture = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

void render_event(struct render *render, const struct event *event, int fd) {
    switch ((enum event_kind)event->kind) {
    case EVENT_STEP_BEGIN:
        begin_step(render, event);
        break;
    case EVENT_STEP_END:
        end_step(render, event);
        break;
    case EVENT_NOTE:
        add_note(render, event);
        break;
    case EVENT_PROGRESS:
        set_progress(render, event);
        break;
    case EVENT_LOG:
        write_log(render, event);
        break;
    case EVENT_PREVIEW:
        keep_preview(render, event, fd);
        break;
    case EVENT_PICTURE:
        keep_picture(render, fd);
        break;
    case EVENT_MANIFEST:
    case EVENT_PRODUCT:
    case EVENT_WAIT: // of a queue's jobs alone
        break;
    }
}

void render_tick(struct render *render) {
    backlog_push(&render->out_backlog);
    backlog_push(&render->notes_backlog);
    show_line(render);
}

void render_close(struct render *render) {
    if (render->in_step)
        finish_step(render, "✕", TERMINAL_RED, render->now_us() - render->step_begin_us);
    end_line(&render->notes, &render->notes_escape);
    escape_end(&render->out_escape, render->out.file);
    if (render->out.tty)
        end_line(&render->out, &render->out_escape);
    fflush(render->out.file);
}

void render_drop(struct render *render) {
    backlog_drop(&render->out_backlog);
    backlog_drop(&render->notes_backlog);
}

void render_done(struct render *render) {
    for (uint32_t i = 0; i < render->preview_count; i++)
        free(render->previews[i].json);
    render->preview_count = 0;
    own_close(&render->picture);
    backlog_close(&render->out_backlog);
    backlog_close(&render->notes_backlog);
}
