// SPDX-License-Identifier: Apache-2.0
// `quern rm JOB...`: nothing of an ended job is left.
#include "cli/client.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_client.h"

static int rm(const struct command_line *line, const struct client *client, const char *word, struct refusal *refusal) {
    char id[JOB_ID_BYTES];
    struct err err;
    struct terminal out;
    (void)line;
    TRY(client_find_job(client, word, id, refusal));
    int answer = queue_remove(client->queue, id, &err);
    if (answer < 0)
        return client_blame(client, &err, refusal);
    if (answer == QUEUE_NO_JOB)
        return client_no_job(client, word, refusal);
    if (answer == QUEUE_STATE) {
        refuse(refusal, REASON_USAGE, "job '%s' has not ended", word);
        refusal_advise(refusal, "end it first: quern cancel %s", word);
        return -1;
    }
    if (answer != QUEUE_OK)
        return refuse(refusal, REASON_INFRA, "job '%s': those that wait for it are still being told; again, please",
                      word);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "removed %s\n", word);
    return 0;
}

int verb_rm(const struct command_line *line) { return client_each_job(line, rm); }
