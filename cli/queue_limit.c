// SPDX-License-Identifier: Apache-2.0
// `quern queue limit [QUEUE]`: how much of everything a queue takes and keeps.
#include "cli/client.h"
#include "cli/quantity.h"
#include "cli/queues.h"
#include "cli/record_json.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/queue_operator.h"

enum unit { COUNT, MILLISECONDS, BYTES };

static const struct {
    enum flag_id flag;
    enum queue_setting setting;
    enum unit unit;
    const char *what, *field;
} limits[] = {
    {FLAG_QUEUE_LIMIT_RUNNING, QUEUE_WIDTH, COUNT, "running", "running"},
    {FLAG_QUEUE_LIMIT_WAITING, QUEUE_MOST_WAITING, COUNT, "waiting", "waiting"},
    {FLAG_QUEUE_LIMIT_INFRA, QUEUE_MOST_INFRA, COUNT, "infra", "infra"},
    {FLAG_QUEUE_LIMIT_KEEP_DONE, QUEUE_DONE_MS, MILLISECONDS, "keep-done", "keep_done_ms"},
    {FLAG_QUEUE_LIMIT_MOST_DONE, QUEUE_DONE_MOST, COUNT, "most-done", "most_done"},
    {FLAG_QUEUE_LIMIT_KEEP_FAILED, QUEUE_DEAD_MS, MILLISECONDS, "keep-failed", "keep_failed_ms"},
    {FLAG_QUEUE_LIMIT_MOST_FAILED, QUEUE_DEAD_MOST, COUNT, "most-failed", "most_failed"},
    {FLAG_QUEUE_LIMIT_LOG, QUEUE_LOG_BYTES, BYTES, "log", "log_bytes"},
};

enum { LIMITS = sizeof limits / sizeof *limits };

static int set_limits(const struct command_line *line, const struct client *client, struct refusal *refusal) {
    struct err err;
    for (size_t i = 0; i < line->given_count; i++)
        for (size_t j = 0; j < LIMITS; j++)
            if (line->given[i].flag == limits[j].flag &&
                queue_set(client->queue, limits[j].setting, line->given[i].number, &err) < 0)
                return client_blame(client, &err, refusal);
    return 0;
}

static const char *show(enum unit unit, uint64_t value, char text[QUANTITY_BYTES]) {
    if (unit == MILLISECONDS)
        return quantity_show_duration(value * 1000, text);
    return unit == BYTES ? quantity_show_bytes(value, text) : quantity_show_count(value, text);
}

static int tell_json(const struct client *client, const uint64_t *values, struct refusal *refusal) {
    json_t *object = json_pack("{s:i, s:s}", "schema", 1, "queue", client->name);
    for (size_t i = 0; object && i < LIMITS; i++)
        json_object_set_new(object, limits[i].field, values[i] ? json_integer((json_int_t)values[i]) : json_null());
    return record_json_print(object, false, refusal);
}

static int tell(const struct client *client, bool json, struct refusal *refusal) {
    uint64_t values[LIMITS];
    char text[QUANTITY_BYTES];
    struct queue_counts counts;
    struct err err;
    struct terminal out;
    if (queue_count(client->queue, &counts, &err) < 0)
        return client_blame(client, &err, refusal);
    for (size_t i = 0; i < LIMITS; i++) {
        uint64_t set = counts.settings[limits[i].setting];
        values[i] = set ? set : queue_setting_default(limits[i].setting);
    }
    if (json)
        return tell_json(client, values, refusal);
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    for (size_t i = 0; i < LIMITS; i++)
        terminal_say(&out, "%-12s %s\n", limits[i].what,
                     values[i] ? show(limits[i].unit, values[i], text) : "any number");
    return 0;
}

int verb_queue_limit(const struct command_line *line) {
    struct refusal refusal;
    struct client client;
    if (client_open_operand(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = queues_check(&client, &refusal);
    if (result == 0)
        result = set_limits(line, &client, &refusal);
    if (result == 0)
        result = tell(&client, command_given(line, "--json") != NULL, &refusal);
    client_close(&client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
