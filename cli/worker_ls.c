// SPDX-License-Identifier: Apache-2.0
// `quern worker ls`: who works for a queue, and who has fallen silent.
#include <stdlib.h>

#include "cli/record_json.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/workers.h"
#include "quern/own.h"
#include "quern/queue_operator.h"

static const char *state_of(const struct queue_worker *worker) {
    return !worker->alive ? "silent" : worker->draining ? "draining" : "there";
}

static json_t *as_json(const struct client *client, const struct queue_worker *worker) {
    return json_pack("{s:i, s:s, s:s, s:b, s:b, s:o}", "schema", 1, "queue", client->name, "worker", worker->name,
                     "alive", worker->alive, "draining", worker->draining, "info", record_json_text(worker->info));
}

static int print(const struct client *client, const struct workers *workers, bool json, struct refusal *refusal) {
    struct terminal out;
    uint32_t width = 6;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    for (size_t i = 0; i < workers->count; i++)
        width = text_width(workers->list[i].name) > width ? text_width(workers->list[i].name) : width;
    for (size_t i = 0; i < workers->count; i++) {
        const struct queue_worker *worker = &workers->list[i];
        if (json) {
            TRY(record_json_print(as_json(client, worker), false, refusal));
            continue;
        }
        terminal_say(&out, "%-*s  ", (int)width, worker->name);
        terminal_style(&out, worker->alive ? TERMINAL_GREEN : TERMINAL_RED);
        terminal_say(&out, "%-8s", state_of(worker));
        terminal_style(&out, TERMINAL_PLAIN);
        terminal_say(&out, "  %s\n", worker->info);
    }
    if (workers->count == 0)
        fprintf(stderr, "nobody works for the queue '%s': quern up --detach, or start quernd\n", client->name);
    return 0;
}

int verb_worker_ls(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    struct workers workers = {0};
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = workers_read(&client, &workers, &refusal);
    if (result == 0)
        result = print(&client, &workers, command_given(line, "--json") != NULL, &refusal);
    workers_free(&workers);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
