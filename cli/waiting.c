// SPDX-License-Identifier: Apache-2.0
#include "cli/waiting.h"

#include <inttypes.h>

#include "cli/workers.h"

static void blame_workers(const struct client *client, const struct queue_worker *best, char text[WAITING_BYTES]) {
    char why[QUEUE_INFO_BYTES];
    enum workers_state state = best ? workers_state(best) : WORKERS_SILENT;
    if (!best)
        snprintf(text, WAITING_BYTES, "nobody works for the queue '%s': quern up --detach, or start quernd",
                 client->name);
    else if (state == WORKERS_DRAINING)
        snprintf(text, WAITING_BYTES, "all workers of the queue '%s' drain: quern worker ls -q %s", client->name,
                 client->name);
    else if (state == WORKERS_STARTING)
        snprintf(text, WAITING_BYTES, "its workers start: %s", workers_said(best, "why", why));
    else if (state == WORKERS_UNREADY)
        snprintf(text, WAITING_BYTES, "no worker is ready for the queue '%s': %s", client->name,
                 workers_said(best, "why", why));
}

const char *waiting_why(const struct client *client, char text[WAITING_BYTES]) {
    struct queue_counts counts;
    struct workers workers = {0};
    struct refusal ignored;
    text[0] = '\0';
    if (queue_count(client->queue, &counts, NULL) != QUEUE_OK)
        return text;
    uint64_t width = counts.settings[QUEUE_WIDTH];
    if (counts.paused)
        snprintf(text, WAITING_BYTES, "the queue '%s' is paused: quern queue resume %s", client->name, client->name);
    else if (width && counts.jobs[JOB_RUNNING] >= width)
        snprintf(text, WAITING_BYTES, "%" PRIu64 " of %" PRIu64 " jobs run that may at once: quern queue limit %s",
                 counts.jobs[JOB_RUNNING], width, client->name);
    else if (workers_read(client, &workers, &ignored) == 0)
        blame_workers(client, workers_best(&workers), text);
    workers_free(&workers);
    return text;
}
