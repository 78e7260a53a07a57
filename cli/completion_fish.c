// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/completion.h"

static void fish_text(const char *text) {
    putchar('\'');
    for (; *text; text++) {
        if (strchr("'\\", *text))
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void fish_value(enum command_kind kind, const char *choices) {
    if (kind == COMMAND_CHOICE) {
        printf(" -x -a '");
        completion_choices(choices);
        putchar('\'');
    } else if (kind == COMMAND_DIRECTORY) {
        printf(" -x -a '(__fish_complete_directories)'");
    } else {
        printf(completion_takes_path(kind) ? " -r -F" : " -x");
    }
}

static void fish_flag(enum command_id verb, const struct flag *flag, const char *word) {
    printf("complete -c quern -n '__fish_seen_subcommand_from %s' -l %s", commands[verb].verb, word + 2);
    if (flag->letter)
        printf(" -s %c", flag->letter);
    if (flag->kind != COMMAND_NONE)
        fish_value(flag->kind, flag->value);
    printf(" -d ");
    fish_text(flag->help);
    putchar('\n');
}

static void fish_operand(enum command_id verb) {
    const struct command *command = &commands[verb];
    if (command->operand_kind != COMMAND_CHOICE && command->operand_kind != COMMAND_VERB)
        return;
    printf("complete -c quern -n '__fish_seen_subcommand_from %s' -f -a '", command->verb);
    if (command->operand_kind == COMMAND_CHOICE) {
        completion_choices(command->operands);
    } else {
        printf("errors ");
        completion_verbs();
    }
    printf("'\n");
}

void completion_fish(void) {
    printf("# fish completion for quern, made from its table of verbs\n");
    for (enum command_id verb = COMMAND_ID_ANY + 1; verb < COMMAND_ID_COUNT; verb++) {
        printf("complete -c quern -n __fish_use_subcommand -f -a %s -d ", commands[verb].verb);
        fish_text(commands[verb].help);
        putchar('\n');
        completion_each_flag(verb, fish_flag);
        fish_operand(verb);
    }
}
