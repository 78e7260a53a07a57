// SPDX-License-Identifier: Apache-2.0
// What is decoded can be encoded, and means the same after another trip.
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "quern/job.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct err err;
    struct job job = {0}, again = {0};
    if (job_decode((const char *)bytes, count, &job, &err) < 0) {
        assert(err.reason == REASON_BAD_INPUT && err.msg[0]);
        return 0;
    }
    auto_free char *first = NULL, *second = NULL;
    size_t first_bytes = 0, second_bytes = 0;
    if (job_encode(&job, &first, &first_bytes, &err) < 0 || job_decode(first, first_bytes, &again, &err) < 0 ||
        job_encode(&again, &second, &second_bytes, &err) < 0)
        abort();
    if (first_bytes != second_bytes || memcmp(first, second, first_bytes) != 0)
        abort();
    job_free(&job);
    job_free(&again);
    return 0;
}
