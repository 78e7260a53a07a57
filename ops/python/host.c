// SPDX-License-Identifier: Apache-2.0
#include "quern/host.h"

#include <stdbool.h>
#include <string.h>

#include "ops/python/text.h"

static bool may_raise(uint32_t reason) {
    return reason == REASON_EXCEPTION || reason == REASON_EXIT || reason == REASON_BAD_INPUT ||
           reason == REASON_BAD_RESULT || reason == REASON_LIMIT_MEMORY || reason == REASON_LIMIT_DISK ||
           reason == REASON_LIMIT_PROCESSES || reason == REASON_LIMIT_OPEN_FILES || reason == REASON_LIMIT_OUTPUT ||
           reason == REASON_BUG;
}

static void clean(char *field, size_t bytes) {
    char safe[HOST_VALUE_BYTES];
    field[bytes - 1] = '\0';
    text_copy(safe, bytes < sizeof safe ? bytes : sizeof safe, field);
    memcpy(field, safe, strlen(safe) + 1);
}

static int check_fds(const struct host_answer *answer, size_t fd_count, struct err *err) {
    size_t expected = answer->kind == HOST_READY || answer->kind == HOST_RESULT;
    if (fd_count != expected)
        return err_set(err, REASON_BAD_RESULT, "answer %u of the script's process: expected %zu descriptors, found %zu",
                       answer->kind, expected, fd_count);
    return 0;
}

int host_answer_check(struct host_answer *answer, size_t fd_count, struct err *err) {
    if (answer->kind < HOST_READY || answer->kind > HOST_TRACEBACK)
        return err_set(err, REASON_BAD_RESULT, "answer %u of the script's process is unknown", answer->kind);
    TRY(check_fds(answer, fd_count, err));
    clean(answer->name, sizeof answer->name);
    clean(answer->value, sizeof answer->value);
    if (answer->kind == HOST_RAISED && !may_raise(answer->reason))
        return err_set(err, REASON_BAD_RESULT, "the script's process raised with the unknown reason %u",
                       answer->reason);
    if (answer->kind == HOST_RESULT && (answer->detail < OBJECT_DATASET || answer->detail >= OBJECT_KIND_COUNT ||
                                        (answer->detail != OBJECT_DATASET && answer->port != 0)))
        return err_set(err, REASON_BAD_RESULT, "a result of the unknown kind %d came for port %u", answer->detail,
                       answer->port);
    if (answer->kind == HOST_RESULT && (answer->port > HOST_MAX_PORTS || (answer->port == 0 && !*answer->name)))
        return err_set(err, REASON_BAD_RESULT, "a result came for port %u: expected 1 to %u, or 0 and a name",
                       answer->port, HOST_MAX_PORTS);
    return 0;
}
