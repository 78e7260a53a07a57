// SPDX-License-Identifier: Apache-2.0
/* Step run of a job that only looks at its input: quern-codec makes a product of the segment, the events carry it. */
#include "attempt.h"
#include "quern/memory.h"
#include "quern/own.h"

static int produce(struct attempt *attempt, int output, struct err *err) {
    struct codec *codec = &attempt->codec;
    struct codec_outcome outcome;
    int segment = attempt->inputs[0].segment;
    // What the typing child returned has passed; what a decoder made of foreign bytes has not.
    uint32_t format = attempt->job.inputs[0].format;
    enum codec_trust trust = job_is_text_table(format) ? CODEC_CHECKED : CODEC_UNCHECKED;
    switch (attempt->task) {
    case RUN_ENCODE:
        return codec_encode(codec, segment, trust, output, &outcome, err);
    case RUN_HEAD:
        return codec_head(codec, segment, trust, attempt->task_rows, output, &outcome, err);
    case RUN_PROFILE:
        return codec_profile(codec, segment, trust, output, &outcome, err);
    case RUN_CSV:
        return codec_text(codec, segment, trust, ',', output, &outcome, err);
    case RUN_TSV:
        return codec_text(codec, segment, trust, '\t', output, &outcome, err);
    case RUN_CHECK:
    case RUN_SCRIPT:
    case RUN_LINT:
    case RUN_TASK_COUNT:
        break;
    }
    return err_set(err, REASON_BUG, "task %d has no product", (int)attempt->task);
}

int view_run(struct attempt *attempt, struct err *err) {
    if (attempt->job.input_count != 1)
        return err_set(err, REASON_BUG, "a look at a dataset: expected one input, found %zu", attempt->job.input_count);
    if (attempt->task == RUN_CHECK)
        return 0;
    auto_fd int output = memory_new("quern-product", 0, err);
    TRY(output);
    TRY(produce(attempt, output, err));
    report_product(&attempt->report, output);
    return 0;
}
