// SPDX-License-Identifier: Apache-2.0
// The job document as a table. schemas/job.schema.json says the same for others; tests/e2e/test_job_schema.py holds the
// two together.
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "quern/job.h"
#include "quern/own.h"
#include "quern/storage.h"
#include "quern/utf8.h"

#define BYTES_MAX (1ull << 50)

enum { NAME_BYTES = 255, PATH_BYTES = 4095 };

struct document {
    uint32_t schema;
    struct job job;
};

/* ---- rules of texts ---- */

static int rule_of_characters(const char *text, const char *allowed, size_t max, const char *expected,
                              struct err *err) {
    size_t good = strspn(text, allowed);
    if (good > 0 && good <= max && !text[good])
        return 0;
    return err_set(err, REASON_BAD_INPUT, "expected %s, found \"%.100s\"", expected, text);
}

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static int rule_id(const char *text, struct err *err) {
    return rule_of_characters(text, LETTERS_AND_DIGITS "_-", JOB_ID_BYTES - 1, "1 to 64 of A-Z a-z 0-9 _ -", err);
}

static int rule_word(const char *text, struct err *err) {
    const char *expected = "1 to 64 of A-Z a-z 0-9 _ . - that start with no dot";
    if (text[0] == '.')
        return err_set(err, REASON_BAD_INPUT, "expected %s, found \"%.100s\"", expected, text);
    return rule_of_characters(text, LETTERS_AND_DIGITS "_.-", ENVIRONMENT_NAME_BYTES - 1, expected, err);
}

static int rule_printable(const char *text, size_t max, struct err *err) {
    size_t bytes = strlen(text);
    if (bytes == 0 || bytes > max)
        return err_set(err, REASON_BAD_INPUT, "expected 1 to %zu bytes, found %zu", max, bytes);
    if (!utf8_printable(text, bytes))
        return err_set(err, REASON_BAD_INPUT, "expected UTF-8 without control characters, found other bytes");
    return 0;
}

static int rule_name(const char *text, struct err *err) { return rule_printable(text, NAME_BYTES, err); }

static int rule_file_name(const char *text, struct err *err) {
    TRY(rule_name(text, err));
    if (strchr(text, '/') || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return err_set(err, REASON_BAD_INPUT, "expected a file name without `/`, found \"%s\"", text);
    return 0;
}

static int rule_url(const char *text, struct err *err) {
    if (strncmp(text, "file:", 5) != 0)
        return storage_key_check(text, err);
    if (text[5] != '/')
        return err_set(err, REASON_BAD_INPUT, "expected a storage key or file:/absolute/path, found \"%.100s\"", text);
    return rule_printable(text + 5, PATH_BYTES, err);
}

// A prefix may end with the slash that a key must not end with.
static int rule_prefix(const char *text, struct err *err) {
    char key[STORAGE_KEY_BYTES];
    size_t bytes = strlen(text);
    if (bytes == 0 || bytes >= sizeof key)
        return err_set(err, REASON_BAD_INPUT, "expected the beginning of a key, 1 to %zu bytes, found %zu",
                       sizeof key - 1, bytes);
    memcpy(key, text, bytes + 1);
    if (bytes > 1 && key[bytes - 1] == '/')
        key[bytes - 1] = '\0';
    return storage_key_check(key, err);
}

static int rule_version(const char *text, struct err *err) {
    size_t bytes = strlen(text);
    for (size_t i = 0; i < bytes; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return err_set(err, REASON_BAD_INPUT, "expected visible ASCII characters, found others");
    return rule_printable(text, STORAGE_VERSION_BYTES - 1, err);
}

static int rule_value(const char *text, struct err *err) {
    size_t bytes = strlen(text);
    if (bytes >= HOST_VALUE_BYTES)
        return err_set(err, REASON_BAD_INPUT, "expected at most %d bytes, found %zu", HOST_VALUE_BYTES - 1, bytes);
    if (!utf8_ok(text, bytes))
        return err_set(err, REASON_BAD_INPUT, "expected UTF-8, found other bytes");
    return 0;
}

/* ---- the tables ---- */

static const char *const dialect_words[] = {"classic", "studio", "designer", "quern", NULL};

const char *job_dialect_name(uint32_t dialect) {
    return dialect >= HOST_CLASSIC && dialect <= HOST_QUERN ? dialect_words[dialect - HOST_CLASSIC] : "quern";
}

static const char *const decimals_words[] = {"float", "text", NULL};
static const char *const format_words[] = {"arrow", "csv",  "tsv",   "arff", "pickle", "joblib",
                                           "json",  "text", "bytes", "file", NULL};
_Static_assert(HOST_CLASSIC == 1 && HOST_QUERN == 4 && JOB_ARROW == 1 && JOB_ARFF == 4 && OBJECT_PICKLE == 1 &&
                   OBJECT_FILE == 6,
               "words by number");

#define SIZE_OF(type, member) sizeof(((type *)0)->member)
#define TEXT(type, label, member, needed, how)                                                                         \
    { .name = (label), .kind = FIELD_TEXT, .required = (needed), .offset = offsetof(type, member), .rule = (how) }
#define CHARS(type, label, member, needed, how)                                                                        \
    {                                                                                                                  \
        .name = (label), .kind = FIELD_CHARS, .required = (needed), .offset = offsetof(type, member),                  \
        .bytes = SIZE_OF(type, member), .rule = (how)                                                                  \
    }

static const struct field source_fields[] = {
    TEXT(struct job_source, "url", url, true, rule_url),
    TEXT(struct job_source, "version", version, false, rule_version),
    TEXT(struct job_source, "name", name, true, rule_file_name),
    {0},
};

static const struct field input_fields[] = {
    {.name = "port",
     .kind = FIELD_INTEGER,
     .required = true,
     .offset = offsetof(struct job_input, port),
     .bytes = sizeof(uint32_t),
     .min = 1,
     .max = HOST_MAX_PORTS},
    {.name = "format",
     .kind = FIELD_WORD,
     .required = true,
     .offset = offsetof(struct job_input, format),
     .words = format_words,
     .what = "arrow, csv, tsv, arff, pickle, joblib, json, text, bytes or file"},
    {.name = "no_header", .kind = FIELD_BOOLEAN, .offset = offsetof(struct job_input, no_header)},
    TEXT(struct job_input, "url", source.url, true, rule_url),
    TEXT(struct job_input, "version", source.version, false, rule_version),
    TEXT(struct job_input, "name", source.name, true, rule_name),
    TEXT(struct job_input, "parameter", parameter, false, rule_word),
    {.name = "columns",
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct job_input, columns),
     .count = offsetof(struct job_input, column_count),
     .min = 1,
     .max = JOB_MAX_CHOSEN,
     .rule = rule_value},
    {0},
};

static const struct field limits_fields[] = {
#define ASKED(label, member, key, flag, unit, least, most, ...)                                                        \
    {.name = (label),                                                                                                  \
     .kind = FIELD_INTEGER,                                                                                            \
     .unsaid = true,                                                                                                   \
     .offset = offsetof(struct job_limits, member),                                                                    \
     .bytes = SIZE_OF(struct job_limits, member),                                                                      \
     .min = (least),                                                                                                   \
     .max = (most)},
#define LIMIT(member, ...) ASKED(#member, member, __VA_ARGS__)
#define JAIL_LIMIT(member, ...) ASKED(#member, jail.member, __VA_ARGS__)
#include "../schemas/limits.def"
    {0},
};

_Static_assert(sizeof(struct job_param) == sizeof(struct field_pair) &&
                   sizeof(struct job_output) == sizeof(struct field_pair) &&
                   offsetof(struct job_output, key) == offsetof(struct field_pair, value),
               "parameters and outputs are pairs");

static const struct field document_fields[] = {
    {.name = "schema",
     .kind = FIELD_INTEGER,
     .required = true,
     .offset = offsetof(struct document, schema),
     .bytes = sizeof(uint32_t),
     .min = JOB_SCHEMA,
     .max = JOB_SCHEMA},
    CHARS(struct document, "id", job.id, true, rule_id),
    {.name = "dialect",
     .kind = FIELD_WORD,
     .offset = offsetof(struct document, job.dialect),
     .words = dialect_words,
     .what = "classic, studio, designer or quern"},
    {.name = "strict", .kind = FIELD_BOOLEAN, .offset = offsetof(struct document, job.strict)},
    CHARS(struct document, "environment", job.environment, false, rule_word),
    {.name = "script",
     .kind = FIELD_OBJECT,
     .required = true,
     .offset = offsetof(struct document, job.script),
     .inner = source_fields},
    {.name = "bundle", .kind = FIELD_OBJECT, .offset = offsetof(struct document, job.bundle), .inner = source_fields},
    {.name = "inputs",
     .kind = FIELD_LIST,
     .offset = offsetof(struct document, job.inputs),
     .bytes = sizeof(struct job_input),
     .count = offsetof(struct document, job.input_count),
     .max = HOST_MAX_PORTS,
     .inner = input_fields},
    {.name = "params",
     .kind = FIELD_PAIRS,
     .offset = offsetof(struct document, job.params),
     .bytes = sizeof(struct field_pair),
     .count = offsetof(struct document, job.param_count),
     .max = JOB_MAX_PARAMS,
     .rule = rule_value,
     .key_rule = rule_name},
    {.name = "outputs",
     .kind = FIELD_PAIRS,
     .offset = offsetof(struct document, job.outputs),
     .bytes = sizeof(struct field_pair),
     .count = offsetof(struct document, job.output_count),
     .max = HOST_MAX_PORTS,
     .rule = rule_url,
     .key_rule = rule_file_name},
    {.name = "read",
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct document, job.read),
     .count = offsetof(struct document, job.read_count),
     .min = 1,
     .max = JOB_MAX_PREFIXES,
     .rule = rule_prefix},
    {.name = "write",
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct document, job.write),
     .count = offsetof(struct document, job.write_count),
     .min = 1,
     .max = JOB_MAX_PREFIXES,
     .rule = rule_prefix},
    {.name = "limits",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct document, job.limits),
     .bytes = sizeof(struct job_limits),
     .inner = limits_fields},
    {.name = "decimals",
     .kind = FIELD_WORD,
     .offset = offsetof(struct document, job.decimals),
     .words = decimals_words,
     .what = "float or text"},
    {.name = "legacy", .kind = FIELD_BOOLEAN, .offset = offsetof(struct document, job.legacy)},
    {.name = "debug", .kind = FIELD_BOOLEAN, .offset = offsetof(struct document, job.debug)},
    {0},
};

/* ---- what no single field can tell ---- */

static int ports_check(const struct job *job, struct err *err) {
    static const struct field_place inputs = {.name = "inputs"};
    for (size_t i = 0; i < job->input_count; i++)
        for (size_t j = 0; j < i; j++)
            if (job->inputs[i].port == job->inputs[j].port) {
                struct field_place element = {.above = &inputs, .index = i};
                struct field_place port = {.above = &element, .name = "port"};
                return fields_refuse(&port, err, "expected another port than inputs[%zu], found %u", j,
                                     job->inputs[i].port);
            }
    return 0;
}

// Also of columns, which an object has none of.
static int parameters_check(const struct job *job, struct err *err) {
    static const struct field_place inputs = {.name = "inputs"};
    for (size_t i = 0; i < job->input_count; i++) {
        const struct job_input *input = &job->inputs[i];
        struct field_place element = {.above = &inputs, .index = i};
        struct field_place parameter = {.above = &element, .name = "parameter"};
        struct field_place columns = {.above = &element, .name = "columns"};
        for (size_t j = 0; j < i && input->parameter; j++)
            if (job->inputs[j].parameter && strcmp(job->inputs[j].parameter, input->parameter) == 0)
                return fields_refuse(&parameter, err, "expected another name than that of inputs[%zu], found \"%s\"", j,
                                     input->parameter);
        if (input->columns && job_object(input->format) != OBJECT_DATASET)
            return fields_refuse(&columns, err, "expected none of an input that is no table, found some");
    }
    return 0;
}

static int headers_check(const struct job *job, struct err *err) {
    static const struct field_place inputs = {.name = "inputs"};
    for (size_t i = 0; i < job->input_count; i++) {
        const struct job_input *input = &job->inputs[i];
        struct field_place element = {.above = &inputs, .index = i};
        struct field_place no_header = {.above = &element, .name = "no_header"};
        if (input->no_header && !job_is_text_table(input->format))
            return fields_refuse(&no_header, err, "expected false for a file that is not csv or tsv, found true");
    }
    return 0;
}

static int outputs_check(const struct job *job, struct err *err) {
    static const struct field_place outputs = {.name = "outputs"};
    for (size_t i = 0; i < job->output_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(job->outputs[i].key, job->outputs[j].key) == 0) {
                struct field_place here = {.above = &outputs, .name = job->outputs[i].port};
                return fields_refuse(&here, err, "expected another key than that of %s, found the same",
                                     job->outputs[j].port);
            }
    return 0;
}

static int read_check(const struct job *job, const char *what, const struct job_source *source, struct err *err) {
    if (!source->url || job_source_is_file(source) || job_may_read(job, source->url))
        return 0;
    return err_set(err, REASON_BAD_INPUT, "%s: expected a key that `read` covers, found \"%.200s\"", what, source->url);
}

static int prefixes_check(const struct job *job, struct err *err) {
    char what[NAME_BYTES + 16];
    TRY(read_check(job, "script.url", &job->script, err));
    TRY(read_check(job, "bundle.url", &job->bundle, err));
    for (size_t i = 0; i < job->input_count; i++) {
        snprintf(what, sizeof what, "inputs[%zu].url", i);
        TRY(read_check(job, what, &job->inputs[i].source, err));
    }
    for (size_t i = 0; i < job->output_count; i++)
        if (strncmp(job->outputs[i].key, "job:", 4) == 0)
            return err_set(err, REASON_BAD_INPUT,
                           "outputs.%s: expected no key of a job, which has its own outputs there by itself, "
                           "found \"%.200s\"",
                           job->outputs[i].port, job->outputs[i].key);
    return 0;
}

int job_check(const struct job *job, struct err *err) {
    struct document document = {.schema = JOB_SCHEMA, .job = *job};
    TRY(fields_check(document_fields, &document, NULL, err));
    TRY(ports_check(job, err));
    TRY(parameters_check(job, err));
    TRY(headers_check(job, err));
    TRY(outputs_check(job, err));
    return prefixes_check(job, err);
}

void job_free(struct job *job) {
    struct document document = {.job = *job};
    fields_free(document_fields, &document);
    *job = document.job;
}

/* ---- JSON ---- */

int job_encode(const struct job *job, char **ret_json, size_t *ret_bytes, struct err *err) {
    TRY(job_check(job, err));
    struct document document = {.schema = JOB_SCHEMA, .job = *job};
    json_auto_t *object = fields_write(document_fields, &document);
    auto_free char *json = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (!json)
        return err_set(err, REASON_INFRA, "out of memory for a job document");
    size_t bytes = strlen(json);
    if (bytes > JOB_MAX_BYTES)
        return err_set(err, REASON_BAD_INPUT, "job: expected at most %u bytes, found %zu", JOB_MAX_BYTES, bytes);
    *ret_bytes = bytes;
    *ret_json = steal_ptr(&json);
    return 0;
}

// jansson's own ceiling is 2048 levels of recursion: ours is counted before it starts.
static size_t depth_of(const char *json, size_t bytes) {
    size_t depth = 0, deepest = 0;
    bool string = false;
    for (size_t i = 0; i < bytes; i++) {
        if (string && json[i] == '\\')
            i++;
        else if (json[i] == '"')
            string = !string;
        else if (!string && (json[i] == '{' || json[i] == '['))
            deepest = ++depth > deepest ? depth : deepest;
        else if (!string && (json[i] == '}' || json[i] == ']'))
            depth -= depth > 0;
    }
    return deepest;
}

static json_t *parse(const char *json, size_t bytes, struct err *err) {
    size_t depth = bytes > JOB_MAX_BYTES ? 0 : depth_of(json, bytes);
    if (bytes > JOB_MAX_BYTES)
        err_set(err, REASON_BAD_INPUT, "job: expected at most %u bytes, found %zu", JOB_MAX_BYTES, bytes);
    else if (depth > JOB_MAX_DEPTH)
        err_set(err, REASON_BAD_INPUT, "job: expected at most %d levels, found %zu", JOB_MAX_DEPTH, depth);
    if (bytes > JOB_MAX_BYTES || depth > JOB_MAX_DEPTH)
        return NULL;
    json_error_t fault;
    json_t *object = json_loadb(json, bytes, JSON_REJECT_DUPLICATES, &fault);
    if (!object)
        fields_refuse(NULL, err, "expected JSON, found at line %d, column %d: %s", fault.line, fault.column,
                      fault.text);
    return object;
}

int job_decode(const char *json, size_t bytes, struct job *ret, struct err *err) {
    json_auto_t *object = parse(json, bytes, err);
    if (!object)
        return -1;
    struct document document;
    job_defaults(&document.job);
    if (fields_read(document_fields, object, &document, NULL, err) < 0 || job_check(&document.job, err) < 0) {
        job_free(&document.job);
        return -1;
    }
    *ret = document.job;
    return 0;
}
