/* SPDX-License-Identifier: Apache-2.0 */
/* All workers of a queue, those that beat last first. Ownership: the list, until workers_free(). */
#ifndef QUERN_CLI_WORKERS_H
#define QUERN_CLI_WORKERS_H

#include "cli/client.h"
#include "quern/queue_operator.h"

#define WORKERS_MOST 10000u

struct workers {
    struct queue_worker *list; /* owned */
    size_t count;
};

/* The value of a word of what a worker says of itself (schemas/queue.md): "state", "version", "job", "why"; "" without it. */
const char *workers_said(const struct queue_worker *worker, const char *word, char text[QUEUE_INFO_BYTES]);

enum workers_state { WORKERS_SILENT, WORKERS_DRAINING, WORKERS_UNREADY, WORKERS_STARTING, WORKERS_READY };

enum workers_state workers_state(const struct queue_worker *worker);

/* The first one that takes jobs, else who comes nearest to it; NULL: nobody is there. */
const struct queue_worker *workers_best(const struct workers *workers);

MUST_USE int workers_read(const struct client *client, struct workers *ret, struct refusal *refusal);
void workers_free(struct workers *workers);

#endif
