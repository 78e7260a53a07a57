// SPDX-License-Identifier: Apache-2.0
#include "cli/workers.h"

#include <stdlib.h>

#include "quern/queue_operator.h"

enum { PAGE = 200 };

int workers_read(const struct client *client, struct workers *ret, struct refusal *refusal) {
    size_t got = PAGE;
    *ret = (struct workers){0};
    while (got == PAGE && ret->count < WORKERS_MOST) {
        struct err err;
        struct queue_worker *list = reallocarray(ret->list, ret->count + PAGE, sizeof *list);
        if (!list)
            return refuse(refusal, REASON_INFRA, "out of memory for a list of workers");
        ret->list = list;
        if (queue_workers(client->queue, ret->count, list + ret->count, PAGE, &got, &err) < 0)
            return client_blame(client, &err, refusal);
        ret->count += got;
    }
    return 0;
}

void workers_free(struct workers *workers) {
    free(workers->list);
    *workers = (struct workers){0};
}
