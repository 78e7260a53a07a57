// SPDX-License-Identifier: Apache-2.0
// `quern cancel JOB...`: a job that waits ends at once, one that runs is told to.
#include "cli/client.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_client.h"

static int cancel(const struct command_line *line, const struct client *client, const char *word,
                  struct refusal *refusal) {
    char id[JOB_ID_BYTES];
    enum job_state state = JOB_CANCELLED;
    struct err err;
    struct terminal out;
    (void)line;
    TRY(client_find_job(client, word, id, refusal));
    int answer = queue_cancel(client->queue, id, &state, &err);
    if (answer < 0)
        return client_blame(client, &err, refusal);
    if (answer != QUEUE_OK)
        return client_no_job(client, word, refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (state == JOB_RUNNING)
        terminal_say(&out, "%s runs and is told to end; see it: quern wait %s\n", word, word);
    else if (state == JOB_CANCELLED)
        terminal_say(&out, "%s is cancelled\n", word);
    else
        terminal_say(&out, "%s had ended before: %s\n", word, job_state_name(state));
    return 0;
}

int verb_cancel(const struct command_line *line) { return client_each_job(line, cancel); }
