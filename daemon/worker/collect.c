// SPDX-License-Identifier: Apache-2.0
/* Step collect: what came back is checked; the pictures are joined. The tree is dead: nothing changes any more. */
#include "attempt.h"
#include "daemon/failpoint.h"
#include "left.h"
#include "pictures.h"
#include "quern/memory.h"
#include "quern/own.h"

static int check_result(struct attempt *attempt, struct attempt_result *result, struct err *err) {
    struct codec_outcome outcome;
    struct err why;
    if (result->kind != OBJECT_DATASET)
        return 0;
    if (codec_check(&attempt->codec, result->segment, &outcome, &why) < 0) {
        err_set(err, (enum reason)why.reason, "%s: %.900s", result->port, why.msg);
        return -1;
    }
    result->rows = outcome.rows;
    result->columns = outcome.columns;
    return 0;
}

static int check_results(struct attempt *attempt, struct err *err) {
    for (uint32_t i = 0; i < attempt->result_count; i++)
        TRY(check_result(attempt, &attempt->results[i], err));
    return 0;
}

// Warnings of the codec take `joined` back from the pictures it skips.
static int join(struct attempt *attempt, struct err *err) {
    int fds[CODEC_MAX_PICTURES];
    for (uint32_t i = 0; i < attempt->picture_count; i++) {
        fds[i] = attempt->pictures[i].fd;
        attempt->pictures[i].joined = true;
    }
    auto_fd int output = memory_new("quern-picture", 0, err);
    TRY(output);
    struct codec_outcome outcome;
    TRY(codec_join(&attempt->codec, fds, attempt->picture_count, output, &outcome, err));
    if (!outcome.pictures)
        return 0;
    TRY(memory_seal(output, err));
    attempt->joined = memory_reopen(output, err);
    TRY(attempt->joined);
    attempt->manifest.pictures = outcome.pictures;
    attempt->manifest.picture_width = outcome.width;
    attempt->manifest.picture_height = outcome.height;
    report_picture(&attempt->report, attempt->joined);
    return 0;
}

int step_collect(struct attempt *attempt, struct err *err) {
    if (!attempt->verdict.reason)
        TRY(check_results(attempt, err));
    FAILPOINT("collect:checked");
    if (attempt->work_dir < 0)
        return 0;
    TRY(left_find(attempt, err));
    TRY(pictures_find(attempt, err));
    return attempt->picture_count ? join(attempt, err) : 0;
}
