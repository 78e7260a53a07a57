// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include <string.h>

#include "kept.h"
#include "quern/clock.h"
#include "quern/own.h"

void attempt_init(struct attempt *attempt, struct supervisor_calls *calls, struct delivery *delivery) {
    memset(attempt, 0, sizeof *attempt);
    attempt->calls = calls;
    attempt->delivery = delivery;
    attempt->report.attempt = attempt;
    attempt->begun_ns = clock_now_ns();
    attempt->codec.requests = attempt->zygote = attempt->asked = attempt->work_dir = attempt->work_hold =
        attempt->joined = -1;
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
    kept_done(attempt);
    requests_close(&attempt->requests);
    int *const fds[] = {&attempt->codec.requests, &attempt->zygote, &attempt->asked,     &attempt->work_dir,
                        &attempt->work_hold,      &attempt->joined, &attempt->script.fd, &attempt->bundle.fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        own_close(fds[i]);
    spool_done(&attempt->out);
    spool_done(&attempt->err);
    manifest_done(&attempt->manifest);
    job_free(&attempt->job);
}
