/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines on stderr for those who operate quernd: what happened, and the fields that it happened to.
 *
 *     time=2026-01-31T09:00:00.123Z level=info program=quernd event="job ended" job=01J… step=run
 *     {"time": "…", "level": "info", "program": "quernd", "event": "job ended", "job": "01J…", "step": "run"}
 *
 * Calling sequence: log_open() once per program → log_line(&log, level, event, name, value, …, NULL). A field whose value
 * is NULL or empty is left out. Values may come from scripts: what is not a plain word is quoted as JSON quotes it, so that
 * a line stays a line. A line is written at once and whole; one that cannot be written is lost.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdint.h>

#include "quern/settings.h"

struct log {
    const char *program; /* borrowed */
    uint32_t format;     /* enum settings_log_format */
    uint32_t level;      /* enum settings_log_level: the least urgent that is written */
};

void log_open(struct log *log, const char *program, uint32_t format, uint32_t level);
void log_line(const struct log *log, enum settings_log_level level, const char *event, ...) __attribute__((sentinel));

/* A number as a value. */
#define LOG_NUMBER_BYTES 24
const char *log_number(uint64_t number, char text[LOG_NUMBER_BYTES]);

#endif
