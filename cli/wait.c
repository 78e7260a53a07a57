// SPDX-License-Identifier: Apache-2.0
// `quern wait JOB...`: ends when all of them have ended, however they did; the first one that did not succeed gives the
// exit code.
#include "cli/follow.h"
#include "cli/record_json.h"
#include "cli/tell.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "quern/clock.h"
#include "quern/queue_client.h"

static int tell(const struct client *client, const char *id, const struct queue_record *record, bool json, int code,
                struct refusal *refusal) {
    struct terminal notes;
    if (json)
        return record_json_print(record_json(client, id, record), false, refusal);
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    if (code)
        tell_record(client, id, record, &notes);
    return 0;
}

static int wait_for(const struct client *client, const char *word, uint64_t deadline_ns, bool json,
                    struct refusal *refusal) {
    const struct follow_options options = {.deadline_ns = deadline_ns};
    struct queue_record record;
    char id[JOB_ID_BYTES];
    TRY(client_find_job(client, word, id, refusal));
    int end = follow(client, word, id, &options, refusal);
    TRY(end);
    TRY(client_get(client, word, id, &record, refusal));
    int code = end == FOLLOW_TIMEOUT ? refusal_code(REASON_LIMIT_TIME) : verdict_code(record.state, record.why);
    int told = tell(client, id, &record, json, code, refusal);
    queue_record_free(&record);
    return told < 0 ? -1 : code;
}

int verb_wait(const struct command_line *line) {
    const struct given *timeout = command_given(line, "--timeout");
    uint64_t deadline_ns = timeout ? clock_deadline_ns(timeout->number) : CLOCK_NEVER;
    bool json = command_given(line, "--json") != NULL;
    struct refusal refusal;
    struct client client;
    int first = 0;
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    for (size_t i = 0; i < line->operand_count; i++) {
        int code = wait_for(&client, line->operands[i], deadline_ns, json, &refusal);
        if (code < 0)
            code = refusal_print(&refusal, stderr);
        first = first ? first : code;
    }
    client_close(&client);
    return first;
}
