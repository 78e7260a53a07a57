// SPDX-License-Identifier: Apache-2.0
// What a hostile child says. Input: one byte, the number of descriptors, then a struct host_answer. What passes the
// check once is clean: it passes again and does not change.
#include <stdbool.h>
#include <string.h>

#include "quern/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

// Optimised builds drop assert().
static void must(bool holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct host_answer answer = {0};
    if (count < 1)
        return 0;
    size_t fd_count = bytes[0];
    memcpy(&answer, bytes + 1, count - 1 < sizeof answer ? count - 1 : sizeof answer);
    if (host_answer_check(&answer, fd_count, NULL) < 0)
        return 0;
    struct host_answer again = answer;
    must(host_answer_check(&again, fd_count, NULL) == 0);
    must(strcmp(again.name, answer.name) == 0 && strcmp(again.value, answer.value) == 0);
    for (const char *c = answer.value; *c; c++)
        must(((unsigned char)*c >= 0x20 && *c != 0x7f) || *c == '\n' || *c == '\t');
    return 0;
}
