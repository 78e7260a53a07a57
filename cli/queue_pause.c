// SPDX-License-Identifier: Apache-2.0
// `quern queue pause|resume [QUEUE]`: whether its workers take jobs.
#include "cli/client.h"
#include "cli/queues.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_operator.h"

static int set(const struct command_line *line, bool paused) {
    struct refusal refusal;
    struct client client;
    struct err err;
    struct terminal out;
    if (client_open_operand(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = queues_check(&client, &refusal);
    if (result == 0 && queue_pause(client.queue, paused, &err) < 0)
        result = client_blame(&client, &err, &refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (result >= 0 && paused)
        terminal_say(&out, "the queue '%s' is paused: running jobs go on, no other begins\n", client.name);
    else if (result >= 0)
        terminal_say(&out, "the queue '%s' goes on\n", client.name);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}

int verb_queue_pause(const struct command_line *line) { return set(line, true); }
int verb_queue_resume(const struct command_line *line) { return set(line, false); }
