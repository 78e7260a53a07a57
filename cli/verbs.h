/* SPDX-License-Identifier: Apache-2.0 */
/* One function per verb, each in cli/FUNCTION.c. Returns the exit code. */
#ifndef QUERN_CLI_VERBS_H
#define QUERN_CLI_VERBS_H

#include "cli/command.h"

#define COMMAND(NAME, function, verb, group, operands, kind, fewest, most, help)                                       \
    int verb_##function(const struct command_line *line);
#include "cli/commands.def"
#undef COMMAND

/* Help of one verb, or of everything (COMMAND_ID_ANY). */
void help_print(enum command_id command, FILE *file);

#endif
