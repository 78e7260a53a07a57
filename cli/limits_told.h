/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits for people and machines: those that counted for a job, and what an environment says of them. As flags and files
 * have them: "memory 4G".
 */
#ifndef QUERN_CLI_LIMITS_TOLD_H
#define QUERN_CLI_LIMITS_TOLD_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/terminal.h"
#include "quern/environment.h"

/* One line of a job's record: "  limits: memory 1G (asked), time 10m (environment)"; none where all are usual. */
void limits_told_record(const json_t *manifest, struct terminal *terminal);

/* What a job has here that says nothing, and the most, a line each; the first one begins with "limits". */
void limits_told_environment(const struct environment *environment, struct terminal *terminal);

/* {NAME: {"default", "from": "environment" or "usual", "most": number or null}}; the caller's; NULL: out of memory. */
json_t *limits_told_json(const struct environment *environment);

/* "memory 1G, at most 4G; disk 2G". False: it says nothing. */
#define LIMITS_TOLD_BYTES 1024
bool limits_told_brief(const struct environment *environment, char text[LIMITS_TOLD_BYTES]);

#endif
