/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a look at the machine found, each with its remedy: told line by line as it is found, or collected as JSON.
 *
 *     findings_begin(&findings, json) → finding() … → findings_end() → the exit code: that of the first fault
 */
#ifndef QUERN_CLI_FINDINGS_H
#define QUERN_CLI_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/refusal.h"
#include "cli/terminal.h"

enum finding_level { FINDING_GOOD, FINDING_WARNING, FINDING_FAULT };

struct findings {
    struct terminal out;
    json_t *list; /* owned; NULL: told as text */
    bool failed;
    int code;
};

/* What is said may be foreign. */
struct finding {
    enum finding_level level;
    enum reason reason; /* of a fault */
    const char *what;   /* "redis" */
    const char *remedy; /* NULL: there is nothing to be done */
};

void findings_begin(struct findings *findings, bool json);
void finding(struct findings *findings, const struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int findings_end(struct findings *findings);

#endif
