/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages from the table of verbs, as roff: quern(1) for COMMAND_ID_ANY, else quern-VERB(1). */
#ifndef QUERN_CLI_MAN_H
#define QUERN_CLI_MAN_H

#include <stdio.h>

#include "cli/command.h"

void man_print(enum command_id id, FILE *file);

#endif
