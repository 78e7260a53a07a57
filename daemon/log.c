// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "quern/own.h"

enum { LINE_BYTES = 8192 };

static const char *const levels[] = {"error", "warning", "info", "debug"};

void log_open(struct log *log, const char *program, uint32_t format, uint32_t level) {
    *log = (struct log){.program = program, .format = format, .level = level};
}

const char *log_number(uint64_t number, char text[LOG_NUMBER_BYTES]) {
    snprintf(text, LOG_NUMBER_BYTES, "%llu", (unsigned long long)number);
    return text;
}

static void write_time(char text[32]) {
    struct timespec now;
    struct tm utc;
    size_t used;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    used = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + used, 32 - used, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

// Bytes that are no UTF-8 do not come into a log as they are.
static json_t *value_json(const char *value) {
    json_t *json = json_string(value);
    return json ? json : json_string("(not UTF-8)");
}

static bool plain(const char *value) {
    return *value && !value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/@,+*%-")];
}

static void write_pair(FILE *line, const char *name, json_t *value) {
    const char *text = json_string_value(value);
    auto_free char *quoted = NULL;
    if (!plain(text))
        quoted = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    fprintf(line, "%s%s=%s", ftell(line) ? " " : "", name, quoted ? quoted : text);
}

static void write_text(FILE *line, json_t *fields) {
    const char *name;
    json_t *value;
    json_object_foreach(fields, name, value) write_pair(line, name, value);
    fputc('\n', line);
}

static void add(json_t *fields, const char *name, const char *value) {
    if (value && *value)
        json_object_set_new(fields, name, value_json(value));
}

void log_line(const struct log *log, enum settings_log_level level, const char *event, ...) {
    if (level > log->level)
        return;
    char text[LINE_BYTES], now[32];
    json_t *fields = json_object();
    FILE *line = fmemopen(text, sizeof text, "w");
    write_time(now);
    add(fields, "time", now);
    add(fields, "level", levels[level]);
    add(fields, "program", log->program);
    add(fields, "event", event);
    va_list arguments;
    va_start(arguments, event);
    for (const char *name; (name = va_arg(arguments, const char *));)
        add(fields, name, va_arg(arguments, const char *));
    va_end(arguments);
    if (line && log->format == SETTINGS_LOG_JSON) {
        json_dumpf(fields, line, JSON_ENSURE_ASCII);
        fputc('\n', line);
    } else if (line) {
        write_text(line, fields);
    }
    long used = line ? ftell(line) : 0;
    if (line)
        fclose(line);
    json_decref(fields);
    if (used > 0 && write(STDERR_FILENO, text, (size_t)used) < 0)
        return; // nobody reads the log
}
