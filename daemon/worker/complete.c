// SPDX-License-Identifier: Apache-2.0
/* Step complete: the record is written last, and makes the outputs visible. */
#include <stdlib.h>
#include <unistd.h>

#include "attempt.h"
#include "quern/memory.h"

static enum job_state final_state(const struct err *verdict) {
    if (!verdict->reason)
        return JOB_SUCCEEDED;
    return verdict->reason == REASON_CANCELLED ? JOB_CANCELLED : JOB_FAILED;
}

struct written {
    char *json; // owned
    struct delivery_manifest manifest;
};

static void written_done(struct written *written) {
    free(written->json);
    if (written->manifest.fd >= 0)
        close(written->manifest.fd);
}

static int write_manifest(struct attempt *attempt, struct written *ret, struct err *err) {
    struct written written = {.manifest.fd = -1};
    attempt->manifest.state = final_state(&attempt->verdict);
    attempt->manifest.err = attempt->verdict;
    attempt->delivery->kind->settle(attempt);
    TRY(manifest_encode(&attempt->manifest, &written.json, &written.manifest.bytes, err));
    written.manifest.json = written.json;
    written.manifest.fd = memory_from("quern-manifest", written.json, written.manifest.bytes, err);
    if (written.manifest.fd < 0) {
        written_done(&written);
        return -1;
    }
    written_done(ret);
    *ret = written;
    return 0;
}

static int complete(struct attempt *attempt, struct written *written, struct err *err) {
    const struct delivery_kind *kind = attempt->delivery->kind;
    struct err why;
    TRY(write_manifest(attempt, written, err));
    if (kind->commit(attempt, &written->manifest, &why) < 0) {
        // The files cannot be had: the record that is told must not claim them.
        if (!attempt->verdict.reason)
            attempt->verdict = why;
        TRY(write_manifest(attempt, written, err));
    }
    return kind->conclude(attempt, &written->manifest, err);
}

int step_complete(struct attempt *attempt, struct err *err) {
    struct written written = {.manifest.fd = -1};
    int result = complete(attempt, &written, err);
    written_done(&written);
    return result;
}
