// SPDX-License-Identifier: Apache-2.0
#include "cli/record_json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/verdict.h"
#include "quern/json_text.h"
#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/utf8.h"

json_t *record_json_text(const char *text) {
    size_t bytes = strlen(text), used = 0;
    if (utf8_ok(text, bytes))
        return json_stringn(text, bytes);
    auto_free char *shown = malloc(4 * bytes + 1);
    if (!shown)
        return NULL;
    for (size_t at = 0; at < bytes;) {
        size_t length = utf8_next(text + at, bytes - at);
        if (length)
            memcpy(shown + used, text + at, length);
        else
            snprintf(shown + used, 5, "\\x%02x", (unsigned char)text[at]);
        used += length ? length : 4;
        at += length ? length : 1;
    }
    return json_stringn(shown, used);
}

static json_t *moment(uint64_t unix_ms) {
    char text[48];
    struct tm tm;
    time_t seconds = (time_t)(unix_ms / 1000);
    if (!unix_ms || !gmtime_r(&seconds, &tm))
        return json_null();
    size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + used, sizeof text - used, ".%03uZ", (unsigned)(unix_ms % 1000));
    return json_string(text);
}

static json_t *text_or_null(const char *text) { return text && *text ? record_json_text(text) : json_null(); }

static json_t *code(enum job_state state, const char *why) {
    return verdict_ended(state) ? json_integer(verdict_code(state, why)) : json_null();
}

static json_t *count(uint64_t value) { return json_integer((json_int_t)value); }

// A list of the manifest; empty while there is none.
static json_t *list_of(const json_t *manifest, const char *name) {
    json_t *list = json_object_get(manifest, name);
    return list ? json_incref(list) : json_array();
}

// Likewise, one of its objects.
static void put_object(json_t *object, const json_t *manifest, const char *name) {
    json_t *member = json_object_get(manifest, name);
    json_object_set_new(object, name, member ? json_incref(member) : json_object());
}

json_t *record_json(const struct client *client, const char *id, const struct queue_record *record) {
    json_auto_t *manifest = record->result ? json_loadb(record->result, record->result_bytes, 0, NULL) : NULL;
    json_t *object = json_pack(
        "{s:i, s:s, s:s, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, "
        "s:o, "
        "s:o, s:o, s:o}",
        "schema", 1, "queue", client->name, "id", id, "number", count(record->number), "state",
        job_state_name(record->state), "cancelling", record->cancelling, "exit_code", code(record->state, record->why),
        "reason", text_or_null(record->why), "message", text_or_null(record->text), "priority", count(record->priority),
        "attempts", count(record->attempts), "retries", count(record->retries), "crashes", count(record->crashes),
        "infra", count(record->infra), "submitted", moment(record->submitted_unix_ms), "due",
        moment(record->due_unix_ms), "started", moment(record->started_unix_ms), "ended", moment(record->ended_unix_ms),
        "worker", text_or_null(record->worker), "progress", text_or_null(record->progress), "signed", record->is_signed,
        "metrics", list_of(manifest, "metrics"), "files", list_of(manifest, "files"), "written",
        list_of(manifest, "written"), "warnings", list_of(manifest, "warnings"));
    put_object(object, manifest, "environment");
    put_object(object, manifest, "jail");
    put_object(object, manifest, "usage");
    put_object(object, manifest, "limits");
    put_object(object, manifest, "limits_from");
    return object;
}

json_t *record_json_row(const struct client *client, enum job_state state, const struct queue_row *row) {
    return json_pack("{s:i, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", 1, "queue",
                     client->name, "id", row->id, "number", count(row->number), "state", job_state_name(state),
                     "exit_code", code(state, row->why), "reason", text_or_null(row->why), "priority",
                     count(row->priority), "attempts", count(row->attempts), "submitted",
                     moment(row->submitted_unix_ms), "started", moment(row->started_unix_ms), "ended",
                     moment(row->ended_unix_ms), "worker", text_or_null(row->worker));
}

int record_json_print(json_t *object, bool indented, struct refusal *refusal) {
    auto_free char *text =
        object ? json_text(object, indented ? JSON_INDENT(2) | JSON_ENSURE_ASCII : JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text)
        return refuse(refusal, REASON_INFRA, "out of memory for a job as JSON");
    puts(text);
    return 0;
}
