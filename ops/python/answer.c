// SPDX-License-Identifier: Apache-2.0
#include "ops/python/answer.h"

#include <string.h>

#include "ops/python/text.h"
#include "quern/host.h"
#include "quern/own.h"
#include "quern/record.h"

static int answer_send(int conversation, const struct host_answer *answer, int fd, struct err *err) {
    return record_send(conversation, answer, sizeof *answer, &fd, fd >= 0, err);
}

int answer_ready(int conversation, int work_dir, struct err *err) {
    struct host_answer answer = {.kind = HOST_READY};
    return answer_send(conversation, &answer, work_dir, err);
}

int answer_note(int conversation, const char *name, const char *text, struct err *err) {
    struct host_answer answer = {.kind = HOST_NOTE};
    text_copy(answer.name, sizeof answer.name, name);
    text_copy(answer.value, sizeof answer.value, text);
    return answer_send(conversation, &answer, -1, err);
}

int answer_result(int conversation, uint32_t port, const char *name, uint64_t rows, int segment, struct err *err) {
    if (port > HOST_MAX_PORTS || (port == 0 && !*name) || segment < 0)
        return err_set(err, REASON_BUG, "result on port %u: expected a port up to %u, or 0 and a name, and a segment",
                       port, HOST_MAX_PORTS);
    struct host_answer answer = {.kind = HOST_RESULT, .port = port, .rows = rows};
    text_copy(answer.name, sizeof answer.name, name);
    return answer_send(conversation, &answer, segment, err);
}

int answer_object(int conversation, const char *name, uint32_t kind, int file, struct err *err) {
    if (kind <= OBJECT_DATASET || kind >= OBJECT_KIND_COUNT || !*name || file < 0)
        return err_set(err, REASON_BUG, "an object of kind %u: expected a kind, a name and a file", kind);
    struct host_answer answer = {.kind = HOST_RESULT, .detail = (int32_t)kind};
    text_copy(answer.name, sizeof answer.name, name);
    return answer_send(conversation, &answer, file, err);
}

int answer_file(int conversation, int *ret_file, struct err *err) {
    struct host_call record;
    auto_fd int file = -1;
    size_t count = 0;
    int got = record_receive(conversation, &record, sizeof record, &file, 1, &count, err);
    TRY(got);
    if (got == 0 || record.kind != HOST_LENT || count != 1)
        return err_set(err, REASON_INFRA, "expected the file of a result, found %s",
                       got ? "another record" : "no worker");
    *ret_file = steal_fd(&file);
    return 0;
}

int answer_traceback(int conversation, const char *text, struct err *err) {
    struct host_answer answer = {.kind = HOST_TRACEBACK};
    text_copy(answer.value, sizeof answer.value, text);
    return answer_send(conversation, &answer, -1, err);
}

int answer_raised(int conversation, enum reason reason, int32_t detail, const char *type, const char *message,
                  uint32_t line, bool in_entry, uint64_t met, struct err *err) {
    struct host_answer answer = {
        .kind = HOST_RAISED, .reason = reason, .detail = detail, .line = line, .in_entry = in_entry, .met = met};
    text_copy(answer.name, sizeof answer.name, type);
    text_copy(answer.value, sizeof answer.value, message);
    return answer_send(conversation, &answer, -1, err);
}

int answer_done(int conversation, struct err *err) {
    struct host_answer answer = {.kind = HOST_DONE};
    return answer_send(conversation, &answer, -1, err);
}
