// SPDX-License-Identifier: Apache-2.0
#include "quern/request.h"

#include <string.h>

#include "ops/python/text.h"
#include "quern/utf8.h"

static size_t expected_fds(uint32_t kind) {
    if (kind == REQUEST_PROGRESS)
        return 0;
    return kind == REQUEST_FILE || kind == REQUEST_WRITE || kind == REQUEST_PUT ? 2 : 1;
}

static int check_text(const char *what, const char *text, size_t room, struct err *err) {
    size_t bytes = strnlen(text, room);
    if (bytes == room || !utf8_ok(text, bytes))
        return err_set(err, REASON_BAD_RESULT, "a request of the script's process: expected a %s of UTF-8", what);
    return 0;
}

// For a terminal and a line of a list.
static void clean_line(char *text, size_t room) {
    char safe[REQUEST_TEXT_BYTES];
    text_copy(safe, room, text);
    for (char *c = safe; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    memcpy(text, safe, strlen(safe) + 1);
}

int request_check(struct request *request, size_t fd_count, struct err *err) {
    if (request->kind < REQUEST_PROGRESS || request->kind > REQUEST_REMOVE)
        return err_set(err, REASON_BAD_RESULT, "request %u of the script's process is unknown", request->kind);
    if (fd_count != expected_fds(request->kind))
        return err_set(err, REASON_BAD_RESULT,
                       "request %u of the script's process: expected %zu descriptors, found %zu", request->kind,
                       expected_fds(request->kind), fd_count);
    TRY(check_text("name", request->name, sizeof request->name, err));
    TRY(check_text("text", request->text, sizeof request->text, err));
    if (request->kind == REQUEST_PROGRESS)
        clean_line(request->text, sizeof request->text);
    return 0;
}
