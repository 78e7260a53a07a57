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

MUST_USE int workers_read(const struct client *client, struct workers *ret, struct refusal *refusal);
void workers_free(struct workers *workers);

#endif
