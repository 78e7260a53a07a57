// SPDX-License-Identifier: Apache-2.0
/* The border: what a hostile child says becomes what the worker may read. */
#include <stdbool.h>
#include <string.h>

#include "quern/host.h"

// The bytes of the UTF-8 sequence that starts at `text`, or 0 if it is none. Terminated text: a NUL is no continuation.
static size_t utf8_sequence(const unsigned char *text) {
    if (text[0] < 0x80)
        return 1;
    size_t length = text[0] >= 0xf0 && text[0] <= 0xf4   ? 4
                    : text[0] >= 0xe0 && text[0] <= 0xef ? 3
                    : text[0] >= 0xc2 && text[0] <= 0xdf ? 2
                                                         : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
    bool surrogate = text[0] == 0xed && text[1] >= 0xa0;
    bool beyond = text[0] == 0xf4 && text[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

static bool is_control(const unsigned char *text) {
    bool c0 = text[0] < 0x20 && text[0] != '\n' && text[0] != '\t';
    bool c1 = text[0] == 0xc2 && text[1] < 0xa0;
    return c0 || c1 || text[0] == 0x7f;
}

static void make_safe(char *field, size_t bytes) {
    unsigned char *text = (unsigned char *)field;
    text[bytes - 1] = '\0';
    while (*text) {
        size_t length = utf8_sequence(text);
        if (length && !is_control(text)) {
            text += length;
            continue;
        }
        for (size_t i = 0; i < (length ? length : 1); i++)
            *text++ = '?';
    }
}

static bool may_raise(uint32_t reason) {
    switch (reason) {
    case REASON_EXCEPTION:
    case REASON_EXIT:
    case REASON_BAD_INPUT:
    case REASON_BAD_RESULT:
    case REASON_LIMIT_MEMORY:
    case REASON_LIMIT_DISK:
    case REASON_BUG:
        return true;
    default:
        return false;
    }
}

int host_answer_check(struct host_answer *answer, size_t fd_count, struct err *err) {
    bool wants_fd = answer->kind == HOST_READY || answer->kind == HOST_RESULT;
    if (answer->kind < HOST_READY || answer->kind > HOST_DONE)
        return err_set(err, REASON_BAD_RESULT, "the script's process sent a record of kind %u", answer->kind);
    if (fd_count != (wants_fd ? 1 : 0))
        return err_set(err, REASON_BAD_RESULT, "the script's process sent a record of kind %u with %zu descriptors",
                       answer->kind, fd_count);
    if (answer->kind == HOST_RAISED && !may_raise(answer->reason))
        return err_set(err, REASON_BAD_RESULT, "the script's process claimed reason %u", answer->reason);
    if (answer->kind == HOST_RESULT && answer->port > HOST_MAX_PORTS)
        return err_set(err, REASON_BAD_RESULT, "the script's process returned port %u", answer->port);
    make_safe(answer->name, sizeof answer->name);
    make_safe(answer->value, sizeof answer->value);
    return 0;
}
