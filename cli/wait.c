// SPDX-License-Identifier: Apache-2.0
// `quern wait JOB...`: ends when all of them have ended, however they did; the first one that did not succeed gives the
// exit code.
#include "cli/follow.h"
#include "cli/tell.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "quern/clock.h"
#include "quern/queue_client.h"

static int wait_for(const struct client *client, const char *word, uint64_t deadline_ns, struct refusal *refusal) {
    const struct follow_options options = {.deadline_ns = deadline_ns};
    struct queue_record record;
    struct terminal notes;
    char id[JOB_ID_BYTES];
    TRY(client_find_job(client, word, id, refusal));
    int end = follow(client, word, id, &options, refusal);
    TRY(end);
    TRY(client_get(client, word, id, &record, refusal));
    int code = end == FOLLOW_TIMEOUT ? refusal_code(REASON_LIMIT_TIME) : verdict_code(record.state, record.why);
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    if (code)
        tell_record(client, id, &record, &notes);
    queue_record_free(&record);
    return code;
}

int verb_wait(const struct command_line *line) {
    const struct given *timeout = command_given(line, "--timeout");
    uint64_t deadline_ns = timeout ? clock_deadline_ns(timeout->number) : CLOCK_NEVER;
    struct refusal refusal;
    struct client client;
    int first = 0;
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    for (size_t i = 0; i < line->operand_count; i++) {
        int code = wait_for(&client, line->operands[i], deadline_ns, &refusal);
        if (code < 0)
            code = refusal_print(&refusal, stderr);
        first = first ? first : code;
    }
    client_close(&client);
    return first;
}
