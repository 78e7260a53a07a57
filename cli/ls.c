// SPDX-License-Identifier: Apache-2.0
// `quern ls`: the jobs of a queue by state, those that run first and those that ended last.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interrupts.h"
#include "cli/quantity.h"
#include "cli/record_json.h"
#include "cli/suggest.h"
#include "cli/tell.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "cli/waiting.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_operator.h"
#include "quern/queue_server.h"

enum { ROWS_DEFAULT = 50, WATCH_MS = 1000, SCRIPT_COLUMNS = 30 };

// In the order in which they are listed.
static const enum job_state order[] = {JOB_RUNNING,   JOB_QUEUED, JOB_DELAYED,  JOB_BLOCKED,
                                       JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELLED};

struct listing {
    struct client client;
    struct terminal out;
    bool wanted[JOB_STATE_COUNT], json;
    size_t room;
    struct queue_row rows[QUEUE_MAX_LIST];
    uint64_t shown;
};

static int choose_states(const struct command_line *line, struct listing *listing, struct refusal *refusal) {
    bool any = false;
    for (size_t i = 0; i < line->given_count; i++) {
        const char *word = line->given[i].value;
        struct suggest suggest;
        enum job_state state = 0;
        if (line->given[i].flag != FLAG_LS_STATE)
            continue;
        any = true;
        suggest_init(&suggest, word);
        for (; state < JOB_STATE_COUNT && strcmp(word, job_state_name(state)) != 0; state++)
            suggest_offer(&suggest, job_state_name(state));
        if (state < JOB_STATE_COUNT) {
            listing->wanted[state] = true;
            continue;
        }
        refuse(refusal, REASON_USAGE, "--state: '%s' is not the state of a job", word);
        if (suggest_best(&suggest))
            refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
        refusal_advise(refusal, "they are: blocked, delayed, queued, running, succeeded, failed, cancelled");
        return -1;
    }
    for (enum job_state state = 0; state < JOB_STATE_COUNT && !any; state++)
        listing->wanted[state] = true;
    return 0;
}

/* ---- for people ---- */

// What one wants to know of a job in that state: how long it waits, runs, or is over.
static uint64_t since_ms(enum job_state state, const struct queue_row *row) {
    if (verdict_ended(state))
        return row->ended_unix_ms;
    return state == JOB_RUNNING ? row->started_unix_ms : row->submitted_unix_ms;
}

static void say_padded(struct terminal *out, const char *text, uint32_t room) {
    uint32_t width;
    auto_free char *cell = text_cell(text, strlen(text), out->utf8);
    size_t bytes = cell ? text_fit(cell, room, &width) : 0;
    if (cell)
        terminal_say(out, "%.*s%*s  ", (int)bytes, cell, (int)(room - width), "");
}

// How far it is, in the script's words or by its step.
static void say_progress(struct listing *listing, const struct queue_row *row) {
    struct queue_record record;
    if (queue_get(listing->client.queue, row->id, &record, NULL) != QUEUE_OK)
        return;
    auto_free char *cell = text_cell(record.progress, strlen(record.progress), listing->out.utf8);
    if (cell && *cell)
        terminal_say(&listing->out, "  %s", cell);
    queue_record_free(&record);
}

static void print_row(struct listing *listing, enum job_state state, const struct queue_row *row) {
    char script[TELL_SCRIPT_BYTES], age[QUANTITY_BYTES];
    struct terminal *out = &listing->out;
    uint64_t now = tell_now_unix_ms(), since = since_ms(state, row);
    quantity_show_duration(now > since ? (now - since) * 1000 : 0, age);
    terminal_say(out, "%7" PRIu64 "  ", row->number);
    terminal_style(out, verdict_style(state));
    terminal_say(out, "%s %-9s", verdict_sign(state), job_state_name(state));
    terminal_style(out, TERMINAL_PLAIN);
    terminal_say(out, "  %12s  %" PRIu64 "  ", age, row->priority);
    say_padded(out, tell_script(&listing->client, row->id, script), SCRIPT_COLUMNS);
    terminal_say(out, "%s%s%s", row->worker, *row->worker && *row->why ? " " : "", row->why);
    if (state == JOB_RUNNING)
        say_progress(listing, row);
    terminal_say(out, "\n");
}

static void print_heading(struct listing *listing) {
    terminal_style(&listing->out, TERMINAL_BOLD);
    terminal_say(&listing->out, "%7s  %-11s  %12s  P  %-*s  %s\n", "job", "state", "since", SCRIPT_COLUMNS, "script",
                 "worker, reason");
    terminal_style(&listing->out, TERMINAL_PLAIN);
}

/* ---- the list ---- */

static int print_rows(struct listing *listing, enum job_state state, size_t count, struct refusal *refusal) {
    for (size_t i = 0; i < count; i++) {
        if (listing->json) {
            json_t *row = record_json_row(&listing->client, state, &listing->rows[i]);
            TRY(record_json_print(row, false, refusal));
            continue;
        }
        if (listing->shown++ == 0)
            print_heading(listing);
        print_row(listing, state, &listing->rows[i]);
    }
    return 0;
}

static void say_more(struct listing *listing, const struct queue_counts *counts) {
    const char *separator = "";
    if (listing->json || listing->shown == 0)
        return;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        char text[QUANTITY_BYTES];
        if (!listing->wanted[order[i]] || counts->jobs[order[i]] <= listing->room)
            continue;
        terminal_say(&listing->out, "%s%s %s", *separator ? separator : "in all ",
                     quantity_show_count(counts->jobs[order[i]], text), job_state_name(order[i]));
        separator = ", ";
    }
    if (*separator)
        terminal_say(&listing->out, "; more of them: -n COUNT\n");
}

// Why no more jobs come, where that is not the list's fault.
static void warn_of_server(const struct listing *listing) {
    struct server server;
    struct err err = {0};
    if (listing->json || queue_server(listing->client.queue, &server, &err) < 0)
        return;
    if (server_check(&server, "jobs", &err) < 0)
        fprintf(stderr, "warning: %s\n", err.msg);
    else if (server.full)
        fputs("warning: " SERVER_FULL "\n", stderr);
}

static void say_why(struct listing *listing, const struct queue_counts *counts) {
    char why[WAITING_BYTES];
    if (!listing->json && listing->wanted[JOB_QUEUED] && counts->jobs[JOB_QUEUED] &&
        *waiting_why(&listing->client, why))
        terminal_say(&listing->out, "waiting: %s\n", why);
}

static int list(struct listing *listing, struct refusal *refusal) {
    struct queue_counts counts;
    struct err err;
    listing->shown = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t count = 0;
        if (!listing->wanted[order[i]])
            continue;
        if (queue_list(listing->client.queue, order[i], 0, listing->rows, listing->room, &count, &err) < 0)
            return client_blame(&listing->client, &err, refusal);
        TRY(print_rows(listing, order[i], count, refusal));
    }
    if (queue_count(listing->client.queue, &counts, &err) < 0)
        return client_blame(&listing->client, &err, refusal);
    say_more(listing, &counts);
    say_why(listing, &counts);
    fflush(stdout);
    if (listing->shown == 0 && !listing->json)
        fprintf(stderr, "no such jobs in the queue '%s'\n", listing->client.name);
    warn_of_server(listing);
    return 0;
}

static int watch(struct listing *listing, struct refusal *refusal) {
    struct interrupts interrupts;
    TRY(interrupts_open(&interrupts, refusal));
    int result;
    do {
        fputs("\033[H\033[2J", stdout);
        result = list(listing, refusal);
    } while (result == 0 && interrupts_wait(&interrupts, WATCH_MS) == 0);
    interrupts_close(&interrupts);
    return result;
}

static int run(const struct command_line *line, struct listing *listing, struct refusal *refusal) {
    const struct given *rows = command_given(line, "--rows");
    bool watching = command_given(line, "--watch") != NULL;
    listing->room = rows ? rows->number : ROWS_DEFAULT;
    listing->json = command_given(line, "--json") != NULL;
    terminal_open(&listing->out, stdout, TERMINAL_COLOUR_AUTO);
    TRY(choose_states(line, listing, refusal));
    if (watching && (listing->json || !listing->out.tty))
        return refuse(refusal, REASON_USAGE, "-w: expected a terminal on standard output, and no --json");
    TRY(client_open(line, &listing->client, refusal));
    int result = watching ? watch(listing, refusal) : list(listing, refusal);
    client_close(&listing->client);
    return result;
}

int verb_ls(const struct command_line *line) {
    auto_free struct listing *listing = calloc(1, sizeof *listing);
    struct refusal refusal;
    if (!listing)
        refuse(&refusal, REASON_INFRA, "out of memory for a list of jobs");
    return !listing || run(line, listing, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
}
