// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include <string.h>

#include "quern/own.h"

void attempt_init(struct attempt *attempt) {
    memset(attempt, 0, sizeof *attempt);
    attempt->calls.socket = -1;
    attempt->report.events = -1;
    attempt->report.manifest = &attempt->manifest;
    attempt->codec.requests = attempt->zygote = attempt->work_dir = attempt->joined = -1;
    attempt->script.fd = attempt->bundle.fd = -1;
    for (uint32_t i = 0; i < HOST_MAX_PORTS; i++) {
        attempt->inputs[i].blob.fd = attempt->inputs[i].segment = -1;
        attempt->results[i].segment = -1;
    }
    spool_init(&attempt->out);
    spool_init(&attempt->err);
}

void attempt_done(struct attempt *attempt) {
    for (uint32_t i = 0; i < HOST_MAX_PORTS; i++) {
        own_close(&attempt->inputs[i].blob.fd);
        own_close(&attempt->inputs[i].segment);
        own_close(&attempt->results[i].segment);
    }
    for (uint32_t i = 0; i < attempt->picture_count; i++) {
        free(attempt->pictures[i].name);
        own_close(&attempt->pictures[i].fd);
    }
    free(attempt->pictures);
    int *const fds[] = {&attempt->codec.requests, &attempt->zygote,    &attempt->work_dir,
                        &attempt->joined,         &attempt->script.fd, &attempt->bundle.fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        own_close(fds[i]);
    spool_done(&attempt->out);
    spool_done(&attempt->err);
    storage_drop_close(attempt->drop);
    storage_close(attempt->store);
    manifest_done(&attempt->manifest);
    job_free(&attempt->job);
}
