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

// The condition under which a line counts: the verb's words were seen.
static void fish_when(enum command_id verb) {
    const char *second = command_second_word(verb);
    int first = second ? (int)(second - commands[verb].verb) - 1 : (int)strlen(commands[verb].verb);
    printf("complete -c quern -n '__fish_seen_subcommand_from %.*s", first, commands[verb].verb);
    if (second)
        printf("; and __fish_seen_subcommand_from %s", second);
    putchar('\'');
}

static void fish_flag(enum command_id verb, const struct flag *flag, const char *word) {
    fish_when(verb);
    printf(" -l %s", word + 2);
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
    fish_when(verb);
    printf(" -f -a '");
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
        if (!command_second_word(verb)) {
            printf("complete -c quern -n __fish_use_subcommand -f -a %s -d ", commands[verb].verb);
            fish_text(commands[verb].help);
            putchar('\n');
        }
        completion_each_flag(verb, fish_flag);
        fish_operand(verb);
    }
}
