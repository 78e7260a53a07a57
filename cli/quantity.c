// SPDX-License-Identifier: Apache-2.0
#include "cli/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"", 1},
    {"K", 1ull << 10},
    {"M", 1ull << 20},
    {"G", 1ull << 30},
    {"T", 1ull << 40},
    {"KiB", 1ull << 10},
    {"MiB", 1ull << 20},
    {"GiB", 1ull << 30},
    {"TiB", 1ull << 40},
    {NULL, 0},
};

static const struct unit *find_unit(const struct unit *units, const char *name) {
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

// The number in front; its end, or NULL where there is none or it is too large.
static const char *read_number(const char *text, uint64_t *ret) {
    const char *at = text;
    uint64_t number = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
            return NULL;
    *ret = number;
    return at == text ? NULL : at;
}

// The number that was meant with the unit that its first letter names, else the usual example.
static void suggest(const char *text, const struct unit *units, const char *usual_unit, const char *usual,
                    char better[QUANTITY_BYTES]) {
    uint64_t number;
    const char *end = read_number(text, &number);
    snprintf(better, QUANTITY_BYTES, "%s", usual);
    if (!end || number == 0 || number > 999999999 || *end == '.' || *end == ',')
        return;
    while (*end == ' ')
        end++;
    char letters[][2] = {
        {*end, '\0'}, {(char)toupper((unsigned char)*end), '\0'}, {(char)tolower((unsigned char)*end), '\0'}};
    for (size_t i = 0; i < 3 && *end; i++)
        if (find_unit(units, letters[i])) {
            usual_unit = letters[i];
            break;
        }
    snprintf(better, QUANTITY_BYTES, "%" PRIu64 "%s", number, usual_unit);
}

static bool read_quantity(const char *text, const struct unit *units, uint64_t *ret) {
    uint64_t number;
    const char *end = read_number(text, &number);
    const struct unit *unit = end ? find_unit(units, end) : NULL;
    return unit && number > 0 && !__builtin_mul_overflow(number, unit->factor, ret);
}

int quantity_duration(const char *text, uint64_t *ret_ms, char better[QUANTITY_BYTES]) {
    uint64_t ms;
    if (!read_quantity(text, durations, &ms)) {
        suggest(text, durations, "s", "60s", better);
        return -1;
    }
    *ret_ms = ms;
    return 0;
}

int quantity_size(const char *text, uint64_t *ret_bytes, char better[QUANTITY_BYTES]) {
    uint64_t bytes;
    if (!read_quantity(text, sizes, &bytes)) {
        suggest(text, sizes, "M", "2G", better);
        return -1;
    }
    *ret_bytes = bytes;
    return 0;
}

const char *quantity_show_duration(uint64_t us, char text[QUANTITY_BYTES]) {
    uint64_t seconds = (us + 500000) / 1000000;
    if (us < 995000)
        snprintf(text, QUANTITY_BYTES, "%.*f s", us < 9950 ? 3 : 2, (double)us / 1e6);
    else if (us < 59950000)
        snprintf(text, QUANTITY_BYTES, "%.1f s", (double)us / 1e6);
    else if (seconds < 3600)
        snprintf(text, QUANTITY_BYTES, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else
        snprintf(text, QUANTITY_BYTES, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
    return text;
}

const char *quantity_show_bytes(uint64_t bytes, char text[QUANTITY_BYTES]) {
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    int unit = -1;
    for (; value >= 999.95 && unit < 5; unit++)
        value /= 1000;
    if (unit < 0)
        snprintf(text, QUANTITY_BYTES, "%" PRIu64 " bytes", bytes);
    else
        snprintf(text, QUANTITY_BYTES, "%.1f %s", value, units[unit]);
    return text;
}

const char *quantity_show_count(uint64_t count, char text[QUANTITY_BYTES]) {
    char digits[QUANTITY_BYTES];
    size_t total = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count), used = 0;
    for (size_t i = 0; i < total; i++) {
        if (i && (total - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}
