// SPDX-License-Identifier: Apache-2.0
// `quern debug JOB`: what a job had becomes a directory of this machine, and runs in it, in the debugger.
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/checksum.h"
#include "cli/client.h"
#include "cli/environments.h"
#include "cli/rerun.h"
#include "cli/terminal.h"
#include "cli/transfer.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/prove.h"
#include "quern/queue_client.h"

enum { DIFFERENCES_BYTES = 2048 };

struct debugging {
    struct client client;
    const char *word; /* what people call the job */
    char id[JOB_ID_BYTES];
    struct job job;
    struct queue_record record;
    json_t *result; /* its manifest; NULL: it has none */
    struct storage_drop *drop;
    char directory[PATH_MAX];
    char environment[ENVIRONMENT_NAME_BYTES];
    char differences[DIFFERENCES_BYTES]; /* lines */
    bool run, pdb;
};

/* ---- what the queue knows ---- */

static int read_document(struct debugging *debugging, struct refusal *refusal) {
    auto_free char *document = NULL;
    size_t bytes = 0;
    struct err err;
    int answer = queue_document(debugging->client.queue, debugging->id, &document, &bytes, &err);
    if (answer < 0)
        return client_blame(&debugging->client, &err, refusal);
    if (answer != QUEUE_OK)
        return client_no_job(&debugging->client, debugging->word, refusal);
    if (job_decode(document, bytes, &debugging->job, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "the document of job '%s': %s", debugging->word, err.msg);
    return 0;
}

// What the job was given, where its record says so: a name may point elsewhere by now.
static const char *recorded_version(const json_t *result, uint32_t port) {
    size_t i;
    json_t *input;
    json_array_foreach(json_object_get(result, "inputs"), i, input) {
        const char *version = json_string_value(json_object_get(input, "version"));
        if (json_integer_value(json_object_get(input, "port")) == (json_int_t)port && version && *version)
            return version;
    }
    return NULL;
}

// As a worker has it: the version of an object tells what it is.
static void take_kinds(struct debugging *debugging) {
    for (size_t i = 0; i < debugging->job.input_count; i++) {
        struct job_input *input = &debugging->job.inputs[i];
        const char *recorded = recorded_version(debugging->result, input->port);
        const char *version = recorded ? recorded : input->source.version;
        if (version && object_of_version(version) != OBJECT_DATASET)
            input->format = job_format_of(object_of_version(version));
    }
}

static int read_record(struct debugging *debugging, struct refusal *refusal) {
    TRY(client_find_job(&debugging->client, debugging->word, debugging->id, refusal));
    TRY(client_get(&debugging->client, debugging->word, debugging->id, &debugging->record, refusal));
    if (debugging->record.result)
        debugging->result = json_loadb(debugging->record.result, debugging->record.result_bytes, JSON_ALLOW_NUL, NULL);
    TRY(read_document(debugging, refusal));
    take_kinds(debugging);
    return 0;
}

/* ---- its files ---- */

static int open_source(const struct debugging *debugging, const struct job_source *source, const char *version,
                       struct storage_object *ret, struct refusal *refusal) {
    struct err err;
    if (job_source_is_file(source)) {
        refuse(refusal, REASON_NOT_FOUND, "%s is a file of the machine that submitted the job: %s", source->name,
               source->url);
        return -1;
    }
    if (!version)
        return store_get(&debugging->client.store, source->name, source->url, ret, refusal);
    if (catalogue_get(debugging->client.store.catalogue, source->url, version, ret, &err) < 0) {
        refuse(refusal, (enum reason)err.reason, "%s: %s", source->name, err.msg);
        if (err.reason == REASON_NOT_FOUND)
            refusal_advise(refusal, "what jobs had is kept as long as the queue knows them; then it is collected");
        return -1;
    }
    return 0;
}

static int fetch(struct debugging *debugging, const struct job_source *source, const char *version, const char *name,
                 struct refusal *refusal) {
    struct storage_object object;
    struct transfer transfer;
    struct err err;
    TRY(open_source(debugging, source, version, &object, refusal));
    auto_fd int fd = object.fd;
    transfer_begin(&transfer, "downloading", name, object.bytes);
    int done = version ? checksum_verify(fd, version, name, &err) : 0;
    if (done == 0)
        done = storage_drop_add(debugging->drop, name, fd, &err);
    transfer_end(&transfer);
    return done < 0 ? refuse(refusal, (enum reason)err.reason, "%s: %s", name, err.msg) : 0;
}

static int fetch_all(struct debugging *debugging, struct refusal *refusal) {
    const struct job *job = &debugging->job;
    char name[RERUN_NAME_BYTES];
    TRY(fetch(debugging, &job->script, job->script.version, rerun_script_name(job), refusal));
    if (job->bundle.url)
        TRY(fetch(debugging, &job->bundle, job->bundle.version, RERUN_BUNDLE_NAME, refusal));
    for (size_t i = 0; i < job->input_count; i++) {
        const struct job_source *source = &job->inputs[i].source;
        const char *version = recorded_version(debugging->result, job->inputs[i].port);
        TRY(fetch(debugging, source, version ? version : source->version, rerun_input_name(&job->inputs[i], name),
                  refusal));
    }
    return 0;
}

/* ---- what is not the same here ---- */

static void differ(struct debugging *debugging, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void differ(struct debugging *debugging, const char *format, ...) {
    size_t used = strlen(debugging->differences);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(debugging->differences + used, sizeof debugging->differences - used, format, arguments);
    va_end(arguments);
}

static void compare_version(struct debugging *debugging, const char *name, const char *here) {
    const char *there = json_string_value(json_object_get(json_object_get(debugging->result, "environment"), name));
    if (there && strcmp(there, here) != 0)
        differ(debugging, "%s is %s here and was %s there\n", name, here, there);
}

// Starts the environment once: only then its versions are known.
static void compare_environment(struct debugging *debugging) {
    struct environment environment;
    struct host_ready ready;
    struct refusal refusal;
    struct err err;
    if (strcmp(debugging->environment, debugging->job.environment) != 0)
        differ(debugging, "the environment is %s here and was %s there\n", debugging->environment,
               debugging->job.environment);
    if (environments_find(debugging->environment, &environment, &refusal) < 0)
        differ(debugging, "there is no environment %s here: --env names another one, `quern env create` makes it\n",
               debugging->environment);
    else if (environment_prove(&environment, &ready, &err) < 0)
        differ(debugging, "the environment does not start here: %s\n", err.msg);
    else {
        compare_version(debugging, "python", ready.python);
        compare_version(debugging, "pandas", ready.pandas);
    }
}

static void compare(struct debugging *debugging) {
    compare_environment(debugging);
    if (debugging->pdb)
        differ(debugging, "no time limit here: who debugs thinks\n");
    if (debugging->job.output_count)
        differ(debugging, "nothing is published here: results go to the terminal and into out/\n");
}

/* ---- the directory ---- */

static void describe_end(const struct debugging *debugging, FILE *file) {
    const char *message = json_string_value(json_object_get(debugging->result, "message"));
    fprintf(file, "# Job %s\n\n%s%s%s\n\n", debugging->id, job_state_name(debugging->record.state),
            message ? ": " : ".", message ? message : "");
}

static int describe(const struct debugging *debugging, const struct rerun *rerun, FILE *file) {
    describe_end(debugging, file);
    fputs("The script, what it was given, and the same flags. In this directory:\n\n    ", file);
    rerun_print(rerun, file);
    fputs(" -o out\n    ", file);
    rerun_print(rerun, file);
    fputs(" --pdb\n\nThe second opens the debugger where it fails, and at breakpoint(). Change the script as you like; "
          "`quern check` reads it, `quern submit` with the same flags sends it again.\n",
          file);
    if (*debugging->differences)
        fprintf(file, "\nWhat is not the same here:\n\n%s", debugging->differences);
    return ferror(file);
}

static int write_readme(struct debugging *debugging, const struct rerun *rerun, struct refusal *refusal) {
    struct err err;
    auto_free char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    if (!file || describe(debugging, rerun, file) | fclose(file))
        return refuse(refusal, REASON_INFRA, "out of memory for a text");
    auto_fd int fd = memory_from("quern-readme", text, bytes, &err);
    if (fd < 0 || storage_drop_add(debugging->drop, "README.md", fd, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "README.md: %s", err.msg);
    return 0;
}

static int lay_out(struct debugging *debugging, const struct rerun *rerun, struct refusal *refusal) {
    struct err err;
    if (access(debugging->directory, F_OK) == 0) {
        refuse(refusal, REASON_USAGE, "'%s' is there already, and is left as it is", debugging->directory);
        refusal_advise(refusal, "name another directory: quern debug %s -o DIR", debugging->word);
        return -1;
    }
    if (storage_drop_open(debugging->directory, &debugging->drop, &err) < 0)
        return refuse(refusal, REASON_USAGE, "-o: %s", err.msg);
    TRY(fetch_all(debugging, refusal));
    TRY(write_readme(debugging, rerun, refusal));
    return storage_drop_commit(debugging->drop, NULL, &err) < 0 ? refuse(refusal, REASON_USAGE, "-o: %s", err.msg) : 0;
}

/* ---- the verb ---- */

static int read_flags(const struct command_line *line, struct debugging *debugging, struct refusal *refusal) {
    const struct given *output = command_given(line, "--output"), *environment = command_given(line, "--env");
    debugging->run = !command_given(line, "--no-run");
    debugging->pdb = debugging->run && !command_given(line, "--no-pdb");
    if (environment)
        TRY(environments_check_name("--env", environment->value, refusal));
    snprintf(debugging->environment, sizeof debugging->environment, "%s",
             environment ? environment->value : debugging->job.environment);
    if (output && strlen(output->value) >= sizeof debugging->directory)
        return refuse(refusal, REASON_USAGE, "-o: expected a path of at most %d bytes", PATH_MAX - 1);
    if (output)
        memcpy(debugging->directory, output->value, strlen(output->value) + 1);
    else
        snprintf(debugging->directory, sizeof debugging->directory, "debug-%" PRIu64, debugging->record.number);
    if (debugging->pdb && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        refuse(refusal, REASON_USAGE, "the debugger needs a terminal on standard input and output, found none");
        refusal_advise(refusal, "without it: --no-pdb; only the directory: --no-run");
        return -1;
    }
    return 0;
}

static void tell(const struct debugging *debugging, const struct rerun *rerun) {
    struct terminal notes;
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    terminal_say(&notes, "%s  script, inputs and a README.md of job %s\n", debugging->directory, debugging->id);
    for (const char *at = debugging->differences; *at;) {
        int bytes = (int)strcspn(at, "\n");
        terminal_say(&notes, "note: %.*s\n", bytes, at);
        at += bytes + (at[bytes] == '\n');
    }
    auto_free char *words = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&words, &bytes);
    if (!file)
        return;
    rerun_print(rerun, file);
    if (fclose(file) == 0)
        terminal_say(&notes, "▶ %s\n", words);
    fflush(stderr);
}

// The rest is `quern run` itself.
static int become_run(const struct debugging *debugging, struct rerun *rerun, struct refusal *refusal) {
    if (debugging->pdb)
        TRY(rerun_add(rerun, "--pdb", refusal));
    TRY(rerun_add(rerun, "-o", refusal));
    TRY(rerun_add(rerun, "out", refusal));
    tell(debugging, rerun);
    if (chdir(debugging->directory) < 0)
        return refuse(refusal, REASON_USAGE, "%s: %s", debugging->directory, strerror(errno));
    execv("/proc/self/exe", rerun->words);
    return refuse(refusal, REASON_INFRA, "quern run: %s", strerror(errno));
}

static int debug(const struct command_line *line, struct debugging *debugging, struct refusal *refusal) {
    struct rerun rerun;
    TRY(read_record(debugging, refusal));
    TRY(read_flags(line, debugging, refusal));
    TRY(client_store(&debugging->client, refusal));
    compare(debugging);
    int result = rerun_words(&debugging->job, debugging->environment, !debugging->pdb, &rerun, refusal);
    if (result == 0)
        result = lay_out(debugging, &rerun, refusal);
    if (result == 0 && debugging->run)
        result = become_run(debugging, &rerun, refusal);
    else if (result == 0)
        tell(debugging, &rerun);
    rerun_done(&rerun);
    return result;
}

int verb_debug(const struct command_line *line) {
    struct debugging debugging = {.word = line->operands[0]};
    struct refusal refusal = {0};
    if (client_open(line, &debugging.client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = debug(line, &debugging, &refusal);
    storage_drop_close(debugging.drop);
    queue_record_free(&debugging.record);
    json_decref(debugging.result);
    job_free(&debugging.job);
    client_close(&debugging.client);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}
