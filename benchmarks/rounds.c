// SPDX-License-Identifier: Apache-2.0
#include "rounds.h"

#include <stdio.h>
#include <sys/resource.h>

#include "quern/clock.h"

bool rounds_wait(void) {
    int c;
    while ((c = getchar()) != '\n')
        if (c == EOF)
            return false;
    return true;
}

void rounds_sample(const char *label, const char *unit, double value) { printf("%s\t%s\t%.6g\n", label, unit, value); }

void rounds_since(const char *label, uint64_t start_ns) {
    rounds_sample(label, "ms", (double)(clock_now_ns() - start_ns) / 1e6);
}

double rounds_cpu_ms(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

void rounds_end(void) {
    printf("\n");
    fflush(stdout);
}
