// SPDX-License-Identifier: Apache-2.0
// `quern worker drain WORKER...`: it ends what it runs and takes no more; --undo takes that back. HOST stands for all workers
// HOST:0, HOST:1, ... of a host.
#include <string.h>

#include "cli/suggest.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/workers.h"
#include "quern/queue_operator.h"

static bool is_meant(const char *word, const char *name) {
    size_t bytes = strlen(word);
    return strncmp(word, name, bytes) == 0 && (name[bytes] == '\0' || name[bytes] == ':');
}

static int no_worker(const struct client *client, const struct workers *workers, const char *word,
                     struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, word);
    for (size_t i = 0; i < workers->count; i++)
        suggest_offer(&suggest, workers->list[i].name);
    refuse(refusal, REASON_NOT_FOUND, "there is no worker '%s' at the queue '%s'", word, client->name);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    refusal_advise(refusal, "list them: quern worker ls -q %s", client->name);
    return -1;
}

static int drain(const struct client *client, const struct workers *workers, const char *word, bool on,
                 struct refusal *refusal) {
    struct terminal out;
    struct err err;
    size_t meant = 0;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    for (size_t i = 0; i < workers->count; i++) {
        const char *name = workers->list[i].name;
        if (!is_meant(word, name))
            continue;
        int answer = queue_drain(client->queue, name, on, &err);
        if (answer < 0)
            return client_blame(client, &err, refusal);
        if (answer != QUEUE_OK)
            continue; // gone meanwhile
        meant++;
        terminal_say(&out, on ? "%s drains: it ends its job and takes no other\n" : "%s takes jobs again\n", name);
    }
    return meant ? 0 : no_worker(client, workers, word, refusal);
}

int verb_worker_drain(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    struct workers workers = {0};
    bool on = command_given(line, "--undo") == NULL;
    int first = 0;
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    if (workers_read(&client, &workers, &refusal) < 0)
        first = refusal_print(&refusal, stderr);
    for (size_t i = 0; i < line->operand_count && (first == 0 || workers.list); i++) {
        int code = drain(&client, &workers, line->operands[i], on, &refusal);
        code = code < 0 ? refusal_print(&refusal, stderr) : 0;
        first = first ? first : code;
    }
    workers_free(&workers);
    client_close(&client);
    return first;
}
