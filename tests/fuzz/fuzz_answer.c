// SPDX-License-Identifier: Apache-2.0
// What a hostile child may send: the checked record must be safe to read and to print, whatever came.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "quern/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void must_be_safe(const char *text, size_t room) {
    size_t length = strnlen(text, room);
    if (length == room)
        abort();
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || c == 0xc0 || c == 0xc1 || c > 0xf4)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct host_answer answer = {0};
    struct err err;
    if (count < 1)
        return 0;
    size_t header = offsetof(struct host_answer, name), used = count - 1 < header ? count - 1 : header;
    memcpy(&answer, bytes + 1, used);
    // The rest fills both texts from their start, so that short inputs reach them.
    size_t rest = count - 1 - used;
    memcpy(answer.name, bytes + 1 + used, rest < sizeof answer.name ? rest : sizeof answer.name);
    memcpy(answer.value, bytes + 1 + used, rest < sizeof answer.value ? rest : sizeof answer.value);
    if (host_answer_check(&answer, bytes[0] & 1, &err) < 0)
        return err.msg[0] ? 0 : 1;
    must_be_safe(answer.name, sizeof answer.name);
    must_be_safe(answer.value, sizeof answer.value);
    if (answer.kind < HOST_READY || answer.kind > HOST_DONE)
        abort();
    return 0;
}
