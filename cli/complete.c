// SPDX-License-Identifier: Apache-2.0
// `quern completion`: the script of a shell, or, when that script asks for them, names that only the queue knows. Then a
// person has a finger on a key: an answer in a moment or none, and no word of what is wrong.
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/completion.h"
#include "cli/environments.h"
#include "cli/store.h"
#include "cli/tell.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/verdict.h"
#include "cli/workers.h"
#include "quern/own.h"

enum { PATIENCE_MS = 300, MOST_JOBS = 40, MOST_NAMES = 1000 };

struct completing {
    const struct command_line *line;
    const char *word; /* what stands there already */
    struct terminal out;
    struct client client;
    size_t count;
};

/* ---- jobs ---- */

enum jobs_wanted { LIVE = 1, FAILED = 2, SUCCEEDED = 4 };

static bool is_wanted(enum job_state state, unsigned wanted) {
    unsigned kind = !verdict_ended(state) ? LIVE : state == JOB_SUCCEEDED ? SUCCEEDED : FAILED;
    return wanted & kind;
}

static int print_jobs(struct completing *completing, unsigned wanted) {
    static const enum job_state order[] = {JOB_RUNNING, JOB_QUEUED,    JOB_DELAYED,  JOB_BLOCKED,
                                           JOB_FAILED,  JOB_SUCCEEDED, JOB_CANCELLED};
    struct queue_row rows[MOST_JOBS];
    char script[TELL_SCRIPT_BYTES];
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t count = 0;
        if (!is_wanted(order[i], wanted))
            continue;
        TRY(queue_list(completing->client.queue, order[i], 0, rows, MOST_JOBS, &count, NULL));
        for (size_t j = 0; j < count; j++)
            terminal_say(&completing->out, "%" PRIu64 "\t%s %s\n", rows[j].number, job_state_name(order[i]),
                         tell_script(&completing->client, rows[j].id, script));
    }
    return 0;
}

static int jobs_all(struct completing *completing) { return print_jobs(completing, LIVE | FAILED | SUCCEEDED); }
static int jobs_live(struct completing *completing) { return print_jobs(completing, LIVE); }
static int jobs_ended(struct completing *completing) { return print_jobs(completing, FAILED | SUCCEEDED); }
static int jobs_failed(struct completing *completing) { return print_jobs(completing, FAILED); }

/* ---- other names ---- */

static int print_key(void *context, const struct storage_entry *entry) {
    struct completing *completing = context;
    if (strncmp(entry->key, "job:", 4) == 0 && strncmp(completing->word, "job:", 4) != 0)
        return 0; // much of it, and most of it of no interest
    terminal_say(&completing->out, "%s\tdataset\n", entry->key);
    return ++completing->count >= MOST_NAMES;
}

static int keys(struct completing *completing) {
    struct refusal ignored;
    struct store store;
    TRY(store_open(completing->line, &store, &ignored));
    int listed = catalogue_names(store.catalogue, completing->word, print_key, completing, NULL);
    store_close(&store);
    return listed;
}

static int queues(struct completing *completing) {
    static char names[MOST_NAMES][QUEUE_NAME_BYTES];
    size_t count = 0;
    TRY(queue_all(completing->client.queue, names, MOST_NAMES, &count, NULL));
    for (size_t i = 0; i < count; i++)
        terminal_say(&completing->out, "%s\tqueue\n", names[i]);
    return 0;
}

static int workers(struct completing *completing) {
    struct refusal ignored;
    struct workers workers;
    int result = workers_read(&completing->client, &workers, &ignored);
    for (size_t i = 0; result == 0 && i < workers.count; i++)
        terminal_say(&completing->out, "%s\tworker\n", workers.list[i].name);
    workers_free(&workers);
    return result;
}

static int print_environment(void *context, const struct environments_entry *entry) {
    struct completing *completing = context;
    terminal_say(&completing->out, "%s\tenvironment\n", entry->environment.name);
    return 0;
}

static int environments(struct completing *completing) { return environments_each(print_environment, completing); }

/* ---- which ---- */

static const struct {
    const char *word;
    void (*script)(void);
    int (*live)(struct completing *completing);
    bool asks_queue;
} kinds[] = {
    {"bash", completion_bash, NULL, false},
    {"zsh", completion_zsh, NULL, false},
    {"fish", completion_fish, NULL, false},
    {"jobs", NULL, jobs_all, true},
    {"jobs-live", NULL, jobs_live, true},
    {"jobs-ended", NULL, jobs_ended, true},
    {"jobs-failed", NULL, jobs_failed, true},
    {"keys", NULL, keys, false},
    {"queues", NULL, queues, true},
    {"workers", NULL, workers, true},
    {"environments", NULL, environments, false},
};

static void give_up(int signal) {
    (void)signal;
    _exit(0);
}

static void hurry(void) {
    const struct itimerval patience = {.it_value.tv_usec = PATIENCE_MS * 1000};
    signal(SIGALRM, give_up);
    setitimer(ITIMER_REAL, &patience, NULL);
}

static void complete(size_t kind, const struct command_line *line) {
    struct completing completing = {.line = line, .word = line->operand_count > 1 ? line->operands[1] : ""};
    struct refusal ignored;
    hurry();
    terminal_open(&completing.out, stdout, TERMINAL_COLOUR_NEVER);
    if (kinds[kind].asks_queue && client_open(line, &completing.client, &ignored) < 0)
        return;
    (void)!kinds[kind].live(&completing);
    client_close(&completing.client);
}

int verb_completion(const struct command_line *line) {
    size_t kind = 0;
    while (strcmp(kinds[kind].word, line->operands[0]) != 0)
        kind++;
    if (kinds[kind].script)
        kinds[kind].script();
    else
        complete(kind, line);
    return 0;
}
