/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs for machines: one JSON object, "schema": 1. Times are RFC 3339 in UTC, null when they have not come. `exit_code` and
 * `reason` are null unless there is one. Fields may be added, none changes its meaning.
 *
 * Ownership: the caller gets a reference, or NULL when memory ran out.
 */
#ifndef QUERN_CLI_RECORD_JSON_H
#define QUERN_CLI_RECORD_JSON_H

#include <jansson.h>

#include "cli/client.h"
#include "quern/queue_client.h"

json_t *record_json(const struct client *client, const char *id, const struct queue_record *record);
json_t *record_json_row(const struct client *client, enum job_state state, const struct queue_row *row);

/* Text that may not be UTF-8, every wrong byte as \xNN. */
json_t *record_json_text(const char *text);

/* Prints it as one line, or indented; drops the reference. REASON_INFRA when it is NULL. */
MUST_USE int record_json_print(json_t *object, bool indented, struct refusal *refusal);

#endif
