/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An environment for machines: `quern env ls --json` and `quern env show --json`.
 *
 *     {"name", "file": path or null when it is built in, "error": text or null, "python", "profile", "preload": [...],
 *      "legacy", "network", "limits": as limits_told_json() has them}; what comes behind "error" is missing when the file cannot
 *      be used. show adds
 *     "found": {"python", "pandas", "profile", "import_ms", "jail"} or null when it does not start.
 *
 * A returned object is the caller's; NULL: out of memory.
 */
#ifndef QUERN_CLI_ENVIRONMENT_JSON_H
#define QUERN_CLI_ENVIRONMENT_JSON_H

#include <jansson.h>

#include "cli/environments.h"
#include "quern/host.h"

json_t *environment_json(const struct environments_entry *entry, const char *error);
json_t *environment_json_found(const struct host_ready *ready); /* NULL → null */
const char *environment_profile_name(const struct host_ready *ready);
/* One line on stdout; takes the object. False: out of memory. */
bool environment_json_print(json_t *object);

#endif
