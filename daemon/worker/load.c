// SPDX-License-Identifier: Apache-2.0
/* Step load: fetch the script, bring every input into a segment, once per host. */
#include <stdio.h>
#include <string.h>

#include "attempt.h"
#include "column_report.h"
#include "connect.h"
#include "daemon/failpoint.h"
#include "quern/own.h"
#include "quern/segment.h"
#include "type_table.h"
#include "wish.h"

struct grant {
    struct attempt *attempt;
    const struct supervisor_key *key;
};

static int grant_memory(void *context, uint64_t bytes, uint64_t rows, uint32_t columns, struct err *err) {
    const struct grant *grant = context;
    (void)rows;
    (void)columns;
    int file = calls_grant(grant->attempt->calls, grant->key, bytes, err);
    FAILPOINT("load:granted");
    return file;
}

// A message of the codec does not know which input it speaks of.
static int name_input(const struct job_input *wanted, struct err *err) {
    struct err why = *err;
    err_set(err, (enum reason)why.reason, "%.200s: %.800s", wanted->source.name, why.msg);
    return -1;
}

static int decode(struct attempt *attempt, const struct job_input *wanted, struct attempt_input *in, struct err *err) {
    struct grant grant = {attempt, &in->key};
    struct codec_outcome outcome;
    auto_free char *names = NULL;
    struct codec_wish wish;
    TRY(wish_make(attempt, wanted, &names, &wish, err));
    if (wanted->format != JOB_ARFF)
        return codec_decode(&attempt->codec, in->blob.fd, &wish, grant_memory, &grant, &outcome, err);
    if (wish.columns)
        return err_set(err, REASON_BAD_INPUT,
                       "columns cannot be chosen from an ARFF file; store it as Arrow: quern dataset put FILE KEY");
    return codec_arff(&attempt->codec, in->blob.fd, attempt->profile, grant_memory, &grant, &outcome, err);
}

static int produce(struct attempt *attempt, const struct job_input *wanted, struct attempt_input *in, struct err *err) {
    auto_fd int typed = -1;
    if (job_is_text_table(wanted->format)) {
        typed = type_table(attempt, wanted, in->blob.fd, err);
        TRY(typed);
    } else if (decode(attempt, wanted, in, err) < 0) {
        return name_input(wanted, err);
    }
    TRY(storage_check_unchanged(&in->blob, wanted->source.name, err));
    FAILPOINT("load:decoded");
    in->segment = calls_publish(attempt->calls, &in->key, typed, err);
    return in->segment < 0 ? -1 : 0;
}

static int load_one(struct attempt *attempt, const struct job_input *wanted, struct attempt_input *in,
                    struct err *err) {
    struct err ignored;
    report_flush(&attempt->report);
    if (produce(attempt, wanted, in, err) == 0)
        return 0;
    (void)!calls_abandon(attempt->calls, &in->key, &ignored);
    return -1;
}

static int load_input(struct attempt *attempt, uint32_t input, struct err *err) {
    return load_one(attempt, &attempt->job.inputs[input], &attempt->inputs[input], err);
}

// ---- several inputs may be the same dataset: one key, one segment, a mapping of its own for each port ----

struct wanted {
    struct supervisor_key keys[HOST_MAX_PORTS];
    uint32_t first_input[HOST_MAX_PORTS]; /* of each key */
    uint32_t count;
};

static void want(struct wanted *wanted, uint32_t input, const struct supervisor_key *key) {
    for (uint32_t i = 0; i < wanted->count; i++)
        if (strcmp(wanted->keys[i].text, key->text) == 0)
            return;
    wanted->keys[wanted->count] = *key;
    wanted->first_input[wanted->count++] = input;
}

// Nobody here makes anything of its bytes: they are for the child.
static bool is_object(const struct attempt *attempt, uint32_t input) {
    return job_object(attempt->job.inputs[input].format) != OBJECT_DATASET;
}

static int make_keys(struct attempt *attempt, struct wanted *wanted, struct err *err) {
    wanted->count = 0;
    for (uint32_t i = 0; i < attempt->job.input_count; i++) {
        if (is_object(attempt, i))
            continue;
        TRY(wish_key(attempt, &attempt->job.inputs[i], attempt->inputs[i].blob.version, &attempt->inputs[i].key, err));
        want(wanted, i, &attempt->inputs[i].key);
    }
    return 0;
}

static int wait_for_others(struct attempt *attempt, const struct wanted *wanted, uint32_t waits, struct err *err) {
    while (waits > 0) {
        uint32_t index = 0, state = 0;
        int fd = -1;
        TRY(calls_wait_segment(attempt->calls, &index, &state, &fd, err));
        if (index >= wanted->count)
            return err_set(err, REASON_BUG, "the supervisor spoke of key %u of %u", index, wanted->count);
        if (state == SUPERVISOR_LOAD)
            TRY(load_input(attempt, wanted->first_input[index], err));
        else
            attempt->inputs[wanted->first_input[index]].segment = fd;
        waits--;
    }
    return 0;
}

static int load_all(struct attempt *attempt, const struct wanted *wanted, struct err *err) {
    uint32_t states[HOST_MAX_PORTS], waits = 0;
    int fds[HOST_MAX_PORTS];
    TRY(calls_reserve(attempt->calls, wanted->keys, wanted->count, states, fds, err));
    FAILPOINT("load:reserved");
    for (uint32_t i = 0; i < wanted->count; i++) {
        attempt->inputs[wanted->first_input[i]].segment = fds[i];
        attempt->inputs[wanted->first_input[i]].state = states[i];
    }
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (states[i] == SUPERVISOR_LOAD)
            TRY(load_input(attempt, wanted->first_input[i], err));
        waits += states[i] == SUPERVISOR_WAIT;
    }
    return wait_for_others(attempt, wanted, waits, err);
}

static int share(struct attempt *attempt, uint32_t input, struct err *err) {
    struct attempt_input *in = &attempt->inputs[input];
    for (uint32_t i = 0; i < input && in->segment < 0; i++)
        if (strcmp(attempt->inputs[i].key.text, in->key.text) == 0) {
            in->segment = dup(attempt->inputs[i].segment);
            if (in->segment < 0)
                return err_sys(err, REASON_INFRA, "dup");
        }
    struct segment_header header;
    if (pread(in->segment, &header, sizeof header, 0) != (ssize_t)sizeof header)
        return err_sys(err, REASON_BUG, "reading the header of a segment");
    in->bytes = header.total_bytes;
    struct manifest_input *record = &attempt->manifest.inputs[input];
    record->rows = header.rows;
    record->columns = header.columns;
    record->segment_bytes = header.total_bytes;
    record->cached = in->state == SUPERVISOR_HIT;
    return column_report(attempt, input, err);
}

// ---- one more, while the script runs ----

int load_dataset(struct attempt *attempt, const struct job_input *wanted, struct attempt_input *in, struct err *err) {
    uint32_t index = 0;
    TRY(wish_key(attempt, wanted, in->blob.version, &in->key, err));
    TRY(calls_reserve(attempt->calls, &in->key, 1, &in->state, &in->segment, err));
    if (in->state == SUPERVISOR_WAIT)
        TRY(calls_wait_segment(attempt->calls, &index, &in->state, &in->segment, err));
    return in->state == SUPERVISOR_LOAD ? load_one(attempt, wanted, in, err) : 0;
}

static void note_input(struct attempt *attempt, uint32_t input) {
    const struct manifest_input *record = &attempt->manifest.inputs[input];
    if (is_object(attempt, input))
        report_note(&attempt->report, "%.200s  %s", record->name, object_word(record->kind));
    else
        report_note(&attempt->report, "%.200s  %llu × %llu", record->name, (unsigned long long)record->rows,
                    (unsigned long long)record->columns);
}

// A plan for a look at a dataset finds none.
static int check_task(const struct attempt *attempt, struct err *err) {
    for (uint32_t i = 0; i < attempt->job.input_count; i++) {
        const struct job_input *input = &attempt->job.inputs[i];
        if (!is_object(attempt, i))
            continue;
        if (attempt->task != RUN_SCRIPT)
            return err_set(err, REASON_BAD_INPUT, "%.200s: expected a dataset, found an object of the kind %s",
                           input->source.name, object_word(job_object(input->format)));
        if (input->columns)
            return err_set(err, REASON_BAD_INPUT,
                           "%.200s: expected a dataset to take columns of, found one of the kind %s",
                           input->source.name, object_word(job_object(input->format)));
    }
    return 0;
}

static int load_inputs(struct attempt *attempt, struct err *err) {
    struct wanted wanted;
    TRY(check_task(attempt, err));
    TRY(make_keys(attempt, &wanted, err));
    if (wanted.count)
        TRY(load_all(attempt, &wanted, err));
    for (uint32_t i = 0; i < attempt->job.input_count; i++)
        if (!is_object(attempt, i))
            TRY(share(attempt, i, err));
    for (uint32_t i = 0; i < attempt->job.input_count; i++)
        note_input(attempt, i);
    return 0;
}

// Its child gets ready meanwhile, also where there is nothing else to load.
static int fetch_script(struct attempt *attempt, struct err *err) {
    const struct job *job = &attempt->job;
    const struct delivery_kind *delivery = attempt->delivery->kind;
    if (attempt->task == RUN_SCRIPT || attempt->task == RUN_LINT)
        TRY(delivery->open(attempt, &job->script, &attempt->script, err));
    return job->bundle.url ? delivery->open(attempt, &job->bundle, &attempt->bundle, err) : 0;
}

int step_load(struct attempt *attempt, struct err *err) {
    TRY(connect_zygote(attempt, err));
    TRY(fetch_script(attempt, err));
    TRY(connect_codec(attempt, err));
    if (attempt->task == RUN_LINT || load_inputs(attempt, err) == 0)
        return 0;
    err->detail = HOST_ERROR_DATASET;
    return -1;
}
