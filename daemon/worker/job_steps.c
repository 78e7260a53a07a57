// SPDX-License-Identifier: Apache-2.0
/* The spine: the life of a job, step by step (schemas/steps.def). */
#include <string.h>

#include "attempt.h"
#include "quern/clock.h"

static const struct {
    int (*run)(struct attempt *attempt, struct err *err);
    bool always; // also when the job has failed before: what was printed and drawn is kept, and the record is written
} steps[STEP_COUNT] = {
    [STEP_CLAIM] = {step_claim, false},    [STEP_LOAD] = {step_load, false},
    [STEP_RUN] = {step_run, false},        [STEP_COLLECT] = {step_collect, true},
    [STEP_PUBLISH] = {step_publish, true}, [STEP_COMPLETE] = {step_complete, true},
};

static uint64_t deadline_ms(const struct attempt *attempt, enum step step) {
    uint64_t own = step_deadline_ms(step);
    if (own)
        return own + attempt->delivery->patience_ms;
    uint64_t limit = attempt->job.limits.time_ms;
    return limit ? limit + STEP_GRACE_MS : 0;
}

// Azure's numbers for inputs that cannot be used: told by step load of datasets, and by the child.
static uint32_t error_number(const struct err *why) {
    bool told = why->detail == HOST_ERROR_BUNDLE || why->detail == HOST_ERROR_DATASET;
    return why->reason == REASON_BAD_INPUT && told ? (uint32_t)why->detail : HOST_ERROR_NONE;
}

bool job_steps_wait(struct attempt *attempt, const struct err *why) {
    struct err ignored;
    enum step step = attempt->step;
    if (strcmp(attempt->awaited.msg, why->msg) != 0)
        report_wait(&attempt->report, step, why);
    attempt->awaited = *why;
    if (calls_stay(attempt->calls, step, deadline_ms(attempt, step), &ignored) < 0)
        return false;
    // A record that is written beats a cancellation that came late.
    return !calls_dropped(attempt->calls) && (step == STEP_COMPLETE || !attempt->calls->cancelled);
}

static int run_step(struct attempt *attempt, enum step step, struct err *err) {
    attempt->step = step;
    attempt->awaited = (struct err){0};
    TRY(calls_step(attempt->calls, step, deadline_ms(attempt, step), err));
    if (calls_dropped(attempt->calls))
        return err_set(err, REASON_LOST, "the job was taken away before step %s", step_name(step));
    if (attempt->calls->cancelled && !steps[step].always)
        return err_set(err, REASON_CANCELLED, "cancelled before step %s", step_name(step));
    return steps[step].run(attempt, err);
}

int job_steps_run(struct attempt *attempt, struct err *err) {
    for (enum step step = 0; step < STEP_COUNT; step++) {
        if (attempt->verdict.reason && !steps[step].always)
            continue;
        struct err why = {0};
        uint64_t begun = step == STEP_CLAIM ? attempt->begun_ns : clock_now_ns();
        report_step_begin(&attempt->report, step);
        int failed = run_step(attempt, step, &why);
        uint64_t elapsed_us = (clock_now_ns() - begun) / 1000;
        attempt->manifest.step_us[step] = elapsed_us;
        report_step_end(&attempt->report, step, elapsed_us, &why);
        if (failed && !attempt->verdict.reason) {
            attempt->manifest.error_number = error_number(&why);
            attempt->verdict = why;
        }
        if (calls_dropped(attempt->calls))
            return 0;
        if (failed && step == STEP_COMPLETE) {
            *err = why;
            return -1;
        }
    }
    return 0;
}
