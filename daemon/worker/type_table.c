// SPDX-License-Identifier: Apache-2.0
#include "type_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "child.h"
#include "quern/own.h"

struct typing {
    struct attempt *attempt;
    int segment;
};

static int on_result(void *context, const struct host_answer *answer, int fd, struct err *err) {
    struct typing *typing = context;
    auto_fd int segment = fd;
    if (typing->segment >= 0 || answer->port != 1 || answer->detail != OBJECT_DATASET)
        return err_set(err, REASON_BAD_RESULT, "the table was returned twice or at port %u", answer->port);
    typing->segment = steal_fd(&segment);
    return 0;
}

static void on_note(void *context, const char *about, const char *text) {
    struct typing *typing = context;
    report_warning(&typing->attempt->report, "%s%s%s", about, about[0] ? ": " : "", text);
}

static int tell(struct child *child, struct attempt *attempt, const struct job_input *table, int file,
                struct host_call *commit, struct err *err) {
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return err_sys(err, REASON_INFRA, "/dev/null");
    const int outputs[] = {null, null};
    *commit = (struct host_call){.kind = HOST_COMMIT, .limits = attempt->job.limits.jail};
    struct host_call text = {.kind = HOST_TABLE,
                             .flags = table->no_header ? HOST_NO_HEADER : 0,
                             .separator = table->format == JOB_TSV ? '\t' : ','};
    struct host_call start = {.kind = HOST_START, .task = HOST_TASK_TYPE, .dialect = attempt->job.dialect};
    snprintf(text.name, sizeof text.name, "%s", table->source.name);
    TRY(child_send(child, commit, outputs, 2, err));
    TRY(child_send(child, &text, &file, 1, err));
    for (size_t i = 0; i < table->column_count; i++) {
        struct host_call column = {.kind = HOST_COLUMN};
        snprintf(column.value, sizeof column.value, "%s", table->columns[i]);
        TRY(child_send(child, &column, NULL, 0, err));
    }
    return child_send(child, &start, NULL, 0, err);
}

static int attend(struct child *child, struct attempt *attempt, const struct job_input *table, int file,
                  struct typing *typing, struct err *err) {
    struct host_call commit;
    struct child_listener listener = {.context = typing,
                                      .on_result = on_result,
                                      .on_note = on_note,
                                      .result_bytes = attempt->job.limits.result_bytes};
    int control = child_ask(attempt->zygote, &attempt->job.limits, HOST_NOW, err);
    TRY(control);
    TRY(child_take(child, control, &attempt->job.limits, err));
    TRY(tell(child, attempt, table, file, &commit, err));
    TRY(child_attend(child, &listener, err));
    TRY(child_verdict(child, &commit, &listener, err));
    if (typing->segment < 0)
        return err_set(err, REASON_BUG, "%s: the typing child returned nothing", table->source.name);
    struct codec_outcome outcome;
    return codec_check(&attempt->codec, typing->segment, &outcome, err);
}

int type_table(struct attempt *attempt, const struct job_input *table, int file, struct err *err) {
    struct typing typing = {.attempt = attempt, .segment = -1};
    struct child child;
    child_init(&child, attempt->calls);
    int result = attend(&child, attempt, table, file, &typing, err);
    child_done(&child);
    auto_fd int segment = typing.segment;
    return result < 0 ? -1 : steal_fd(&segment);
}
