// SPDX-License-Identifier: Apache-2.0
#include "cli/follow.h"

#include <inttypes.h>
#include <string.h>

#include "cli/tell.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "cli/waiting.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_client.h"

// A piece of waiting is short enough for Ctrl-C, and looks at a busy queue are far enough apart.
enum {
    WAIT_MS = 300,
    LEAST_MS = 20,
    AWAY_MS = 500,
    SECOND_CHANCE_MS = 3000,
    PUZZLED_MS = 5000,
    CODE_INTERRUPTED = 130
};

// Behind every entry of a log: who wants only the end is not woken by output.
static const char behind_all[] = "18446744073709551614-0";

struct stream {
    struct terminal terminal;
    struct escape escape;
};

struct following {
    const struct client *client;
    const char *word, *id;
    const struct follow_options *options;
    struct stream out, notes;
    uint64_t attempt; /* whose output was printed last */
    uint64_t skip;    /* so many lines before the first one that is printed */
    bool told;        /* `state` was told */
    enum job_state state;
    uint64_t away_ns;        /* since when Redis is away; 0: it is not */
    uint64_t why_ns;         /* when it is time to say why the job does not begin */
    char why[WAITING_BYTES]; /* what was said last */
    bool live;               /* the line of its progress stands on the terminal */
    char after[QUEUE_WAKE_BYTES];
};

/* ---- the line of its progress, on a terminal ---- */

static void hide_progress(struct following *following) {
    if (following->live)
        terminal_clear_line(&following->notes.terminal);
    following->live = false;
}

static void show_progress(struct following *following) {
    struct terminal *notes = &following->notes.terminal;
    struct queue_record record;
    bool open = following->out.escape.line_open || following->notes.escape.line_open;
    if (!notes->tty || open || following->options->only_what_is ||
        queue_get(following->client->queue, following->id, &record, NULL) != QUEUE_OK)
        return;
    auto_free char *cell = text_cell(record.progress, strlen(record.progress), notes->utf8);
    uint32_t width, room = notes->columns > 24 ? notes->columns - 24 : 1;
    hide_progress(following);
    verdict_say(record.state, notes);
    if (cell && record.state == JOB_RUNNING)
        terminal_say(notes, "  %.*s", (int)text_fit(cell, room, &width), cell);
    fflush(notes->file);
    following->live = true;
    queue_record_free(&record);
}

/* ---- output ---- */

static void open_stream(struct stream *stream, FILE *file) {
    terminal_open(&stream->terminal, file, TERMINAL_COLOUR_AUTO);
    stream->escape = (struct escape){.utf8 = stream->terminal.utf8,
                                     .sgr = stream->terminal.colour ? ESCAPE_SGR_PASS : ESCAPE_SGR_DROP,
                                     .carriage = stream->terminal.tty ? "\r\033[K" : NULL};
}

static void end_line(struct stream *stream) {
    escape_end(&stream->escape, stream->terminal.file);
    if (stream->escape.line_open && stream->terminal.screen)
        fputc('\n', stream->terminal.file);
    stream->escape.line_open = false;
    fflush(stream->terminal.file);
}

static bool is_wanted(const struct following *following, const struct queue_piece *piece) {
    return !following->options->attempt || piece->attempt == following->options->attempt;
}

// Takes the lines off that are not to be printed.
static void skip_lines(struct following *following, struct queue_piece *piece) {
    for (const char *end; following->skip > 0 && piece->count > 0; following->skip--) {
        end = memchr(piece->bytes, '\n', piece->count);
        if (!end) {
            piece->count = 0;
            return;
        }
        piece->count -= (size_t)(end + 1 - piece->bytes);
        piece->bytes = end + 1;
    }
}

static void print_piece(struct following *following, const struct queue_piece *piece) {
    struct stream *stream = piece->is_stderr ? &following->notes : &following->out;
    struct stream *other = piece->is_stderr ? &following->out : &following->notes;
    hide_progress(following);
    if (following->attempt && piece->attempt != following->attempt) {
        end_line(&following->out);
        end_line(&following->notes);
        terminal_say(&following->notes.terminal, "-- attempt %" PRIu64 "\n", piece->attempt);
    }
    following->attempt = piece->attempt;
    if (stream->terminal.screen && other->terminal.screen)
        end_line(other);
    if (stream->terminal.screen)
        escape_write(&stream->escape, piece->bytes, piece->count, stream->terminal.file);
    else
        fwrite(piece->bytes, 1, piece->count, stream->terminal.file);
}

static void tell_state(struct following *following, enum job_state state) {
    bool same = following->told && following->state == state;
    following->told = true;
    following->state = state;
    if (same || !following->options->states || verdict_ended(state))
        return;
    hide_progress(following);
    end_line(&following->out);
    end_line(&following->notes);
    verdict_say(state, &following->notes.terminal);
    terminal_say(&following->notes.terminal, "\n");
    fflush(following->notes.terminal.file);
}

// A job that waits among others needs no words.
static void tell_why(struct following *following) {
    char why[WAITING_BYTES];
    uint64_t now = clock_now_ns();
    if (following->state != JOB_QUEUED)
        following->why_ns = now + PUZZLED_MS * UINT64_C(1000000);
    if (following->options->only_what_is || now < following->why_ns)
        return;
    following->why_ns = now + PUZZLED_MS * UINT64_C(1000000);
    if (!*waiting_why(following->client, why) || strcmp(why, following->why) == 0)
        return;
    memcpy(following->why, why, sizeof following->why);
    hide_progress(following);
    terminal_say(&following->notes.terminal, "waiting: %s\n", why);
    fflush(following->notes.terminal.file);
}

static void print_pieces(struct following *following, const struct queue_pieces *pieces) {
    for (size_t i = 0; i < pieces->count; i++) {
        struct queue_piece piece = pieces->pieces[i];
        if (!is_wanted(following, &piece))
            continue;
        skip_lines(following, &piece);
        if (piece.count > 0)
            print_piece(following, &piece);
    }
    fflush(following->out.terminal.file);
    fflush(following->notes.terminal.file);
    memcpy(following->after, pieces->after, sizeof following->after);
}

/* ---- the last lines ---- */

static uint64_t lines_of(const struct following *following, const struct queue_pieces *pieces, bool *open) {
    uint64_t lines = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct queue_piece *piece = &pieces->pieces[i];
        if (!is_wanted(following, piece))
            continue;
        for (size_t at = 0; at < piece->count; at++)
            lines += piece->bytes[at] == '\n';
        *open = piece->count ? piece->bytes[piece->count - 1] != '\n' : *open;
    }
    return lines;
}

// A first walk counts the lines that are there; what comes meanwhile is printed, too.
static int count_skipped(struct following *following, struct refusal *refusal) {
    char after[QUEUE_WAKE_BYTES] = "0-0";
    uint64_t lines = 0;
    bool open = false, more = true;
    while (more) {
        struct queue_pieces pieces;
        struct err err;
        int answer = queue_read_log(following->client->queue, following->id, after, &pieces, &err);
        if (answer == QUEUE_NO_JOB)
            return client_no_job(following->client, following->word, refusal);
        if (answer < 0)
            return client_blame(following->client, &err, refusal);
        lines += lines_of(following, &pieces, &open);
        more = pieces.count > 0;
        memcpy(after, pieces.after, sizeof after);
        queue_pieces_free(&pieces);
    }
    lines += open;
    following->skip = lines > following->options->lines ? lines - following->options->lines : 0;
    return 0;
}

/* ---- waiting ---- */

static bool is_over(const struct following *following, const struct queue_pieces *pieces) {
    bool wants_more = following->options->output && pieces->count > 0;
    return !wants_more && (verdict_ended(pieces->state) || following->options->only_what_is);
}

// Redis may be restarted while somebody waits for a job of hours.
static int endure(struct following *following, const struct err *err, struct refusal *refusal) {
    uint64_t now = clock_now_ns();
    if (err->reason != REASON_UNREACHABLE || following->options->only_what_is)
        return client_blame(following->client, err, refusal);
    if (!following->away_ns) {
        following->away_ns = now;
        hide_progress(following);
        end_line(&following->notes);
        terminal_say(&following->notes.terminal, "waiting for Redis: %s\n", err->msg);
        fflush(following->notes.terminal.file);
    }
    if (now - following->away_ns > FOLLOW_PATIENCE_MS * UINT64_C(1000000))
        return client_blame(following->client, err, refusal);
    return 0;
}

static void rest_until(uint64_t deadline_ns) {
    uint64_t now = clock_now_ns();
    if (now >= deadline_ns)
        return;
    struct timespec pause = {.tv_sec = (time_t)((deadline_ns - now) / 1000000000),
                             .tv_nsec = (long)((deadline_ns - now) % 1000000000)};
    nanosleep(&pause, NULL);
}

// One look: prints what is new, and waits until there may be more. 1: the job has ended.
static int look(struct following *following, struct refusal *refusal) {
    struct queue_pieces pieces;
    struct err err;
    uint64_t begin = clock_now_ns();
    int answer = queue_read_log(following->client->queue, following->id, following->after, &pieces, &err);
    if (answer == QUEUE_NO_JOB)
        return client_no_job(following->client, following->word, refusal);
    if (answer < 0) {
        TRY(endure(following, &err, refusal));
        rest_until(begin + AWAY_MS * UINT64_C(1000000));
        return 0;
    }
    following->away_ns = 0;
    tell_state(following, pieces.state);
    tell_why(following);
    if (following->options->output)
        print_pieces(following, &pieces);
    bool over = is_over(following, &pieces), woken, more = pieces.count > 0;
    if (!over && !more)
        show_progress(following);
    // Whether that call worked is seen by the next look.
    if (!over && !more)
        (void)!queue_wait_log(following->client->queue, following->id, &pieces, WAIT_MS, &woken, &err);
    queue_pieces_free(&pieces);
    if (!over && !more)
        rest_until(begin + LEAST_MS * UINT64_C(1000000));
    return over;
}

int follow(const struct client *client, const char *word, const char *id, const struct follow_options *options,
           struct refusal *refusal) {
    struct following following = {
        .client = client, .word = word, .id = id, .options = options, .why_ns = clock_deadline_ns(PUZZLED_MS)};
    open_stream(&following.out, stdout);
    open_stream(&following.notes, stderr);
    snprintf(following.after, sizeof following.after, "%s", options->output ? "0-0" : behind_all);
    int result = 0, end = FOLLOW_ENDED;
    if (options->tail)
        TRY(count_skipped(&following, refusal));
    for (;;) {
        result = look(&following, refusal);
        if (result != 0)
            break;
        if (options->interrupts && interrupts_taken(options->interrupts) > 0)
            end = FOLLOW_INTERRUPTED;
        else if (clock_now_ns() >= options->deadline_ns)
            end = FOLLOW_TIMEOUT;
        else
            continue;
        break;
    }
    hide_progress(&following);
    end_line(&following.out);
    end_line(&following.notes);
    return result < 0 ? -1 : end;
}

/* ---- the own job ---- */

static int cancel(const struct client *client, const char *id, uint64_t number, struct terminal *notes) {
    struct refusal refusal;
    struct err err;
    enum job_state state;
    if (queue_cancel(client->queue, id, &state, &err) < 0) {
        client_blame(client, &err, &refusal);
        return refusal_print(&refusal, stderr);
    }
    terminal_say(notes, state == JOB_RUNNING ? "%" PRIu64 " is told to end\n" : "%" PRIu64 " is cancelled\n", number);
    return verdict_code(JOB_CANCELLED, "");
}

static int leave(const struct client *client, const char *id, uint64_t number, const struct interrupts *interrupts,
                 struct terminal *notes) {
    terminal_say(notes,
                 "left job %" PRIu64 ", which goes on. Back to it: quern logs -f %" PRIu64 "\n"
                 "Stop it: Ctrl-C again, now, or quern cancel %" PRIu64 "\n",
                 number, number, number);
    fflush(notes->file);
    return interrupts_wait(interrupts, SECOND_CHANCE_MS) ? cancel(client, id, number, notes) : CODE_INTERRUPTED;
}

static int stay(const struct client *client, const char *id, bool output, const struct interrupts *interrupts,
                struct refusal *refusal) {
    struct terminal notes;
    struct queue_record record;
    const struct follow_options options = {
        .output = output, .states = output, .deadline_ns = CLOCK_NEVER, .interrupts = interrupts};
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    int end = follow(client, id, id, &options, refusal);
    TRY(end);
    TRY(client_get(client, id, id, &record, refusal));
    int code = 0;
    if (end == FOLLOW_INTERRUPTED)
        code = leave(client, id, record.number, interrupts, &notes);
    else
        code = verdict_code(record.state, record.why);
    if (end == FOLLOW_ENDED && (output || code))
        tell_record(client, id, &record, &notes);
    queue_record_free(&record);
    return code;
}

int follow_own(const struct client *client, const char *id, bool output) {
    struct interrupts interrupts;
    struct refusal refusal;
    if (interrupts_open(&interrupts, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int code = stay(client, id, output, &interrupts, &refusal);
    interrupts_close(&interrupts);
    return code < 0 ? refusal_print(&refusal, stderr) : code;
}
