// SPDX-License-Identifier: Apache-2.0
#include "cli/rerun.h"

#include <stdlib.h>
#include <string.h>

#include "cli/job_flags.h"
#include "quern/own.h"

static int no_memory(struct refusal *refusal) {
    return refuse(refusal, REASON_INFRA, "out of memory for a command line");
}

int rerun_add(struct rerun *rerun, const char *word, struct refusal *refusal) {
    char **words = reallocarray(rerun->words, rerun->count + 2, sizeof *words);
    if (!words)
        return no_memory(refusal);
    rerun->words = words;
    words[rerun->count + 1] = NULL;
    words[rerun->count] = strdup(word);
    return words[rerun->count++] ? 0 : no_memory(refusal);
}

void rerun_done(struct rerun *rerun) {
    for (size_t i = 0; i < rerun->count; i++)
        free(rerun->words[i]);
    free(rerun->words);
    *rerun = (struct rerun){.words = NULL};
}

/* ---- names of files ---- */

const char *rerun_script_name(const struct job *job) {
    const char *name = job->script.name;
    size_t bytes = strlen(name);
    bool plain = *name != '-' && *name != '.' && bytes > 3 && strcmp(name + bytes - 3, ".py") == 0;
    return plain ? name : "script.py";
}

const char *rerun_input_name(const struct job_input *input, char name[RERUN_NAME_BYTES]) {
    static const char *const suffixes[] = {
        [JOB_ARROW] = "arrow", [JOB_CSV] = "csv", [JOB_TSV] = "tsv", [JOB_ARFF] = "arff"};
    uint32_t object = job_object(input->format);
    char label[RERUN_NAME_BYTES - 16];
    snprintf(label, sizeof label, "input%u", input->port);
    if (object == OBJECT_DATASET)
        snprintf(name, RERUN_NAME_BYTES, "dataframe%u.%s", input->port, suffixes[input->format]);
    else
        object_file_name(object, label, name, RERUN_NAME_BYTES);
    return name;
}

/* ---- flags ---- */

static int add_two(struct rerun *rerun, const char *flag, const char *value, struct refusal *refusal) {
    TRY(rerun_add(rerun, flag, refusal));
    return rerun_add(rerun, value, refusal);
}

// The names of a list, in which a comma and a backslash of a name have a backslash in front.
static char *list_columns(const struct job_input *input) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    if (!file)
        return NULL;
    for (size_t i = 0; i < input->column_count; i++) {
        if (i)
            fputc(',', file);
        for (const char *c = input->columns[i]; *c; c++) {
            if (*c == ',' || *c == '\\')
                fputc('\\', file);
            fputc(*c, file);
        }
    }
    return fclose(file) == 0 ? text : NULL;
}

static int add_named(struct rerun *rerun, const char *parameter, const char *path, struct refusal *refusal) {
    auto_free char *pair = NULL;
    if (asprintf(&pair, "%s=%s", parameter, path) < 0)
        return no_memory(refusal);
    return add_two(rerun, "--input", pair, refusal);
}

static int add_input(struct rerun *rerun, const struct job_input *input, struct refusal *refusal) {
    char flag[JOB_FLAGS_NAME_BYTES], name[RERUN_NAME_BYTES], path[RERUN_NAME_BYTES + 2];
    snprintf(path, sizeof path, "./%s", rerun_input_name(input, name));
    if (input->parameter)
        TRY(add_named(rerun, input->parameter, path, refusal));
    else
        TRY(add_two(rerun, job_flags_port(input, flag), path, refusal));
    if (input->column_count == 0)
        return 0;
    auto_free char *columns = list_columns(input);
    snprintf(flag, sizeof flag, "--columns%u", input->port);
    return columns ? add_two(rerun, flag, columns, refusal) : no_memory(refusal);
}

static int add_param(struct rerun *rerun, const struct job_param *param, struct refusal *refusal) {
    auto_free char *pair = NULL;
    if (asprintf(&pair, "%s=%s", param->key, param->value) < 0)
        return no_memory(refusal);
    return add_two(rerun, "--param", pair, refusal);
}

// What the job asked for; what its environment and its host said is theirs.
static int add_limits(struct rerun *rerun, const struct job_limits *limits, bool timed, struct refusal *refusal) {
    char text[LIMITS_TEXT_BYTES];
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++) {
        uint64_t asked = limits_get(limits, row);
        if (asked && (timed || row != LIMIT_time_ms))
            TRY(add_two(rerun, limits_table[row].flag, limits_show(row, asked, text), refusal));
    }
    return 0;
}

static int add_flags(struct rerun *rerun, const struct job *job, const char *environment, struct refusal *refusal) {
    static const char *const dialects[] = {
        [HOST_CLASSIC] = "classic", [HOST_STUDIO] = "studio", [HOST_DESIGNER] = "designer"};
    if (job->dialect != HOST_QUERN)
        TRY(add_two(rerun, "--dialect", dialects[job->dialect], refusal));
    if (job->legacy)
        TRY(rerun_add(rerun, "--legacy", refusal));
    if (job->decimals == JOB_DECIMALS_TEXT)
        TRY(add_two(rerun, "--decimals", "text", refusal));
    if (strcmp(environment, "default") != 0)
        TRY(add_two(rerun, "--env", environment, refusal));
    for (size_t i = 0; i < job->param_count; i++)
        TRY(add_param(rerun, &job->params[i], refusal));
    return 0;
}

static int add_inputs(struct rerun *rerun, const struct job *job, struct refusal *refusal) {
    bool no_header = false;
    for (size_t i = 0; i < job->input_count; i++) {
        TRY(add_input(rerun, &job->inputs[i], refusal));
        no_header |= job->inputs[i].no_header;
    }
    if (no_header)
        TRY(rerun_add(rerun, "--no-header", refusal));
    return job->bundle.url ? add_two(rerun, "--bundle", RERUN_BUNDLE_NAME, refusal) : 0;
}

int rerun_words(const struct job *job, const char *environment, bool timed, struct rerun *ret,
                struct refusal *refusal) {
    *ret = (struct rerun){.words = NULL};
    TRY(add_two(ret, "quern", "run", refusal));
    TRY(rerun_add(ret, rerun_script_name(job), refusal));
    TRY(add_inputs(ret, job, refusal));
    TRY(add_flags(ret, job, environment, refusal));
    return add_limits(ret, &job->limits, timed, refusal);
}

static void print_word(const char *word, FILE *file) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@%";
    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, file);
        return;
    }
    fputc('\'', file);
    for (const char *c = word; *c; c++)
        fputs(*c == '\'' ? "'\\''" : (const char[]){*c, '\0'}, file);
    fputc('\'', file);
}

void rerun_print(const struct rerun *rerun, FILE *file) {
    for (size_t i = 0; i < rerun->count; i++) {
        if (i)
            fputc(' ', file);
        print_word(rerun->words[i], file);
    }
}
