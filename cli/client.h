/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue behind the verbs: where it is, and what its answers mean to people.
 *
 *     its Redis    --queue-url, else QUERN_REDIS_URL, else `url` of quern.ini, else the private Redis of `quern up`
 *     its name     -q, else QUERN_QUEUE, else `name` of quern.ini, else "default"
 *     passwords    the files that QUERN_REDIS_PASSWORD_FILE and QUERN_STORE_PASSWORD_FILE name, else quern.ini
 *     key          the file that QUERN_KEY_FILE names, else `key_file` of quern.ini: jobs are signed with it
 *     durability   QUERN_DURABILITY, else quern.ini, else normal
 *     quern.ini    $XDG_CONFIG_HOME/quern/quern.ini: [queue] url, name, password_file, key_file, durability; [store] password_file
 *
 * Calling sequence: client_open() → calls on .queue; client_store() when objects are wanted → client_close(). Nothing is
 * sent before the first call.
 *
 * Errors: REASON_CONFIG when nothing says where the queue is or a setting cannot be used; what the queue library says
 * goes through client_blame(), which adds the next step.
 */
#ifndef QUERN_CLI_CLIENT_H
#define QUERN_CLI_CLIENT_H

#include <limits.h>

#include "cli/command.h"
#include "cli/store.h"
#include "quern/queue_client.h"
#include "quern/queue_server.h"

#define CLIENT_URL_BYTES (PATH_MAX + 32)

struct client {
    struct queue *queue; /* owned */
    struct store store;  /* owned; its members NULL until client_store() */
    char name[QUEUE_NAME_BYTES];
    char url[CLIENT_URL_BYTES];
    char source[CLIENT_URL_BYTES]; /* who named the URL: "--queue-url", "QUERN_REDIS_URL", ... */
    char password_file[PATH_MAX];  /* empty: none; read by who connects, when he does */
    char key_file[PATH_MAX];       /* empty: nothing is signed */
    enum queue_durability durability;
    struct queue_home home; /* after client_store() */
};

MUST_USE int client_open(const struct command_line *line, struct client *ret, struct refusal *refusal);
/* The queue that the first operand names, where there is one. */
MUST_USE int client_open_operand(const struct command_line *line, struct client *ret, struct refusal *refusal);
void client_close(struct client *client);

/* The same without opening it, for another process that may want to: nobody has looked whether it can be used. */
struct client_place {
    char url[CLIENT_URL_BYTES];
    char name[QUEUE_NAME_BYTES + 1]; /* one that is too long is cut so that it still is */
    char password_file[PATH_MAX];    /* empty: none */
    char store_password_file[PATH_MAX];
};

MUST_USE int client_find(const struct command_line *line, struct client_place *ret, struct refusal *refusal);

/* Does anything say where the queue is? */
bool client_is_configured(const struct command_line *line);

/* Opens the store that the queue names. */
MUST_USE int client_store(struct client *client, struct refusal *refusal);

/* What a call on the queue gave, as a refusal: -1. */
int client_blame(const struct client *client, const struct err *err, struct refusal *refusal);

/* From a word of the command line to a job's id: digits are a number of the queue, all else is an id. Nobody looks here
 * whether a job has that id. */
MUST_USE int client_find_job(const struct client *client, const char *word, char ret_id[JOB_ID_BYTES],
                             struct refusal *refusal);
int client_no_job(const struct client *client, const char *word, struct refusal *refusal);

/* Calls a verb for each job that the command line names, and prints what it refuses. Returns the first exit code that is not
 * 0. */
typedef int client_job_fn(const struct command_line *line, const struct client *client, const char *word,
                          struct refusal *refusal);
int client_each_job(const struct command_line *line, client_job_fn *call);

/* The record of a job; REASON_NOT_FOUND when there is none. `word` is what people call it. */
MUST_USE int client_get(const struct client *client, const char *word, const char *id, struct queue_record *ret,
                        struct refusal *refusal);

#endif
