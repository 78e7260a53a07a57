// SPDX-License-Identifier: Apache-2.0
// The table of commands.def as data.
#include "cli/command.h"
#include "cli/verbs.h"

const struct command commands[COMMAND_ID_COUNT] = {
#define COMMAND(NAME, function, words, in, names, kind, few, many, text)                                               \
    [COMMAND_ID_##NAME] = {.verb = (words),                                                                            \
                           .group = (in),                                                                              \
                           .operands = (names),                                                                        \
                           .help = (text),                                                                             \
                           .operand_kind = COMMAND_##kind,                                                             \
                           .fewest = (few),                                                                            \
                           .most = (many),                                                                             \
                           .run = verb_##function},
#include "cli/commands.def"
#undef COMMAND
};

const struct flag flags[FLAG_COUNT] = {
#define FLAG(owner, NAME, text, sign, type, meta, otherwise, about)                                                    \
    [FLAG_##owner##_##NAME] = {.command = COMMAND_ID_##owner,                                                          \
                               .word = (text),                                                                         \
                               .value = (meta),                                                                        \
                               .fallback = (otherwise),                                                                \
                               .help = (about),                                                                        \
                               .letter = (sign),                                                                       \
                               .kind = COMMAND_##type},
#include "cli/commands.def"
#undef FLAG
};

const struct example examples[] = {
#define EXAMPLE(owner, text, about) {.command = COMMAND_ID_##owner, .line = (text), .what = (about)},
#include "cli/commands.def"
#undef EXAMPLE
};

const size_t example_count = sizeof examples / sizeof examples[0];
