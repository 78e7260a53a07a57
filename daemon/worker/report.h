/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker tells while it works, as events for the attempt's delivery. Notes belong to the step; warnings go into the
 * manifest, which is told at the end.
 */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include "quern/events.h"
#include "quern/job.h"

struct attempt;

struct report {
    struct attempt *attempt; /* borrowed */
};

void report_step_begin(struct report *report, enum step step);
void report_step_end(struct report *report, enum step step, uint64_t elapsed_us, const struct err *why);
/* Something that may take long follows: what was not told yet is told now. */
void report_flush(struct report *report);
void report_note(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_warning(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* How far the script says that it is. */
void report_progress(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_wait(struct report *report, enum step step, const struct err *why);
void report_log(struct report *report, uint32_t stream, const char *bytes, size_t count);
void report_preview(struct report *report, uint32_t port, const char *name, int head);
void report_picture(struct report *report, int picture);
void report_product(struct report *report, int product);
void report_manifest(struct report *report, const struct err *verdict, int manifest);

#endif
