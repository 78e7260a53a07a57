// SPDX-License-Identifier: Apache-2.0
// `quern inspect JOB`: document, record and result in one JSON object.
#include <stdlib.h>

#include "cli/record_json.h"
#include "cli/verbs.h"
#include "quern/own.h"
#include "quern/queue_client.h"

// What is no JSON stands there as a text: nothing is left out.
static json_t *json_or_text(const char *text, size_t bytes) {
    json_t *value = text ? json_loadb(text, bytes, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL) : json_null();
    return value ? value : record_json_text(text);
}

static int print(const struct client *client, const char *word, const char *id, struct queue_record *record,
                 struct refusal *refusal) {
    auto_free char *document = NULL;
    size_t bytes = 0;
    struct err err;
    int answer = queue_document(client->queue, id, &document, &bytes, &err);
    if (answer < 0)
        return client_blame(client, &err, refusal);
    if (answer != QUEUE_OK)
        return client_no_job(client, word, refusal);
    json_t *object = record_json(client, id, record);
    if (object) {
        json_object_set_new(object, "document", json_or_text(document, bytes));
        json_object_set_new(object, "result", json_or_text(record->result, record->result_bytes));
    }
    return record_json_print(object, true, refusal);
}

static int inspect(const struct command_line *line, const struct client *client, const char *word,
                   struct refusal *refusal) {
    struct queue_record record;
    char id[JOB_ID_BYTES];
    (void)line;
    TRY(client_find_job(client, word, id, refusal));
    TRY(client_get(client, word, id, &record, refusal));
    int result = print(client, word, id, &record, refusal);
    queue_record_free(&record);
    return result;
}

int verb_inspect(const struct command_line *line) { return client_each_job(line, inspect); }
