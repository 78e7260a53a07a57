// SPDX-License-Identifier: Apache-2.0
#include "cli/queues.h"

#include <stdlib.h>

#include "cli/suggest.h"
#include "quern/own.h"
#include "quern/queue_operator.h"

enum { MOST_NAMES = 1000 };

void queues_suggest(const struct client *client, struct refusal *refusal) {
    auto_free char(*names)[QUEUE_NAME_BYTES] = calloc(MOST_NAMES, sizeof *names);
    struct suggest suggest;
    size_t count = 0;
    if (!names || queue_all(client->queue, names, MOST_NAMES, &count, NULL) < 0)
        return;
    suggest_init(&suggest, client->name);
    for (size_t i = 0; i < count; i++)
        suggest_offer(&suggest, names[i]);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
}

int queues_check(const struct client *client, struct refusal *refusal) {
    struct queue_counts counts;
    struct err err;
    if (queue_count(client->queue, &counts, &err) < 0)
        return client_blame(client, &err, refusal);
    if (counts.known)
        return 0;
    refuse(refusal, REASON_NOT_FOUND, "there is no queue '%s'", client->name);
    queues_suggest(client, refusal);
    refusal_advise(refusal, "list them: quern queue ls; make it: quern queue home %s --store URL", client->name);
    return -1;
}
