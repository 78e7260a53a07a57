// SPDX-License-Identifier: Apache-2.0
// `quern logs [-f] JOB`: what a job wrote, its stdout on ours, its stderr on ours.
#include "cli/follow.h"
#include "cli/verbs.h"
#include "quern/clock.h"

enum { CODE_INTERRUPTED = 130 };

static int print(const struct command_line *line, const struct client *client, const struct interrupts *interrupts,
                 struct refusal *refusal) {
    bool live = command_given(line, "--follow") != NULL;
    const struct follow_options options = {
        .output = true, .only_what_is = !live, .deadline_ns = CLOCK_NEVER, .interrupts = interrupts};
    char id[JOB_ID_BYTES];
    TRY(client_find_job(client, line->operands[0], id, refusal));
    int end = follow(client, line->operands[0], id, &options, refusal);
    if (end == FOLLOW_INTERRUPTED)
        fprintf(stderr, "left the log of %s; the job is as it was\n", id);
    return end == FOLLOW_INTERRUPTED ? CODE_INTERRUPTED : end < 0 ? -1 : 0;
}

int verb_logs(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    struct interrupts interrupts;
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int code = interrupts_open(&interrupts, &refusal);
    if (code == 0) {
        code = print(line, &client, &interrupts, &refusal);
        interrupts_close(&interrupts);
    }
    client_close(&client);
    return code < 0 ? refusal_print(&refusal, stderr) : code;
}
