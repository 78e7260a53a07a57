// SPDX-License-Identifier: Apache-2.0
#include "cli/workers.h"

#include <stdlib.h>
#include <string.h>

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

const char *workers_said(const struct queue_worker *worker, const char *word, char text[QUEUE_INFO_BYTES]) {
    size_t bytes = strlen(word);
    text[0] = '\0';
    for (const char *at = worker->info; *at; at += strcspn(at, " "), at += *at == ' ') {
        bool is_why = strncmp(at, "why=", 4) == 0;
        const char *value = at + bytes + 1;
        if (strncmp(at, word, bytes) == 0 && at[bytes] == '=') {
            snprintf(text, QUEUE_INFO_BYTES, "%.*s", is_why ? -1 : (int)strcspn(value, " "), value);
            return text;
        }
        if (is_why)
            return text;
    }
    return text;
}

enum workers_state workers_state(const struct queue_worker *worker) {
    char text[QUEUE_INFO_BYTES];
    workers_said(worker, "state", text);
    return !worker->alive                                      ? WORKERS_SILENT
           : worker->draining || strcmp(text, "draining") == 0 ? WORKERS_DRAINING
           : strcmp(text, "starting") == 0                     ? WORKERS_STARTING
           : strcmp(text, "unready") == 0                      ? WORKERS_UNREADY
                                                               : WORKERS_READY;
}

const struct queue_worker *workers_best(const struct workers *workers) {
    const struct queue_worker *best = NULL;
    for (size_t i = 0; i < workers->count; i++)
        if (!best || workers_state(&workers->list[i]) > workers_state(best))
            best = &workers->list[i];
    return best && workers_state(best) > WORKERS_SILENT ? best : NULL;
}

void workers_free(struct workers *workers) {
    free(workers->list);
    *workers = (struct workers){0};
}
