// SPDX-License-Identifier: Apache-2.0
#include "cli/tell.h"

#include <inttypes.h>
#include <string.h>
#include <sys/time.h>

#include "cli/kept.h"
#include "cli/limits_told.h"
#include "cli/quantity.h"
#include "cli/verdict.h"
#include "cli/waiting.h"
#include "quern/own.h"
#include "quern/queue_client.h"

uint64_t tell_now_unix_ms(void) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
}

const char *tell_script(const struct client *client, const char *id, char text[TELL_SCRIPT_BYTES]) {
    auto_free char *document = NULL;
    size_t bytes = 0;
    struct job job;
    text[0] = '\0';
    if (queue_document(client->queue, id, &document, &bytes, NULL) != QUEUE_OK ||
        job_decode(document, bytes, &job, NULL) < 0)
        return text;
    snprintf(text, TELL_SCRIPT_BYTES, "%s", job.script.name);
    job_free(&job);
    return text;
}

// The clocks of two machines differ: what would be before its beginning takes no time.
static const char *span(uint64_t from_ms, uint64_t to_ms, char text[QUANTITY_BYTES]) {
    return quantity_show_duration(to_ms > from_ms ? (to_ms - from_ms) * 1000 : 0, text);
}

static void say_times(const struct queue_record *record, struct terminal *terminal) {
    char text[QUANTITY_BYTES];
    uint64_t now = tell_now_unix_ms(), ended = record->ended_unix_ms ? record->ended_unix_ms : now;
    switch (record->state) {
    case JOB_DELAYED:
        terminal_say(terminal, "  due in %s", span(now, record->due_unix_ms, text));
        break;
    case JOB_QUEUED:
    case JOB_BLOCKED:
        terminal_say(terminal, "  for %s", span(record->submitted_unix_ms, now, text));
        break;
    case JOB_RUNNING:
        terminal_say(terminal, "  for %s on %s", span(record->started_unix_ms, now, text), record->worker);
        break;
    case JOB_SUCCEEDED:
    case JOB_FAILED:
    case JOB_CANCELLED:
        if (record->started_unix_ms)
            terminal_say(terminal, "  ran %s", span(record->started_unix_ms, ended, text));
        break;
    case JOB_STATE_COUNT:
        break;
    }
}

static void say_counts(const struct queue_record *record, struct terminal *terminal) {
    if (record->attempts > 1)
        terminal_say(terminal, ", attempt %" PRIu64, record->attempts);
    if (record->cancelling)
        terminal_say(terminal, ", told to end");
    if (record->state == JOB_RUNNING && *record->progress)
        terminal_say(terminal, ": %s", record->progress);
}

void tell_record(const struct client *client, const char *id, const struct queue_record *record,
                 struct terminal *terminal) {
    char script[TELL_SCRIPT_BYTES], why[WAITING_BYTES];
    terminal_style(terminal, verdict_style(record->state));
    terminal_say(terminal, "%s %" PRIu64 " %s", verdict_sign(record->state), record->number,
                 job_state_name(record->state));
    terminal_style(terminal, TERMINAL_PLAIN);
    terminal_say(terminal, "  %s", tell_script(client, id, script));
    say_times(record, terminal);
    say_counts(record, terminal);
    if (*record->text && record->state != JOB_SUCCEEDED && record->state != JOB_RUNNING)
        terminal_say(terminal, ": %s", record->text);
    if (*record->why && record->state != JOB_SUCCEEDED && record->state != JOB_CANCELLED)
        terminal_say(terminal, " (%s)", record->why);
    terminal_say(terminal, "  %s\n", id);
    if (record->state == JOB_QUEUED && *waiting_why(client, why))
        terminal_say(terminal, "  waiting: %s\n", why);
}

static json_t *manifest_of(const struct queue_record *record) {
    return record->result ? json_loadb(record->result, record->result_bytes, 0, NULL) : NULL;
}

void tell_kept(const struct queue_record *record, struct terminal *terminal) {
    json_auto_t *manifest = manifest_of(record);
    kept_say(manifest, NULL, terminal);
    limits_told_record(manifest, terminal);
}

void tell_logs(const struct queue_record *record, const char *word, struct terminal *terminal) {
    json_auto_t *manifest = manifest_of(record);
    kept_say_logs(manifest, word, terminal);
}
