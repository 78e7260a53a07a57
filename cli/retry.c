// SPDX-License-Identifier: Apache-2.0
// `quern retry JOB...`: failed and cancelled jobs begin anew.
#include <inttypes.h>

#include "cli/client.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_client.h"

static int blame(const struct client *client, const char *word, int answer, const struct queue_receipt *receipt,
                 struct refusal *refusal) {
    switch (answer) {
    case QUEUE_NO_JOB:
        return client_no_job(client, word, refusal);
    case QUEUE_STATE:
        refuse(refusal, REASON_USAGE, "job '%s' has neither failed nor been cancelled", word);
        refusal_advise(refusal, "how it stands: quern status %s", word);
        return -1;
    case QUEUE_DUPLICATE:
        refuse(refusal, REASON_INFRA, "job '%s': the job '%s' has the same unique name and has not ended", word,
               receipt->other);
        refusal_advise(refusal, "wait for it: quern wait %s", receipt->other);
        return -1;
    case QUEUE_NO_DEPENDENCY:
        refuse(refusal, REASON_USAGE, "job '%s' waits for the job '%s', which did not come to what it must", word,
               receipt->other);
        refusal_advise(refusal, "that one first: quern retry %s", receipt->other);
        return -1;
    case QUEUE_FULL:
        return refuse(refusal, REASON_INFRA, "the queue '%s' is full: %" PRIu64 " of %" PRIu64 " jobs wait",
                      client->name, receipt->waiting, receipt->most);
    default:
        return refuse(refusal, REASON_INFRA, "job '%s': those that wait for it are still being told; again, please",
                      word);
    }
}

static int retry(const struct command_line *line, const struct client *client, const char *word,
                 struct refusal *refusal) {
    char id[JOB_ID_BYTES];
    struct queue_receipt receipt;
    struct err err;
    struct terminal out;
    (void)line;
    TRY(client_find_job(client, word, id, refusal));
    int answer = queue_retry(client->queue, id, &receipt, &err);
    if (answer < 0)
        return client_blame(client, &err, refusal);
    if (answer != QUEUE_OK)
        return blame(client, word, answer, &receipt, refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "%s is %s again\n", word, job_state_name(receipt.state));
    return 0;
}

int verb_retry(const struct command_line *line) { return client_each_job(line, retry); }
