// SPDX-License-Identifier: Apache-2.0
// The records of a call, in any order and with any content. Input: per record one byte that says whether a descriptor
// comes beside it, then as much of a struct host_call as there is.
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "ops/python/call.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

// Optimised builds drop assert().
static void must(bool holds) {
    if (!holds)
        abort();
}

static void check_call(const struct call *call) {
    must(call->script >= 0 || call->table >= 0);
    for (uint32_t i = 0; i < call->input_count; i++) {
        must(call->inputs[i].port >= 1 && call->inputs[i].port <= HOST_MAX_PORTS);
        must(i == 0 || call->inputs[i - 1].port < call->inputs[i].port);
    }
    for (uint32_t i = 0; i < call->param_count; i++)
        must(*call->params[i].key && strnlen(call->params[i].value, HOST_VALUE_BYTES) < HOST_VALUE_BYTES);
}

// A record is shortened for the fuzzer: the first 24 bytes of fields, 16 of the name, 16 of the value.
static size_t next_record(const uint8_t *bytes, size_t count, struct host_call *record) {
    const size_t fields = 6 * sizeof(uint32_t), text = 16, whole = fields + 2 * text;
    *record = (struct host_call){0};
    if (count < whole)
        return 0;
    memcpy(record, bytes, fields);
    memcpy(record->name, bytes + fields, text);
    memcpy(record->value, bytes + fields + text, text);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct call call;
    struct host_call record;
    call_open(&call, -1, 1);
    int done = 0;
    while (done == 0 && count > 1) {
        auto_fd int fd = bytes[0] & 1 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
        size_t used = next_record(bytes + 1, count - 1, &record);
        if (used == 0)
            break;
        done = call_take(&call, &record, &fd, NULL);
        bytes += used + 1;
        count -= used + 1;
    }
    if (done == 1)
        check_call(&call);
    call_close(&call);
    return 0;
}
