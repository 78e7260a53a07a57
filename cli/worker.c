// SPDX-License-Identifier: Apache-2.0
// `quern worker` alone: its second words are verbs of their own.
#include "cli/verbs.h"

int verb_worker(const struct command_line *line) { return command_alone(line); }
