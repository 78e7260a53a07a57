// SPDX-License-Identifier: Apache-2.0
// What a hostile script asks. Input: one byte, the number of descriptors, then a struct request. What passes the check
// once is clean: it passes again and does not change.
#include <stdlib.h>
#include <string.h>

#include "quern/request.h"
#include "quern/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

// Optimised builds drop assert().
static void must(bool holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static struct request request, again;
    if (count < 1)
        return 0;
    memset(&request, 0, sizeof request);
    memcpy(&request, bytes + 1, count - 1 < sizeof request ? count - 1 : sizeof request);
    if (request_check(&request, bytes[0], NULL) < 0)
        return 0;
    again = request;
    must(request_check(&again, bytes[0], NULL) == 0);
    must(strcmp(again.name, request.name) == 0 && strcmp(again.text, request.text) == 0);
    must(utf8_ok(request.name, strlen(request.name)) && utf8_ok(request.text, strlen(request.text)));
    if (request.kind == REQUEST_PROGRESS)
        must(utf8_printable(request.text, strlen(request.text)));
    return 0;
}
