// SPDX-License-Identifier: Apache-2.0
// Limits as people write them: in the sections of settings, and shown the same way.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"
#include "quern/limits.h"

static const char *const sections[] = {"defaults", "limits"};

// ---- shown ----

struct scale {
    const char *unit;
    uint64_t factor;
};

// The largest unit that leaves a whole number.
static const char *show(const struct scale *scales, uint64_t value, char text[LIMITS_TEXT_BYTES]) {
    while (value % scales->factor)
        scales++;
    snprintf(text, LIMITS_TEXT_BYTES, "%" PRIu64 "%s", value / scales->factor, scales->unit);
    return text;
}

const char *limits_show(enum limit_row row, uint64_t value, char text[LIMITS_TEXT_BYTES]) {
    static const struct scale sizes[] = {{"T", 1ull << 40}, {"G", 1u << 30}, {"M", 1u << 20}, {"K", 1u << 10}, {"", 1}};
    static const struct scale counts[] = {{"", 1}};
    static const struct scale milliseconds[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    static const struct scale seconds[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
    static const struct scale *const scales[] = {[LIMIT_UNIT_SIZE] = sizes,
                                                 [LIMIT_UNIT_COUNT] = counts,
                                                 [LIMIT_UNIT_DURATION] = milliseconds,
                                                 [LIMIT_UNIT_SECONDS] = seconds};
    return show(scales[limits_table[row].unit], value, text);
}

const char *limits_show_bytes(uint64_t bytes, char text[LIMITS_TEXT_BYTES]) {
    static const struct scale sizes[] = {
        {" TiB", 1ull << 40}, {" GiB", 1u << 30}, {" MiB", 1u << 20}, {" KiB", 1u << 10}, {" bytes", 1}};
    return show(sizes, bytes, text);
}

// ---- read ----

static bool take_count(const char *text, uint64_t *ret) {
    char *end;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 18)
        return false;
    *ret = strtoull(text, &end, 10);
    return *end == '\0';
}

static bool take_value(enum limit_unit unit, const char *text, uint64_t *ret) {
    char better[QUANTITY_BYTES];
    switch (unit) {
    case LIMIT_UNIT_SIZE:
        return quantity_size(text, ret, better) == 0;
    case LIMIT_UNIT_COUNT:
        return take_count(text, ret);
    case LIMIT_UNIT_DURATION:
        return quantity_duration(text, ret, better) == 0;
    case LIMIT_UNIT_SECONDS:
        if (quantity_duration(text, ret, better) < 0)
            return false;
        *ret = (*ret + 999) / 1000;
        return true;
    }
    return false;
}

static bool refuse_value(enum limit_row row, const char *text, char why[LIMITS_WHY_BYTES]) {
    static const char *const units[] = {[LIMIT_UNIT_SIZE] = "a size like 512M",
                                        [LIMIT_UNIT_COUNT] = "a number",
                                        [LIMIT_UNIT_DURATION] = "a duration like 60s",
                                        [LIMIT_UNIT_SECONDS] = "a duration like 60s"};
    const struct limit *limit = &limits_table[row];
    char least[LIMITS_TEXT_BYTES], most[LIMITS_TEXT_BYTES];
    snprintf(why, LIMITS_WHY_BYTES, "%s: expected %s, %s to %s, found \"%.100s\"", limit->key, units[limit->unit],
             limits_show(row, limit->least, least), limits_show(row, limit->most, most), text);
    return false;
}

static bool refuse_key(const char *section, const char *key, char why[LIMITS_WHY_BYTES]) {
    size_t used = (size_t)snprintf(why, LIMITS_WHY_BYTES, "[%s]: expected one of ", section);
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++)
        used += (size_t)snprintf(why + used, LIMITS_WHY_BYTES - used, "%s%s", row ? ", " : "", limits_table[row].key);
    snprintf(why + used, LIMITS_WHY_BYTES - used, ", found \"%.100s\"", key);
    return false;
}

bool limits_is_section(const char *section) {
    return strcmp(section, sections[0]) == 0 || strcmp(section, sections[1]) == 0;
}

bool limits_take(const char *section, const char *key, const char *value, struct limits_layer *layer,
                 char why[LIMITS_WHY_BYTES]) {
    struct job_limits *home = strcmp(section, sections[0]) == 0 ? &layer->defaults : &layer->most;
    enum limit_row row = 0;
    uint64_t number = 0;
    while (row < LIMITS_COUNT && strcmp(limits_table[row].key, key) != 0)
        row++;
    if (row == LIMITS_COUNT)
        return refuse_key(section, key, why);
    if (!take_value(limits_table[row].unit, value, &number) || number < limits_table[row].least ||
        number > limits_table[row].most)
        return refuse_value(row, value, why);
    if (limits_get(home, row)) {
        snprintf(why, LIMITS_WHY_BYTES, "[%s]: expected %s once, found it again", section, key);
        return false;
    }
    limits_set(home, row, number);
    return true;
}

bool limits_agree(const struct limits_layer *layer, char why[LIMITS_WHY_BYTES]) {
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++) {
        uint64_t own = limits_get(&layer->defaults, row), most = limits_get(&layer->most, row);
        char its[LIMITS_TEXT_BYTES], bound[LIMITS_TEXT_BYTES];
        if (most == 0 || own <= most)
            continue;
        snprintf(why, LIMITS_WHY_BYTES, "[defaults] %s = %s is above [limits] %s = %s", limits_table[row].key,
                 limits_show(row, own, its), limits_table[row].key, limits_show(row, most, bound));
        return false;
    }
    return true;
}
