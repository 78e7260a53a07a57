// SPDX-License-Identifier: Apache-2.0
#include "arff_date.h"

#include <string.h>
#include <strings.h>

enum { MAX_DIGITS = 9, MINUTES_OF_DAY = 1440 };

static const char understood[] = "yMdHkKhamsSEZX";

struct reading {
    const char *at, *end;
    int64_t year, month, day, hour, minute, second, ms, offset; // offset in minutes
    bool afternoon;
};

struct field {
    char letter; // 0: text as it stands
    size_t count;
    const char *text;
};

static bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// The next field of the pattern. '' is a quote, inside of quotes and outside; quotes themselves are fields without text.
static const char *next_field(const char *at, const char *end, bool *quoted, struct field *ret) {
    *ret = (struct field){.text = at};
    if (*at == '\'' && at + 1 < end && at[1] == '\'') {
        ret->count = 1;
        return at + 2;
    }
    if (*at == '\'') {
        *quoted = !*quoted;
        return at + 1;
    }
    ret->letter = !*quoted && is_letter(*at) ? *at : 0;
    do
        ret->count++;
    while (ret->letter && at + ret->count < end && at[ret->count] == ret->letter);
    return at + ret->count;
}

size_t arff_date_check(const char *pattern, size_t bytes, bool *ret_zoned) {
    const char *at = pattern, *end = pattern + bytes;
    bool quoted = false;
    *ret_zoned = false;
    while (at < end) {
        struct field field;
        const char *next = next_field(at, end, &quoted, &field);
        if (field.letter && !strchr(understood, field.letter))
            return (size_t)(at - pattern);
        *ret_zoned |= field.letter == 'Z' || field.letter == 'X';
        at = next;
    }
    return bytes;
}

// ---- fields of a date ----

// `most` digits at most, of which there must be one.
static bool number(struct reading *reading, size_t most, int64_t *ret) {
    size_t count = 0;
    for (*ret = 0; count < most && reading->at < reading->end && is_digit(*reading->at); count++)
        *ret = *ret * 10 + (*reading->at++ - '0');
    return count > 0;
}

// A name or its first three letters; the index counts from 1.
static bool name(struct reading *reading, const char *const *names, size_t count, int64_t *ret) {
    size_t left = (size_t)(reading->end - reading->at);
    for (size_t i = 0; i < count; i++) {
        size_t whole = strlen(names[i]), bytes = left >= whole && strncasecmp(reading->at, names[i], whole) == 0 ? whole
                                                 : left >= 3 && strncasecmp(reading->at, names[i], 3) == 0       ? 3
                                                                                                                 : 0;
        if (bytes == 0)
            continue;
        reading->at += bytes;
        *ret = (int64_t)i + 1;
        return true;
    }
    return false;
}

static bool month_name(struct reading *reading) {
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    return name(reading, months, 12, &reading->month);
}

static bool day_name(struct reading *reading) {
    static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    int64_t ignored;
    return name(reading, days, 7, &ignored);
}

static bool half_of_day(struct reading *reading) {
    static const char *const halves[] = {"AM", "PM"};
    int64_t half;
    if (reading->end - reading->at < 2)
        return false;
    bool found = name(reading, halves, 2, &half);
    reading->afternoon = found && half == 2;
    return found;
}

// Z, +hh, +hhmm, +hh:mm
static bool offset(struct reading *reading) {
    int64_t hours, minutes = 0;
    if (reading->at < reading->end && *reading->at == 'Z') {
        reading->at++;
        return true;
    }
    if (reading->at == reading->end || (*reading->at != '+' && *reading->at != '-'))
        return false;
    int64_t sign = *reading->at++ == '-' ? -1 : 1;
    if (!number(reading, 2, &hours))
        return false;
    if (reading->at < reading->end && *reading->at == ':')
        reading->at++;
    if (reading->at < reading->end && is_digit(*reading->at) && !number(reading, 2, &minutes))
        return false;
    reading->offset = sign * (hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static bool year(struct reading *reading, size_t count, size_t most) {
    const char *before = reading->at;
    if (!number(reading, most, &reading->year))
        return false;
    if (count <= 2 && reading->at - before == 2)
        reading->year += reading->year < 69 ? 2000 : 1900;
    return true;
}

static bool hour(struct reading *reading, size_t most, int64_t first, int64_t last) {
    if (!number(reading, most, &reading->hour) || reading->hour < first || reading->hour > last)
        return false;
    // Hours that count from 1 have the full one in front.
    if (first == 1 && reading->hour == last)
        reading->hour = 0;
    return true;
}

// `tight`: digits of the next field follow at once, so that this one has exactly as many as letters.
static bool read_field(struct reading *reading, const struct field *field, bool tight) {
    size_t most = tight ? field->count : MAX_DIGITS;
    switch (field->letter) {
    case 'y':
        return year(reading, field->count, most);
    case 'M':
        return field->count >= 3 ? month_name(reading) : number(reading, most, &reading->month);
    case 'd':
        return number(reading, most, &reading->day);
    case 'H':
        return hour(reading, most, 0, 23);
    case 'k':
        return hour(reading, most, 1, 24);
    case 'K':
        return hour(reading, most, 0, 11);
    case 'h':
        return hour(reading, most, 1, 12);
    case 'a':
        return half_of_day(reading);
    case 'm':
        return number(reading, most, &reading->minute);
    case 's':
        return number(reading, most, &reading->second);
    case 'S':
        return number(reading, most, &reading->ms);
    case 'E':
        return day_name(reading);
    default:
        return offset(reading);
    }
}

static bool read_text(struct reading *reading, const struct field *field) {
    if ((size_t)(reading->end - reading->at) < field->count || memcmp(reading->at, field->text, field->count) != 0)
        return false;
    reading->at += field->count;
    return true;
}

// ---- the calendar ----

static bool leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static bool in_range(const struct reading *reading) {
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (reading->month < 1 || reading->month > 12 || reading->day < 1 || reading->year < 1 || reading->year > 9999)
        return false;
    int64_t last = days[reading->month - 1] + (reading->month == 2 && leap(reading->year));
    return reading->day <= last && reading->minute < 60 && reading->second < 60 && reading->ms < 1000;
}

// Days since 1970-01-01 of the proleptic Gregorian calendar; years begin in March, so that leap days come last.
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t milliseconds(const struct reading *reading) {
    int64_t hour = reading->hour + (reading->afternoon ? 12 : 0);
    int64_t minutes = days_of(reading->year, reading->month, reading->day) * MINUTES_OF_DAY + hour * 60 +
                      reading->minute - reading->offset;
    return (minutes * 60 + reading->second) * 1000 + reading->ms;
}

static bool is_number(const struct field *field) {
    return field->letter && !strchr("aEZX", field->letter) && !(field->letter == 'M' && field->count >= 3);
}

bool arff_date_read(const char *pattern, size_t pattern_bytes, const char *text, size_t bytes, int64_t *ret_ms) {
    const char *at = pattern, *end = pattern + pattern_bytes;
    struct reading reading = {.at = text, .end = text + bytes, .year = 1970, .month = 1, .day = 1};
    bool quoted = false;
    while (at < end) {
        struct field field, next = {0};
        bool ahead;
        at = next_field(at, end, &quoted, &field);
        ahead = quoted;
        if (at < end)
            next_field(at, end, &ahead, &next);
        if (!(field.letter ? read_field(&reading, &field, is_number(&next)) : read_text(&reading, &field)))
            return false;
    }
    if (reading.at != reading.end || !in_range(&reading) || (reading.afternoon && reading.hour > 11))
        return false;
    *ret_ms = milliseconds(&reading);
    return true;
}
