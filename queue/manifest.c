// SPDX-License-Identifier: Apache-2.0
// The result manifest. schemas/manifest.schema.json describes it; tests/e2e/test_manifest_schema.py holds the two together.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "manifest_error.h"
#include "quern/job.h"
#include "quern/json_text.h"
#include "quern/own.h"
#include "quern/utf8.h"

enum { TEXT_BYTES = 2048, WARNINGS = 32 };

// A member that cannot be made, for want of memory, unmakes the whole: *object becomes NULL and stays so.
static void put(json_t **object, const char *name, json_t *value) {
    if (json_object_set_new(*object, name, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

// No text but that of `error` is longer than TEXT_BYTES. Bytes that are no UTF-8 stand as \xNN: a manifest never fails for a text.
static json_t *text_within(const char *text, size_t bytes) {
    size_t used = 0;
    auto_free char *escaped = malloc(4 * bytes + 1);
    if (!escaped)
        return NULL;
    for (size_t at = 0; at < bytes;) {
        size_t length = utf8_next(text + at, bytes - at);
        if (length == 0)
            used += (size_t)snprintf(escaped + used, 5, "\\x%02x", (unsigned char)text[at]);
        memcpy(escaped + used, text + at, length);
        used += length;
        at += length ? length : 1;
    }
    return json_stringn(escaped, used);
}

static json_t *text_of(const char *text, size_t max) {
    return text_within(text, strnlen(text, max < TEXT_BYTES ? max : TEXT_BYTES));
}

#define TEXT_OF(array) text_of((array), sizeof(array))

static json_t *text_or_null(const char *text, size_t max) { return *text ? text_of(text, max) : json_null(); }

static json_t *count_of(uint64_t count) { return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count); }

static json_t *known_or_null(uint64_t count) { return count == MANIFEST_UNKNOWN ? json_null() : count_of(count); }

static json_t *ms_of(uint64_t us) { return json_real((double)us / 1000.0); }

/* ---- why it failed ---- */

static json_t *error_of(const struct manifest *manifest) {
    char word[REASON_WORD_BYTES], code[16], message[MANIFEST_ERROR_BYTES];
    uint32_t number = manifest_error_number(manifest);
    err_word(&manifest->err, word);
    snprintf(code, sizeof code, "%04u", number);
    manifest_error_message(manifest, message);
    json_t *entry = json_object(), *details = json_array(), *error = json_object();
    put(&entry, "code", json_string(number ? code : word));
    put(&entry, "target", json_string("Execute Python Script"));
    put(&entry, "message", text_within(message, strlen(message)));
    put(&error, "code", json_string("ModuleExecutionError"));
    put(&error, "message", json_string("Module execution encountered an error."));
    bool appended = json_array_append_new(details, entry) == 0;
    put(&error, "details", appended ? json_incref(details) : NULL);
    json_decref(details);
    return error;
}

static json_t *exception_of(const struct manifest *manifest) {
    if (!manifest_raised(manifest))
        return json_null();
    json_t *object = json_object();
    put(&object, "type", TEXT_OF(manifest->exception));
    put(&object, "message", TEXT_OF(manifest->err.msg));
    put(&object, "line", manifest->line ? json_integer(manifest->line) : json_null());
    return object;
}

static void put_outcome(json_t **object, const struct manifest *manifest) {
    char word[REASON_WORD_BYTES], message[ERR_MSG_BYTES + HOST_NAME_BYTES + 4];
    bool reasoned = manifest->err.reason != REASON_NONE;
    err_word(&manifest->err, word);
    manifest_message(manifest, message, sizeof message);
    put(object, "schema", json_integer(JOB_SCHEMA));
    put(object, "id", TEXT_OF(manifest->id));
    put(object, "state", json_string(job_state_name((enum job_state)manifest->state)));
    put(object, "reason", reasoned ? json_string(word) : json_null());
    put(object, "message", reasoned ? TEXT_OF(message) : json_null());
    if (manifest->state == JOB_FAILED)
        put(object, "error", error_of(manifest));
    put(object, "exit_code", json_integer(err_exit_code(&manifest->err)));
    put(object, "exception", exception_of(manifest));
}

/* ---- what went in and came out ---- */

static json_t *environment_of(const struct manifest *manifest) {
    json_t *object = json_object();
    put(&object, "name", TEXT_OF(manifest->environment));
    put(&object, "python", text_or_null(manifest->python, sizeof manifest->python));
    put(&object, "pandas", text_or_null(manifest->pandas, sizeof manifest->pandas));
    put(&object, "network",
        *manifest->python ? json_string(manifest->jail.network_open ? "open" : "denied") : json_null());
    return object;
}

// Step complete writes the record: it cannot tell how long it took.
static json_t *steps_of(const struct manifest *manifest) {
    json_t *object = json_object();
    for (int step = 0; step < STEP_COMPLETE; step++) {
        json_t *entry = json_object();
        put(&entry, "ms", ms_of(manifest->step_us[step]));
        put(&object, step_name((enum step)step), entry);
    }
    return object;
}

static void append(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

static json_t *column_of(const struct manifest_column *column) {
    json_t *object = json_object();
    put(&object, "name", TEXT_OF(column->name));
    put(&object, "type", json_string(column->type));
    put(&object, "treatment", json_string(column->treatment));
    put(&object, "bytes", count_of(column->bytes));
    put(&object, "why", json_string(column->why));
    return object;
}

static json_t *columns_of(const struct manifest_input *input) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < input->listed_count; i++)
        append(&list, column_of(&input->listed[i]));
    return list;
}

static json_t *input_of(const struct manifest_input *input) {
    json_t *object = json_object();
    put(&object, "port", json_integer(input->port));
    put(&object, "name", TEXT_OF(input->name));
    put(&object, "version", TEXT_OF(input->version));
    put(&object, "kind", json_string(object_word(input->kind)));
    put(&object, "rows", count_of(input->rows));
    put(&object, "columns", count_of(input->columns));
    put(&object, "segment_bytes", count_of(input->segment_bytes));
    put(&object, "cached", json_boolean(input->cached));
    put(&object, "column_report", columns_of(input));
    put(&object, "columns_left", count_of(input->columns - input->listed_count));
    return object;
}

static json_t *output_of(const struct manifest_output *output) {
    json_t *object = json_object();
    put(&object, "port", TEXT_OF(output->port));
    put(&object, "key", text_or_null(output->key, sizeof output->key));
    put(&object, "version", text_or_null(output->version, sizeof output->version));
    put(&object, "kind", json_string(object_word(output->kind)));
    put(&object, "content_type", json_string(object_content_type(output->kind, output->key)));
    put(&object, "rows", count_of(output->rows));
    put(&object, "columns", count_of(output->columns));
    put(&object, "segment_bytes", count_of(output->segment_bytes));
    put(&object, "bytes", count_of(output->bytes));
    return object;
}

static json_t *file_of(const struct manifest_file *file) {
    json_t *object = json_object();
    if (file->name[0])
        put(&object, "name", TEXT_OF(file->name));
    put(&object, "key", text_or_null(file->key, sizeof file->key));
    put(&object, "version", text_or_null(file->version, sizeof file->version));
    put(&object, "bytes", count_of(file->bytes));
    return object;
}

static json_t *files_of(const struct manifest_file *files, uint32_t count) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++)
        append(&list, file_of(&files[i]));
    return list;
}

static json_t *metrics_of(const struct manifest *manifest) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < manifest->metric_count; i++) {
        json_t *object = json_object();
        put(&object, "name", text_of(manifest->metrics[i].name, TEXT_BYTES));
        put(&object, "value", json_loads(manifest->metrics[i].value, JSON_DECODE_ANY, NULL));
        append(&list, object);
    }
    return list;
}

static void put_kept(json_t **object, const struct manifest *manifest) {
    put(object, "files", files_of(manifest->files, manifest->file_count));
    put(object, "files_left", json_integer(0));
    put(object, "written", files_of(manifest->written, manifest->written_count));
    put(object, "metrics", metrics_of(manifest));
    put(object, "metrics_left", json_integer(0));
}

static void put_tables(json_t **object, const struct manifest *manifest) {
    json_t *inputs = json_array(), *outputs = json_array(), *pictures = json_object();
    for (uint32_t i = 0; i < manifest->input_count && i < HOST_MAX_PORTS; i++)
        append(&inputs, input_of(&manifest->inputs[i]));
    for (uint32_t i = 0; i < manifest->output_count && i < MANIFEST_MAX_OUTPUTS; i++)
        append(&outputs, output_of(&manifest->outputs[i]));
    put(&pictures, "count", json_integer(manifest->pictures));
    put(&pictures, "width", json_integer(manifest->picture_width));
    put(&pictures, "height", json_integer(manifest->picture_height));
    put(object, "inputs", inputs);
    put(object, "outputs", outputs);
    put(object, "pictures", pictures);
}

static json_t *stream_of(uint64_t bytes, bool truncated) {
    json_t *object = json_object();
    put(&object, "bytes", count_of(bytes));
    put(&object, "truncated", json_boolean(truncated));
    return object;
}

static void put_words(json_t **object, const struct manifest *manifest) {
    uint32_t kept = manifest->warning_count < WARNINGS ? manifest->warning_count : WARNINGS;
    json_t *warnings = json_array();
    for (uint32_t i = 0; i < kept; i++)
        append(&warnings, TEXT_OF(manifest->warnings[i]));
    put(object, "stdout", stream_of(manifest->stdout_bytes, manifest->stdout_truncated));
    put(object, "stderr", stream_of(manifest->stderr_bytes, manifest->stderr_truncated));
    put(object, "warnings", warnings);
    put(object, "warnings_left", json_integer(manifest->warning_count - kept));
}

/* ---- where it ran, and what it took ---- */

static json_t *jail_of(const struct jail_facts *facts) {
    json_t *object = json_object();
    put(&object, "level", json_string(jail_level_name((enum jail_level)facts->level)));
    put(&object, "user_namespace", json_boolean(facts->user_ns));
    put(&object, "mount_namespace", json_boolean(facts->mount_ns));
    put(&object, "pid_namespace", json_boolean(facts->pid_ns));
    put(&object, "network_namespace", json_boolean(facts->net_ns));
    put(&object, "ipc_namespace", json_boolean(facts->ipc_ns));
    put(&object, "own_uid", json_boolean(facts->own_uid));
    put(&object, "landlock_abi", json_integer(facts->landlock_abi));
    put(&object, "seccomp", json_boolean(facts->seccomp));
    put(&object, "bound", json_string(jail_bound_name((enum jail_bound)facts->bound)));
    return object;
}

static json_t *limits_of(const struct job_limits *limits) {
    json_t *object = json_object();
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++)
        if (limits_get(limits, row))
            put(&object, limits_table[row].name, count_of(limits_get(limits, row)));
    put(&object, "mapped_bytes", count_of(limits->jail.mapped_bytes));
    return object;
}

static json_t *origins_of(const struct manifest *manifest) {
    json_t *object = json_object();
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++)
        if (limits_get(&manifest->limits, row) && manifest->limit_origins[row] != LIMIT_USUAL)
            put(&object, limits_table[row].name, json_string(limit_origin_word(manifest->limit_origins[row])));
    return object;
}

static json_t *usage_of(const struct manifest *manifest) {
    json_t *object = json_object();
    put(&object, "user_ms", ms_of(manifest->user_us));
    put(&object, "system_ms", ms_of(manifest->system_us));
    put(&object, "peak_rss_bytes", count_of(manifest->peak_rss_bytes));
    put(&object, "peak_bytes", known_or_null(manifest->peak_bytes));
    put(&object, "private_dirty_bytes", known_or_null(manifest->private_dirty_bytes));
    put(&object, "copied_on_write_bytes", known_or_null(manifest->copied_on_write_bytes));
    return object;
}

// RFC 3339, UTC, microseconds.
static json_t *moment_of(uint64_t unix_us) {
    char day[32], text[48];
    time_t seconds = (time_t)(unix_us / 1000000);
    struct tm broken;
    if (!gmtime_r(&seconds, &broken) || strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &broken) == 0)
        return json_null();
    snprintf(text, sizeof text, "%s.%06uZ", day, (unsigned)(unix_us % 1000000));
    return json_string(text);
}

static json_t *object_of(const struct manifest *manifest) {
    json_t *object = json_object();
    put_outcome(&object, manifest);
    put(&object, "started", moment_of(manifest->started_unix_us));
    put(&object, "dialect", json_string(job_dialect_name(manifest->dialect)));
    put(&object, "strict", json_boolean(manifest->strict));
    put(&object, "environment", environment_of(manifest));
    put(&object, "steps", steps_of(manifest));
    put_tables(&object, manifest);
    put_kept(&object, manifest);
    put(&object, "jail", jail_of(&manifest->jail));
    put(&object, "limits", limits_of(&manifest->limits));
    put(&object, "limits_from", origins_of(manifest));
    put(&object, "usage", usage_of(manifest));
    put_words(&object, manifest);
    return object;
}

static int print(const json_t *object, char **ret_json, size_t *ret_bytes, struct err *err) {
    auto_free char *text = object ? json_text(object, JSON_INDENT(2)) : NULL;
    char *json = NULL;
    int bytes = text ? asprintf(&json, "%s\n", text) : -1;
    if (bytes < 0)
        return err_set(err, REASON_INFRA, "out of memory for a result manifest");
    *ret_bytes = (size_t)bytes;
    *ret_json = json;
    return 0;
}

int manifest_encode(const struct manifest *manifest, char **ret_json, size_t *ret_bytes, struct err *err) {
    json_auto_t *object = object_of(manifest);
    return print(object, ret_json, ret_bytes, err);
}

static void leave_columns_out(json_t *object) {
    size_t i;
    json_t *input;
    json_array_foreach(json_object_get(object, "inputs"), i, input) {
        json_array_clear(json_object_get(input, "column_report"));
        json_object_set(input, "columns_left", json_object_get(input, "columns"));
    }
}

static void leave_out(json_t *object, const char *list, const char *counter) {
    json_t *items = json_object_get(object, list), *left = json_object_get(object, counter);
    json_integer_set(left, json_integer_value(left) + (json_int_t)json_array_size(items));
    json_array_clear(items);
}

static void leave_warnings_out(json_t *object) { leave_out(object, "warnings", "warnings_left"); }

// What stands last is what a training has come to.
static void leave_old_metrics_out(json_t *object) {
    json_auto_t *last = json_object(), *kept = json_array();
    size_t i;
    json_t *metric, *metrics = json_object_get(object, "metrics"), *left = json_object_get(object, "metrics_left");
    json_array_foreach(metrics, i, metric)
        json_object_set(last, json_string_value(json_object_get(metric, "name")), metric);
    json_array_foreach(metrics, i,
                       metric) if (json_object_get(last, json_string_value(json_object_get(metric, "name"))) == metric)
        json_array_append(kept, metric);
    json_integer_set(left, (json_int_t)(json_array_size(metrics) - json_array_size(kept)));
    json_object_set(object, "metrics", kept);
}

static void leave_metrics_out(json_t *object) { leave_out(object, "metrics", "metrics_left"); }

static void leave_files_out(json_t *object) { leave_out(object, "files", "files_left"); }

int manifest_encode_brief(const struct manifest *manifest, size_t most, char **ret_json, size_t *ret_bytes,
                          struct err *err) {
    static void (*const shorten[])(json_t * object) = {leave_columns_out, leave_warnings_out, leave_old_metrics_out,
                                                       leave_metrics_out, leave_files_out};
    json_auto_t *object = object_of(manifest);
    for (size_t i = 0;; i++) {
        auto_free char *json = NULL;
        size_t bytes = 0;
        TRY(print(object, &json, &bytes, err));
        if (bytes <= most) {
            *ret_json = steal_ptr(&json);
            *ret_bytes = bytes;
            return 0;
        }
        if (i == sizeof shorten / sizeof *shorten)
            return err_set(err, REASON_LIMIT_OUTPUT, "manifest: expected at most %zu bytes, found %zu", most, bytes);
        shorten[i](object);
    }
}

const char *const manifest_files[] = {"dataset1.arrow", "dataset2.arrow", "visualization.png", "visualization.json",
                                      "stdout.txt",     "stderr.txt",     "job.json",          NULL};

void manifest_done(struct manifest *manifest) {
    for (uint32_t i = 0; i < HOST_MAX_PORTS; i++) {
        free(manifest->inputs[i].listed);
        manifest->inputs[i].listed = NULL;
        manifest->inputs[i].listed_count = 0;
    }
    for (uint32_t i = 0; i < manifest->metric_count; i++) {
        free(manifest->metrics[i].name);
        free(manifest->metrics[i].value);
    }
    free(manifest->metrics);
    free(manifest->files);
    free(manifest->written);
    manifest->metrics = NULL;
    manifest->files = manifest->written = NULL;
    manifest->metric_count = manifest->file_count = manifest->written_count = 0;
}
