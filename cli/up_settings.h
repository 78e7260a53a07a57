/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `quern up` runs with, and the quernd.ini that says it: the user's default store, and all environments of the user that
 * can be read, whose descriptors are copied beside it.
 */
#ifndef QUERN_CLI_UP_SETTINGS_H
#define QUERN_CLI_UP_SETTINGS_H

#include "cli/command.h"
#include "cli/up_place.h"
#include "quern/queue_server.h"

struct up_settings {
    char url[PATH_MAX + 8];
    const char *queue; /* borrowed from the command line */
    unsigned workers;
    char store[QUEUE_TEXT_BYTES], environments[QUEUE_TEXT_BYTES];
};

/* Errors: REASON_USAGE, REASON_CONFIG. */
MUST_USE int up_settings_make(const struct command_line *line, const struct up_place *place, struct up_settings *ret,
                              struct refusal *refusal);
/* quernd.ini and environments/. */
MUST_USE int up_settings_write(const struct up_settings *settings, const struct up_place *place,
                               struct refusal *refusal);

#endif
