// SPDX-License-Identifier: Apache-2.0
/* Step complete: the record is written last, and makes the outputs visible. */
#include <string.h>

#include "attempt.h"
#include "quern/memory.h"
#include "quern/own.h"

static enum job_state final_state(const struct err *verdict) {
    if (!verdict->reason)
        return JOB_SUCCEEDED;
    return verdict->reason == REASON_CANCELLED ? JOB_CANCELLED : JOB_FAILED;
}

static int write_manifest(struct attempt *attempt, struct err *err) {
    auto_free char *json = NULL;
    size_t bytes = 0;
    attempt->manifest.state = final_state(&attempt->verdict);
    attempt->manifest.err = attempt->verdict;
    TRY(manifest_encode(&attempt->manifest, &json, &bytes, err));
    return memory_from("quern-manifest", json, bytes, err);
}

// What an earlier run left in the same directory, and this one does not have, goes.
static int commit_files(struct attempt *attempt, int manifest, struct err *err) {
    if (!attempt->drop)
        return 0;
    TRY(storage_drop_add(attempt->drop, "job.json", manifest, err));
    return storage_drop_commit(attempt->drop, manifest_files, err);
}

int step_complete(struct attempt *attempt, struct err *err) {
    auto_fd int manifest = write_manifest(attempt, err);
    TRY(manifest);
    struct err why;
    if (commit_files(attempt, manifest, &why) < 0) {
        // The files cannot be had: the record that is told must not claim them.
        if (!attempt->verdict.reason)
            attempt->verdict = why;
        close(steal_fd(&manifest));
        manifest = write_manifest(attempt, err);
        TRY(manifest);
    }
    report_manifest(&attempt->report, &attempt->verdict, manifest);
    return 0;
}
