// SPDX-License-Identifier: Apache-2.0
#include "cli/submission.h"

#include <string.h>

#include "cli/quantity.h"
#include "quern/queue_client.h"

enum { PART_BYTES = 32 };

/* ---- --after ---- */

static int add(struct submission *submission, enum queue_when when, const char *id, struct refusal *refusal) {
    struct queue_submission *queued = &submission->queued;
    if (queued->after_count == QUEUE_MAX_DEPENDENCIES)
        return refuse(refusal, REASON_USAGE, "--after: expected at most %u jobs to wait for", QUEUE_MAX_DEPENDENCIES);
    char *own = submission->ids[queued->after_count];
    snprintf(own, JOB_ID_BYTES, "%s", id);
    submission->after[queued->after_count++] = (struct queue_dependency){.id = own, .when = when};
    queued->after = submission->after;
    return 0;
}

static int add_after(struct submission *submission, const struct client *client, const char *text,
                     struct refusal *refusal) {
    static const struct {
        const char *word;
        enum queue_when when;
    } words[] = {{"ok:", QUEUE_AFTER_OK}, {"any:", QUEUE_AFTER_ANY}, {"notok:", QUEUE_AFTER_NOT_OK}};
    char id[JOB_ID_BYTES];
    enum queue_when when = QUEUE_AFTER_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t bytes = strlen(words[i].word);
        if (strncmp(text, words[i].word, bytes) != 0)
            continue;
        when = words[i].when;
        text += bytes;
        break;
    }
    if (client_find_job(client, text, id, refusal) < 0) {
        refusal_advise(refusal, "--after is written so: ok:JOB, any:JOB or notok:JOB");
        return -1;
    }
    return add(submission, when, id, refusal);
}

int submission_needs(struct submission *submission, const char *id, struct refusal *refusal) {
    for (size_t i = 0; i < submission->queued.after_count; i++)
        if (strcmp(submission->after[i].id, id) == 0)
            return 0;
    return add(submission, QUEUE_AFTER_OK, id, refusal);
}

/* ---- --backoff ---- */

static int read_pause(const char *text, size_t bytes, uint64_t *ret_ms, struct refusal *refusal) {
    char part[PART_BYTES], better[QUANTITY_BYTES];
    snprintf(part, sizeof part, "%.*s", (int)(bytes < sizeof part ? bytes : sizeof part - 1), text);
    if (quantity_duration(part, ret_ms, better) < 0)
        return refuse(refusal, REASON_USAGE, "--backoff: '%s' is not a duration; write %s", part, better);
    return 0;
}

static int read_backoff(struct queue_submission *queued, const char *text, struct refusal *refusal) {
    const char *dots = strstr(text, "..");
    TRY(read_pause(text, dots ? (size_t)(dots - text) : strlen(text), &queued->backoff_ms, refusal));
    if (dots)
        TRY(read_pause(dots + 2, strlen(dots + 2), &queued->backoff_max_ms, refusal));
    else if (queued->backoff_max_ms < queued->backoff_ms)
        queued->backoff_max_ms = queued->backoff_ms;
    if (queued->backoff_max_ms < queued->backoff_ms)
        return refuse(refusal, REASON_USAGE,
                      "--backoff: expected the longest pause to be no shorter than the first one");
    return 0;
}

/* ---- all of them ---- */

static int take(struct submission *submission, const struct client *client, const struct given *given,
                struct refusal *refusal) {
    struct queue_submission *queued = &submission->queued;
    switch ((int)given->flag) {
    case FLAG_SUBMIT_PRIORITY:
        queued->priority = (uint32_t)given->number;
        return 0;
    case FLAG_SUBMIT_DELAY:
        queued->delay_ms = given->number;
        return 0;
    case FLAG_SUBMIT_RETRIES:
        queued->retries = (uint32_t)given->number;
        return 0;
    case FLAG_SUBMIT_BACKOFF:
        return read_backoff(queued, given->value, refusal);
    case FLAG_SUBMIT_RETRY_ON:
        queued->retry_on = given->value;
        return 0;
    case FLAG_SUBMIT_AFTER:
        return add_after(submission, client, given->value, refusal);
    case FLAG_SUBMIT_UNIQUE:
        queued->unique = given->value;
        return 0;
    default:
        return 0;
    }
}

// What would have no effect was meant otherwise.
static int check_retries(const struct command_line *line, const struct queue_submission *queued,
                         struct refusal *refusal) {
    for (int i = 0; i < 2 && !queued->retries; i++) {
        const char *word = i ? "--backoff" : "--retry-on";
        if (!command_given(line, word))
            continue;
        refuse(refusal, REASON_USAGE, "%s: there are no retries", word);
        refusal_advise(refusal, "say how many: --retries 3");
        return -1;
    }
    return 0;
}

int submission_read(const struct command_line *line, const struct client *client, struct submission *ret,
                    struct refusal *refusal) {
    queue_submission_defaults(&ret->queued);
    for (size_t i = 0; i < line->given_count; i++)
        TRY(take(ret, client, &line->given[i], refusal));
    return check_retries(line, &ret->queued, refusal);
}
