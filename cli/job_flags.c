// SPDX-License-Identifier: Apache-2.0
#include "cli/job_flags.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/columns.h"
#include "cli/environments.h"
#include "cli/source.h"
#include "quern/json_text.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { PARAMS_MAX_BYTES = 4 << 20 };

static int no_memory(struct refusal *refusal) { return refuse(refusal, REASON_INFRA, "out of memory for a job"); }

const char *job_flags_port(const struct job_input *input, char name[JOB_FLAGS_NAME_BYTES]) {
    if (input->parameter)
        snprintf(name, JOB_FLAGS_NAME_BYTES, "--input %.64s", input->parameter);
    else
        snprintf(name, JOB_FLAGS_NAME_BYTES, "--dataframe%u", (unsigned)input->port);
    return name;
}

// Takes `input` over. What a key is, its version tells: the document calls it a dataset.
static int add_input(struct job *job, struct job_input input, const char *word, struct refusal *refusal) {
    char name[JOB_FLAGS_NAME_BYTES];
    struct job_input *inputs = reallocarray(job->inputs, job->input_count + 1, sizeof *inputs);
    if (!inputs) {
        free(input.parameter);
        return no_memory(refusal);
    }
    job->inputs = inputs;
    inputs[job->input_count++] = input;
    struct job_input *added = &inputs[job->input_count - 1];
    job_flags_port(added, name);
    if (source_is_file(word))
        return source_file(name, word, &added->source, refusal);
    added->format = JOB_ARROW;
    return source_named(name, word, &added->source, refusal);
}

static int add_numbered(struct job *job, const struct given *given, struct refusal *refusal) {
    const struct job_input input = {.port = (uint32_t)given->number, .format = source_format(given->value)};
    return add_input(job, input, given->value, refusal);
}

static int add_named(struct job *job, const char *pair, struct refusal *refusal) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    const char *equals = strchr(pair, '=');
    size_t bytes = (size_t)(equals - pair);
    if (strspn(pair, allowed) != bytes || bytes > 64 || *pair == '.')
        return refuse(
            refusal, REASON_USAGE,
            "--input: an input cannot be named '%.*s': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front",
            (int)(bytes < 100 ? bytes : 100), pair);
    struct job_input input = {.format = source_any_format(equals + 1), .parameter = strndup(pair, bytes)};
    if (!input.parameter)
        return no_memory(refusal);
    for (size_t i = 0; i < job->input_count; i++)
        if (job->inputs[i].parameter && strcmp(job->inputs[i].parameter, input.parameter) == 0) {
            refuse(refusal, REASON_USAGE, "--input: '%s' was given twice", input.parameter);
            free(input.parameter);
            return -1;
        }
    return add_input(job, input, equals + 1, refusal);
}

static bool has_port(const struct job *job, uint32_t port) {
    for (size_t i = 0; i < job->input_count; i++)
        if (job->inputs[i].port == port)
            return true;
    return false;
}

// Those with a name get the ports that are left.
static int number_inputs(struct job *job, struct refusal *refusal) {
    uint32_t port = 1;
    for (size_t i = 0; i < job->input_count; i++) {
        while (!job->inputs[i].port && has_port(job, port))
            port++;
        if (!job->inputs[i].port)
            job->inputs[i].port = port;
    }
    return port <= HOST_MAX_PORTS ? 0 : refuse(refusal, REASON_USAGE, "expected at most %u inputs", HOST_MAX_PORTS);
}

// Inputs may stand behind the columns that are wanted of them.
static int choose_columns(struct job *job, const struct command_line *line, struct refusal *refusal) {
    for (size_t i = 0; i < line->given_count; i++) {
        const struct given *given = &line->given[i];
        if (given->flag != FLAG_JOB_COLUMNS)
            continue;
        char name[JOB_FLAGS_NAME_BYTES];
        snprintf(name, sizeof name, "--columns%u", (unsigned)given->number);
        struct job_input *input = job->inputs, *end = input + job->input_count;
        while (input < end && input->port != given->number)
            input++;
        if (input == end)
            return refuse(refusal, REASON_USAGE, "%s: there is no --dataframe%u", name, (unsigned)given->number);
        TRY(columns_parse(name, given->value, input, refusal));
    }
    return 0;
}

static int add_param(struct job *job, const char *pair, struct refusal *refusal) {
    const char *equals = strchr(pair, '=');
    if (job->param_count == JOB_MAX_PARAMS)
        return refuse(refusal, REASON_USAGE, "--param: expected at most %u parameters", JOB_MAX_PARAMS);
    struct job_param *params = reallocarray(job->params, job->param_count + 1, sizeof *params);
    if (!params)
        return no_memory(refusal);
    job->params = params;
    struct job_param *param = &params[job->param_count++];
    *param = (struct job_param){.key = strndup(pair, (size_t)(equals - pair)), .value = strdup(equals + 1)};
    if (!param->key || !param->value)
        return no_memory(refusal);
    for (const struct job_param *other = params; other < param; other++)
        if (strcmp(other->key, param->key) == 0)
            return refuse(refusal, REASON_USAGE, "--param: '%s' was given twice", param->key);
    return 0;
}

// A prefix may end with the slash that a key must not end with.
static int check_prefix(const char *flag, const char *text, struct refusal *refusal) {
    size_t bytes = strlen(text);
    auto_free char *key = strndup(text, bytes > 1 && text[bytes - 1] == '/' ? bytes - 1 : bytes);
    return key ? store_key_check(flag, key, refusal) : no_memory(refusal);
}

static int add_prefix(char ***prefixes, size_t *count, const char *flag, const char *prefix, struct refusal *refusal) {
    if (*count == JOB_MAX_PREFIXES)
        return refuse(refusal, REASON_USAGE, "%s: expected at most %u prefixes", flag, JOB_MAX_PREFIXES);
    char **grown = reallocarray(*prefixes, *count + 1, sizeof *grown);
    if (!grown)
        return no_memory(refusal);
    *prefixes = grown;
    grown[*count] = strdup(prefix);
    return grown[(*count)++] ? check_prefix(flag, prefix, refusal) : no_memory(refusal);
}

/* ---- --params ---- */

static int add_value(struct job *job, const char *key, const json_t *value, struct refusal *refusal) {
    auto_free char *text = json_text(value, JSON_ENCODE_ANY | JSON_COMPACT);
    auto_free char *pair = NULL;
    for (size_t i = 0; i < job->param_count; i++)
        if (strcmp(job->params[i].key, key) == 0)
            return 0;
    if (strchr(key, '=') || !*key)
        return refuse(refusal, REASON_USAGE, "--params: expected names without '=', found '%.100s'", key);
    if (!text || asprintf(&pair, "%s=%s", key, text) < 0)
        return no_memory(refusal);
    return add_param(job, pair, refusal);
}

static int add_values(struct job *job, const char *path, json_t *object, struct refusal *refusal) {
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return refuse(refusal, REASON_USAGE, "--params: %s: expected an object, {\"depth\": 6}, found something else",
                      path);
    json_object_foreach(object, key, value) { TRY(add_value(job, key, value, refusal)); }
    return 0;
}

// What was given by --param is there already, and stays.
static int add_file(struct job *job, const char *path, struct refusal *refusal) {
    struct storage_object file;
    struct err err;
    json_error_t fault;
    auto_free char *text = NULL;
    size_t bytes = 0;
    if (storage_open_file(path, &file, &err) < 0)
        return refuse(refusal, REASON_USAGE, "--params: %s", err.msg);
    int done = memory_read(file.fd, path, PARAMS_MAX_BYTES, &text, &bytes, &err);
    close(file.fd);
    if (done < 0)
        return refuse(refusal, REASON_USAGE, "--params: %s", err.msg);
    json_auto_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &fault);
    if (!object)
        return refuse(refusal, REASON_USAGE, "--params: %s: line %d, column %d: %s", path, fault.line, fault.column,
                      fault.text);
    return add_values(job, path, object, refusal);
}

static int take_environment(struct job *job, const char *name, struct refusal *refusal) {
    TRY(environments_check_name("--env", name, refusal));
    snprintf(job->environment, sizeof job->environment, "%s", name);
    return 0;
}

// Flags that are no limit are the verb's own.
static int take_limit(struct job_limits *limits, const struct given *given, struct refusal *refusal) {
    enum limit_row row = 0;
    while (row < LIMITS_COUNT && strcmp(limits_table[row].flag, flags[given->flag].word) != 0)
        row++;
    if (row == LIMITS_COUNT)
        return 0;
    const struct limit *limit = &limits_table[row];
    uint64_t value = limit->unit == LIMIT_UNIT_SECONDS ? (given->number + 999) / 1000 : given->number;
    char least[LIMITS_TEXT_BYTES], most[LIMITS_TEXT_BYTES];
    if (value < limit->least || value > limit->most)
        return refuse(refusal, REASON_USAGE, "%s: expected %s to %s, found '%s'", limit->flag,
                      limits_show(row, limit->least, least), limits_show(row, limit->most, most), given->value);
    limits_set(limits, row, value);
    return 0;
}

static int take_flag(struct job *job, const struct given *given, struct refusal *refusal) {
    switch ((int)given->flag) {
    case FLAG_JOB_DATAFRAME:
        return add_numbered(job, given, refusal);
    case FLAG_JOB_INPUT:
        return add_named(job, given->value, refusal);
    case FLAG_JOB_DECIMALS:
        job->decimals = given->number == 0 ? JOB_DECIMALS_FLOAT : JOB_DECIMALS_TEXT;
        return 0;
    case FLAG_JOB_DIALECT:
        job->dialect = HOST_CLASSIC + (uint32_t)given->number;
        return 0;
    case FLAG_JOB_STRICT:
        job->strict = true;
        return 0;
    case FLAG_JOB_LEGACY:
        job->legacy = true;
        return 0;
    case FLAG_JOB_BUNDLE:
        return source_file("--bundle", given->value, &job->bundle, refusal);
    case FLAG_JOB_PARAM:
        return add_param(job, given->value, refusal);
    case FLAG_JOB_READ:
        return add_prefix(&job->read, &job->read_count, "--read", given->value, refusal);
    case FLAG_JOB_WRITE:
        return add_prefix(&job->write, &job->write_count, "--write", given->value, refusal);
    case FLAG_JOB_ENVIRONMENT:
        return take_environment(job, given->value, refusal);
    case FLAG_JOB_COLUMNS: // read after all others
    case FLAG_JOB_NO_HEADER:
    default:
        return take_limit(&job->limits, given, refusal);
    }
}

// Of all text tables: where they differ, one is stored by `dataset put` first.
static int drop_headers(struct job *job, struct refusal *refusal) {
    bool any = false;
    for (size_t i = 0; i < job->input_count; i++) {
        job->inputs[i].no_header = job_is_text_table(job->inputs[i].format);
        any |= job->inputs[i].no_header;
    }
    return any ? 0 : refuse(refusal, REASON_USAGE, "--no-header: expected a .csv or .tsv file, found none");
}

int job_flags_read(const struct command_line *line, struct job *job, struct refusal *refusal) {
    TRY(source_file("SCRIPT", line->operands[0], &job->script, refusal));
    for (size_t i = 0; i < line->given_count; i++)
        TRY(take_flag(job, &line->given[i], refusal));
    const struct given *params = command_given(line, "--params");
    if (params)
        TRY(add_file(job, params->value, refusal));
    TRY(choose_columns(job, line, refusal));
    TRY(number_inputs(job, refusal));
    if (command_given(line, "--no-header"))
        TRY(drop_headers(job, refusal));
    return 0;
}
