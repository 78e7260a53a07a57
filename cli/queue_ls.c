// SPDX-License-Identifier: Apache-2.0
// `quern queue ls`: the queues of a Redis, and how full each one is.
#include <inttypes.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/quantity.h"
#include "cli/record_json.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/own.h"
#include "quern/queue_operator.h"

enum { MOST_QUEUES = 1000 };

struct queues {
    char names[MOST_QUEUES][QUEUE_NAME_BYTES];
    size_t count;
    bool only; /* the one that -q names */
};

static json_t *as_json(const char *name, const struct queue_counts *counts) {
    json_t *object = json_pack("{s:i, s:s, s:b, s:I, s:I, s:I}", "schema", 1, "queue", name, "paused", counts->paused,
                               "oldest_ready_ms", (json_int_t)counts->oldest_ready_ms, "most_running",
                               (json_int_t)counts->settings[QUEUE_WIDTH], "most_waiting",
                               (json_int_t)counts->settings[QUEUE_MOST_WAITING]);
    for (enum job_state state = 0; object && state < JOB_STATE_COUNT; state++)
        json_object_set_new(object, job_state_name(state), json_integer((json_int_t)counts->jobs[state]));
    return object;
}

static void print_row(const char *name, const struct queue_counts *counts, struct terminal *out) {
    char oldest[QUANTITY_BYTES] = "-";
    if (counts->jobs[JOB_QUEUED])
        quantity_show_duration(counts->oldest_ready_ms * 1000, oldest);
    terminal_say(out, "%-20s", name);
    for (enum job_state state = JOB_BLOCKED; state <= JOB_CANCELLED; state++)
        terminal_say(out, " %9" PRIu64, counts->jobs[state]);
    terminal_say(out, "  %9s%s\n", oldest, counts->paused ? "  paused" : "");
}

static void print_heading(struct terminal *out) {
    terminal_style(out, TERMINAL_BOLD);
    terminal_say(out, "%-20s", "queue");
    for (enum job_state state = JOB_BLOCKED; state <= JOB_CANCELLED; state++)
        terminal_say(out, " %9s", job_state_name(state));
    terminal_say(out, "  %9s\n", "oldest");
    terminal_style(out, TERMINAL_PLAIN);
}

static int tell(const struct client *client, const char *name, bool json, struct terminal *out,
                struct refusal *refusal) {
    const struct queue_options options = {.url = client->url, .password_file = client->password_file, .name = name};
    struct queue *queue = NULL;
    struct queue_counts counts = {0};
    struct err err;
    int result = queue_open(&options, &queue, &err);
    if (result == 0)
        result = queue_count(queue, &counts, &err);
    queue_close(queue);
    if (result < 0)
        return client_blame(client, &err, refusal);
    if (json)
        return record_json_print(as_json(name, &counts), false, refusal);
    print_row(name, &counts, out);
    return 0;
}

static int list(const struct client *client, struct queues *queues, bool json, struct refusal *refusal) {
    struct err err;
    struct terminal out;
    if (queues->only)
        snprintf(queues->names[queues->count++], QUEUE_NAME_BYTES, "%s", client->name);
    else if (queue_all(client->queue, queues->names, MOST_QUEUES, &queues->count, &err) < 0)
        return client_blame(client, &err, refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    if (queues->count == 0)
        fprintf(stderr, "there are no queues yet\n");
    else if (!json)
        print_heading(&out);
    for (size_t i = 0; i < queues->count; i++)
        TRY(tell(client, queues->names[i], json, &out, refusal));
    return 0;
}

int verb_queue_ls(const struct command_line *line) {
    auto_free struct queues *queues = calloc(1, sizeof *queues);
    struct refusal refusal;
    struct client client;
    if (!queues) {
        refuse(&refusal, REASON_INFRA, "out of memory for a list of queues");
        return refusal_print(&refusal, stderr);
    }
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    queues->only = command_given(line, "--queue") != NULL;
    int result = list(&client, queues, command_given(line, "--json") != NULL, &refusal);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
