// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli/verbs.h"

int verb_version(const struct command_line *line) {
    (void)line;
    puts("quern " QUERN_VERSION);
    return 0;
}
