// SPDX-License-Identifier: Apache-2.0
// `quern logs [-f] [-n LINES] JOB`: what a job wrote, its stdout on ours, its stderr on ours; or a file that it left.
#include <inttypes.h>

#include "cli/follow.h"
#include "cli/log_file.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "quern/clock.h"

enum { CODE_INTERRUPTED = 130 };

static int check_attempt(const struct client *client, const char *word, const char *id, uint64_t attempt,
                         struct refusal *refusal) {
    struct queue_record record;
    TRY(client_get(client, word, id, &record, refusal));
    uint64_t attempts = record.attempts;
    queue_record_free(&record);
    if (attempt <= attempts)
        return 0;
    return refuse(refusal, REASON_NOT_FOUND, "--attempt: job '%s' has had %" PRIu64 " attempts", word, attempts);
}

// Files are kept when the job ends: before that there are none to offer.
static void offer_files(const struct client *client, const char *word, const char *id) {
    struct queue_record record;
    struct terminal notes;
    struct err ignored;
    if (queue_get(client->queue, id, &record, &ignored) != QUEUE_OK)
        return;
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    tell_logs(&record, word, &notes);
    queue_record_free(&record);
}

static int print(const struct command_line *line, const struct client *client, const struct interrupts *interrupts,
                 struct refusal *refusal) {
    bool live = command_given(line, "--follow") != NULL;
    const struct given *tail = command_given(line, "--tail"), *attempt = command_given(line, "--attempt");
    const struct follow_options options = {.output = true,
                                           .only_what_is = !live,
                                           .tail = tail != NULL,
                                           .lines = tail ? tail->number : 0,
                                           .attempt = attempt ? attempt->number : 0,
                                           .deadline_ns = CLOCK_NEVER,
                                           .interrupts = interrupts};
    char id[JOB_ID_BYTES];
    TRY(client_find_job(client, line->operands[0], id, refusal));
    if (attempt && !live)
        TRY(check_attempt(client, line->operands[0], id, attempt->number, refusal));
    int end = follow(client, line->operands[0], id, &options, refusal);
    if (end == FOLLOW_ENDED)
        offer_files(client, line->operands[0], id);
    if (end == FOLLOW_INTERRUPTED)
        fprintf(stderr, "left the log of %s; the job is as it was\n", id);
    return end == FOLLOW_INTERRUPTED ? CODE_INTERRUPTED : end < 0 ? -1 : 0;
}

static int check_flags(const struct command_line *line, struct refusal *refusal) {
    static const char *const others[] = {"--follow", "--tail", "--attempt"};
    for (size_t i = 0; i < sizeof others / sizeof *others && command_given(line, "--file"); i++)
        if (command_given(line, others[i]))
            return refuse(refusal, REASON_USAGE, "--file: expected no %s beside it: the file is printed as it was kept",
                          others[i]);
    return 0;
}

int verb_logs(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    struct interrupts interrupts;
    const struct given *file = command_given(line, "--file");
    if (check_flags(line, &refusal) < 0 || client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    if (file) {
        int printed = log_file_print(&client, line->operands[0], file->value, &refusal);
        client_close(&client);
        return printed < 0 ? refusal_print(&refusal, stderr) : 0;
    }
    int code = interrupts_open(&interrupts, &refusal);
    if (code == 0) {
        code = print(line, &client, &interrupts, &refusal);
        interrupts_close(&interrupts);
    }
    client_close(&client);
    return code < 0 ? refusal_print(&refusal, stderr) : code;
}
