// SPDX-License-Identifier: Apache-2.0
// Job documents on stdin, each behind a line with its size in bytes; one line per document on stdout: `good` or the error.
#include <stdio.h>

#include "quern/job.h"
#include "quern/own.h"

static int judge(const char *json, size_t bytes) {
    struct err err;
    struct job job = {0};
    if (job_decode(json, bytes, &job, &err) < 0)
        return printf("%s\n", err.msg);
    job_free(&job);
    return puts("good");
}

int main(void) {
    size_t bytes = 0;
    while (scanf("%zu", &bytes) == 1 && getchar() == '\n' && bytes <= 2u * JOB_MAX_BYTES) {
        auto_free char *json = malloc(bytes + 1);
        if (!json || fread(json, 1, bytes, stdin) != bytes)
            return 1;
        judge(json, bytes);
    }
    return 0;
}
