// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attempt.h"

static void tell(struct report *report, const struct event *event, int fd) {
    report->attempt->delivery->kind->tell(report->attempt, event, fd);
}

static void set_text(struct event *event, const char *text) {
    size_t length = strnlen(text, sizeof event->text - 1);
    memcpy(event->text, text, length);
    event->bytes = (uint32_t)length;
}

void report_step_begin(struct report *report, enum step step) {
    struct event event = {.kind = EVENT_STEP_BEGIN, .step = step};
    tell(report, &event, -1);
}

void report_step_end(struct report *report, enum step step, uint64_t elapsed_us, const struct err *why) {
    struct event event = {.kind = EVENT_STEP_END, .step = step, .elapsed_us = elapsed_us, .err = *why};
    tell(report, &event, -1);
}

void report_flush(struct report *report) {
    const struct delivery_kind *kind = report->attempt->delivery->kind;
    if (kind->flush)
        kind->flush(report->attempt);
}

static void note(struct report *report, const char *text) {
    struct event event = {.kind = EVENT_NOTE};
    set_text(&event, text);
    tell(report, &event, -1);
}

void report_note(struct report *report, const char *format, ...) {
    char text[ERR_MSG_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    note(report, text);
}

void report_warning(struct report *report, const char *format, ...) {
    char text[ERR_MSG_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct manifest *manifest = &report->attempt->manifest;
    uint32_t room = sizeof manifest->warnings / sizeof *manifest->warnings;
    if (manifest->warning_count < room)
        memcpy(manifest->warnings[manifest->warning_count], text, sizeof text);
    manifest->warning_count++;
}

void report_progress(struct report *report, const char *format, ...) {
    struct event event = {.kind = EVENT_PROGRESS};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    event.bytes = (uint32_t)strlen(event.text);
    tell(report, &event, -1);
}

void report_wait(struct report *report, enum step step, const struct err *why) {
    struct event event = {.kind = EVENT_WAIT, .step = step, .err = *why};
    tell(report, &event, -1);
}

void report_log(struct report *report, uint32_t stream, const char *bytes, size_t count) {
    struct event event = {.kind = EVENT_LOG, .stream = stream};
    while (count > 0) {
        size_t part = count < sizeof event.text ? count : sizeof event.text;
        memcpy(event.text, bytes, part);
        event.bytes = (uint32_t)part;
        tell(report, &event, -1);
        bytes += part;
        count -= part;
    }
}

void report_preview(struct report *report, uint32_t port, const char *name, int head) {
    struct event event = {.kind = EVENT_PREVIEW, .port = port};
    set_text(&event, name);
    tell(report, &event, head);
}

void report_picture(struct report *report, int picture) {
    struct event event = {.kind = EVENT_PICTURE};
    tell(report, &event, picture);
}

void report_product(struct report *report, int product) {
    struct event event = {.kind = EVENT_PRODUCT};
    tell(report, &event, product);
}

void report_manifest(struct report *report, const struct err *verdict, int manifest) {
    struct event event = {.kind = EVENT_MANIFEST, .err = *verdict};
    tell(report, &event, manifest);
}
