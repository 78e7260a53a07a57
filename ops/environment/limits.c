// SPDX-License-Identifier: Apache-2.0
#include "quern/limits.h"

#include <string.h>
#include <unistd.h>

const struct limit limits_table[LIMITS_COUNT] = {
#define ROW(name, member, key, flag, unit, least, most, usual, shown, what)                                            \
    {#name,                                                                                                            \
     key,                                                                                                              \
     flag,                                                                                                             \
     LIMIT_UNIT_##unit,                                                                                                \
     least,                                                                                                            \
     most,                                                                                                             \
     usual,                                                                                                            \
     offsetof(struct job_limits, member),                                                                              \
     sizeof(((struct job_limits *)0)->member)},
#define LIMIT(member, ...) ROW(member, member, __VA_ARGS__)
#define JAIL_LIMIT(member, ...) ROW(member, jail.member, __VA_ARGS__)
#include "../../schemas/limits.def"
};

uint64_t limits_get(const struct job_limits *limits, enum limit_row row) {
    uint64_t wide;
    uint32_t narrow;
    const char *at = (const char *)limits + limits_table[row].offset;
    if (limits_table[row].bytes == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

void limits_set(struct job_limits *limits, enum limit_row row, uint64_t value) {
    uint32_t narrow = (uint32_t)value;
    bool wide = limits_table[row].bytes == sizeof value;
    memcpy((char *)limits + limits_table[row].offset, wide ? (const void *)&value : &narrow, limits_table[row].bytes);
}

// ---- what counts ----

const char *limit_origin_word(enum limit_origin origin) {
    static const char *const words[] = {[LIMIT_USUAL] = "usual",
                                        [LIMIT_OF_HOST] = "host",
                                        [LIMIT_OF_ENVIRONMENT] = "environment",
                                        [LIMIT_ASKED] = "asked"};
    return words[origin];
}

struct counted {
    uint64_t value;
    enum limit_origin origin;
};

static struct counted choose(const struct job_limits *asked, const struct limits_layers *layers, enum limit_row row) {
    const struct counted words[] = {
        {limits_get(asked, row), LIMIT_ASKED},
        {limits_get(&layers->environment.defaults, row), LIMIT_OF_ENVIRONMENT},
        {limits_get(&layers->host.defaults, row), LIMIT_OF_HOST},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].value)
            return words[i];
    return (struct counted){limits_table[row].usual, LIMIT_USUAL};
}

static void lower(struct counted *counted, uint64_t most, enum limit_origin origin) {
    if (most && counted->value > most)
        *counted = (struct counted){most, origin};
}

unsigned limits_cores(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (unsigned)cores : 1;
}

// Seconds that so many cores have in the time, and one more for each.
static struct counted let_run(struct counted cpu, const struct counted *time, unsigned cores) {
    uint64_t seconds = time->value / 1000 + 1, most = limits_table[LIMIT_cpu_seconds].most;
    if (__builtin_mul_overflow(seconds, (uint64_t)cores, &seconds) || seconds > most)
        seconds = most;
    return cpu.origin < time->origin && seconds > cpu.value ? (struct counted){seconds, time->origin} : cpu;
}

void limits_settle(struct job_limits *limits, const struct limits_layers *layers, unsigned cores,
                   uint8_t ret_origins[LIMITS_COUNT]) {
    const struct job_limits asked = *limits;
    const struct counted time = choose(&asked, layers, LIMIT_time_ms);
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++) {
        struct counted counted = choose(&asked, layers, row);
        if (row == LIMIT_cpu_seconds)
            counted = let_run(counted, &time, cores);
        lower(&counted, limits_get(&layers->environment.most, row), LIMIT_OF_ENVIRONMENT);
        lower(&counted, limits_get(&layers->host.most, row), LIMIT_OF_HOST);
        limits_set(limits, row, counted.value);
        ret_origins[row] = (uint8_t)counted.origin;
    }
}
