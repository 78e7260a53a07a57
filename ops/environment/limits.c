// SPDX-License-Identifier: Apache-2.0
#include "quern/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"

enum unit { SIZE, COUNT, DURATION, SECONDS };

static const struct limit {
    const char *key;
    enum unit unit;
    size_t offset, bytes;
    uint64_t least, most, usual;
} limits[] = {
#define LIMIT(member, key, unit, least, most, usual, what)                                                             \
    {key, unit, offsetof(struct job_limits, member), sizeof(((struct job_limits *)0)->member), least, most, usual},
#include "../../schemas/limits.def"
};

enum { LIMITS = sizeof limits / sizeof *limits };

static uint64_t read_member(const struct job_limits *from, const struct limit *limit) {
    uint64_t wide;
    uint32_t narrow;
    if (limit->bytes == sizeof wide) {
        memcpy(&wide, (const char *)from + limit->offset, sizeof wide);
        return wide;
    }
    memcpy(&narrow, (const char *)from + limit->offset, sizeof narrow);
    return narrow;
}

static void write_member(struct job_limits *to, const struct limit *limit, uint64_t value) {
    uint32_t narrow = (uint32_t)value;
    memcpy((char *)to + limit->offset, limit->bytes == sizeof value ? (const void *)&value : &narrow, limit->bytes);
}

void limits_usual(struct job_limits *ret) {
    *ret = (struct job_limits){0};
    for (size_t i = 0; i < LIMITS; i++)
        write_member(ret, &limits[i], limits[i].usual);
}

void limits_lower(struct job_limits *lowered, const struct job_limits *most) {
    for (size_t i = 0; i < LIMITS; i++) {
        uint64_t ceiling = read_member(most, &limits[i]);
        if (ceiling && read_member(lowered, &limits[i]) > ceiling)
            write_member(lowered, &limits[i], ceiling);
    }
}

void limits_join(struct job_limits *most, const struct job_limits *other) {
    limits_lower(most, other);
    for (size_t i = 0; i < LIMITS; i++)
        if (read_member(most, &limits[i]) == 0)
            write_member(most, &limits[i], read_member(other, &limits[i]));
}

static bool take_count(const char *text, uint64_t *ret) {
    char *end;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 18)
        return false;
    *ret = strtoull(text, &end, 10);
    return *end == '\0';
}

static bool take_value(const struct limit *limit, const char *text, uint64_t *ret) {
    char better[QUANTITY_BYTES];
    switch (limit->unit) {
    case SIZE:
        return quantity_size(text, ret, better) == 0;
    case COUNT:
        return take_count(text, ret);
    case DURATION:
        return quantity_duration(text, ret, better) == 0;
    case SECONDS:
        if (quantity_duration(text, ret, better) < 0)
            return false;
        *ret = (*ret + 999) / 1000;
        return true;
    }
    return false;
}

static bool refuse_value(const struct limit *limit, const char *text, char why[LIMITS_WHY_BYTES]) {
    static const char *const units[] = {[SIZE] = "a size like 512M",
                                        [COUNT] = "a number",
                                        [DURATION] = "a duration like 60s",
                                        [SECONDS] = "a duration like 60s"};
    static const uint64_t divisors[] = {[SIZE] = 1, [COUNT] = 1, [DURATION] = 1000, [SECONDS] = 1};
    uint64_t divisor = divisors[limit->unit];
    snprintf(why, LIMITS_WHY_BYTES, "%s: expected %s, %llu to %llu%s, found \"%.100s\"", limit->key, units[limit->unit],
             (unsigned long long)(limit->least ? limit->least / divisor : 1),
             (unsigned long long)(limit->most / divisor),
             limit->unit == SIZE    ? " bytes"
             : limit->unit == COUNT ? ""
                                    : " s",
             text);
    return false;
}

static bool refuse_key(const char *key, char why[LIMITS_WHY_BYTES]) {
    size_t used = (size_t)snprintf(why, LIMITS_WHY_BYTES, "[limits]: expected one of ");
    for (size_t i = 0; i < LIMITS; i++)
        used += (size_t)snprintf(why + used, LIMITS_WHY_BYTES - used, "%s%s", i ? ", " : "", limits[i].key);
    snprintf(why + used, LIMITS_WHY_BYTES - used, ", found \"%.100s\"", key);
    return false;
}

bool limits_take(const char *key, const char *value, struct job_limits *most, char why[LIMITS_WHY_BYTES]) {
    for (size_t i = 0; i < LIMITS; i++) {
        uint64_t number = 0;
        if (strcmp(limits[i].key, key) != 0)
            continue;
        if (!take_value(&limits[i], value, &number) || number < (limits[i].least ? limits[i].least : 1) ||
            number > limits[i].most)
            return refuse_value(&limits[i], value, why);
        write_member(most, &limits[i], number);
        return true;
    }
    return refuse_key(key, why);
}
