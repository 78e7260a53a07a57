/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the queue that people name is one: a Redis makes a queue of any name, a typing error among them.
 *
 * A queue is known once it has a home or a job. Both functions look at every key of the Redis, for a queue that is not.
 */
#ifndef QUERN_CLI_QUEUES_H
#define QUERN_CLI_QUEUES_H

#include "cli/client.h"

/* REASON_NOT_FOUND when there is no such queue, with the nearest that there is. */
MUST_USE int queues_check(const struct client *client, struct refusal *refusal);
/* "did you mean ...?", where one is near. */
void queues_suggest(const struct client *client, struct refusal *refusal);

#endif
