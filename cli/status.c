// SPDX-License-Identifier: Apache-2.0
// `quern status JOB...`: how it stands with jobs, one line each.
#include "cli/record_json.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "quern/queue_client.h"

static int tell(const struct command_line *line, const struct client *client, const char *word,
                struct refusal *refusal) {
    struct queue_record record;
    char id[JOB_ID_BYTES];
    struct terminal out;
    TRY(client_find_job(client, word, id, refusal));
    TRY(client_get(client, word, id, &record, refusal));
    int result = 0;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (command_given(line, "--json"))
        result = record_json_print(record_json(client, id, &record), false, refusal);
    else {
        tell_record(client, id, &record, &out);
        tell_kept(&record, &out);
    }
    queue_record_free(&record);
    return result;
}

int verb_status(const struct command_line *line) { return client_each_job(line, tell); }
