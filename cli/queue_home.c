// SPDX-License-Identifier: Apache-2.0
// `quern queue home [QUEUE]`: what clients and workers of a queue agree on: its store and its environments.
#include <string.h>

#include "cli/client.h"
#include "cli/environments.h"
#include "cli/record_json.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_server.h"

static int check_environments(const char *list, struct refusal *refusal) {
    char text[QUEUE_TEXT_BYTES], *rest = text;
    if (strlen(list) >= sizeof text)
        return refuse(refusal, REASON_USAGE, "--environments: expected at most %zu bytes", sizeof text - 1);
    memcpy(text, list, strlen(list) + 1);
    for (char *name; (name = strsep(&rest, ","));)
        TRY(environments_check_name("--environments", name, refusal));
    return 0;
}

// A store's URL is checked by opening it: nothing is sent.
static int check_store(const char *url, struct refusal *refusal) {
    struct store store = {.url = NULL};
    struct refusal why;
    if (strlen(url) >= QUEUE_TEXT_BYTES)
        return refuse(refusal, REASON_USAGE, "--store: expected a URL of at most %d bytes", QUEUE_TEXT_BYTES - 1);
    if (store_connect(url, &store, &why) < 0)
        return refuse(refusal, REASON_USAGE, "--store: %s", why.err.msg);
    store_close(&store);
    return 0;
}

static int change(const struct command_line *line, struct queue_home *home, bool *ret_changed,
                  struct refusal *refusal) {
    const struct given *store = command_given(line, "--store"), *names = command_given(line, "--environments");
    if (store)
        TRY(check_store(store->value, refusal));
    if (names)
        TRY(check_environments(names->value, refusal));
    if (store)
        snprintf(home->store, sizeof home->store, "%s", store->value);
    if (names)
        snprintf(home->environments, sizeof home->environments, "%s", names->value);
    *ret_changed = store || names;
    return 0;
}

static int tell_json(const struct client *client, const struct queue_home *home, struct refusal *refusal) {
    char text[QUEUE_TEXT_BYTES], *rest = *home->environments ? text : NULL;
    json_t *names = json_array();
    snprintf(text, sizeof text, "%s", home->environments);
    for (char *name; (name = strsep(&rest, ","));)
        json_array_append_new(names, record_json_text(name));
    return record_json_print(json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "queue", client->name, "store",
                                       *home->store ? record_json_text(home->store) : json_null(), "environments",
                                       names),
                             false, refusal);
}

static int home(const struct command_line *line, const struct client *client, struct refusal *refusal) {
    struct queue_home home;
    struct err err;
    struct terminal out;
    bool changed = false;
    if (queue_get_home(client->queue, &home, &err) < 0)
        return client_blame(client, &err, refusal);
    TRY(change(line, &home, &changed, refusal));
    if (changed && queue_set_home(client->queue, &home, &err) < 0)
        return client_blame(client, &err, refusal);
    if (command_given(line, "--json"))
        return tell_json(client, &home, refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    terminal_say(&out, "store         %s\nenvironments  %s\n", *home.store ? home.store : "not said yet",
                 *home.environments ? home.environments : "not said yet");
    return 0;
}

int verb_queue_home(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    if (client_open_operand(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = home(line, &client, &refusal);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
