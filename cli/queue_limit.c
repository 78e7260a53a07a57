// SPDX-License-Identifier: Apache-2.0
// `quern queue limit [QUEUE]`: how much of everything a queue takes and keeps.
#include "cli/client.h"
#include "cli/quantity.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_operator.h"

static const struct {
    enum flag_id flag;
    enum queue_setting setting;
} limits[] = {
    {FLAG_QUEUE_LIMIT_RUNNING, QUEUE_WIDTH},         {FLAG_QUEUE_LIMIT_WAITING, QUEUE_MOST_WAITING},
    {FLAG_QUEUE_LIMIT_INFRA, QUEUE_MOST_INFRA},      {FLAG_QUEUE_LIMIT_KEEP_DONE, QUEUE_DONE_MS},
    {FLAG_QUEUE_LIMIT_MOST_DONE, QUEUE_DONE_MOST},   {FLAG_QUEUE_LIMIT_KEEP_FAILED, QUEUE_DEAD_MS},
    {FLAG_QUEUE_LIMIT_MOST_FAILED, QUEUE_DEAD_MOST}, {FLAG_QUEUE_LIMIT_LOG, QUEUE_LOG_BYTES},
};

// Returns how many were set.
static int set_limits(const struct command_line *line, const struct client *client, struct refusal *refusal) {
    struct err err;
    int count = 0;
    for (size_t i = 0; i < line->given_count; i++)
        for (size_t j = 0; j < sizeof limits / sizeof *limits; j++) {
            if (line->given[i].flag != limits[j].flag)
                continue;
            if (queue_set(client->queue, limits[j].setting, line->given[i].number, &err) < 0)
                return client_blame(client, &err, refusal);
            count++;
        }
    return count;
}

static void say_bound(struct terminal *out, const char *what, uint64_t bound, const char *otherwise) {
    char text[QUANTITY_BYTES];
    terminal_say(out, "%-8s %s\n", what, bound ? quantity_show_count(bound, text) : otherwise);
}

static int tell(const struct client *client, struct refusal *refusal) {
    struct queue_counts counts;
    struct err err;
    struct terminal out;
    if (queue_count(client->queue, &counts, &err) < 0)
        return client_blame(client, &err, refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    say_bound(&out, "running", counts.width, "any number");
    say_bound(&out, "waiting", counts.most_waiting, "1,000,000");
    return 0;
}

int verb_queue_limit(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    if (client_open_operand(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = set_limits(line, &client, &refusal);
    if (result >= 0)
        result = tell(&client, &refusal);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
