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
        if (completion_live(kind))
            printf(" -a '(__quern_live %s)'", completion_live(kind));
    }
}

// The condition under which a line counts: the verb's words stand in front.
static void fish_when(enum command_id verb) { printf("complete -c quern -n '__quern_is %s'", commands[verb].verb); }

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
    const char *live = completion_live(command->operand_kind);
    if (command->operand_kind != COMMAND_CHOICE && command->operand_kind != COMMAND_VERB && !live)
        return;
    if (command->operand_kind == COMMAND_CHOICE)
        printf("complete -c quern -n '__quern_is_all %s'", command->verb);
    else
        fish_when(verb);
    printf(completion_takes_path(command->operand_kind) ? " -F -a '" : " -f -a '");
    if (live) {
        printf("(__quern_live %s)", live);
    } else if (command->operand_kind == COMMAND_CHOICE) {
        completion_choices(command->operands);
    } else {
        printf("errors ");
        completion_verbs();
    }
    printf("'\n");
}

// Jobs, keys and so on are asked of the queue that the command line names.
static const char opening[] = "# fish completion for quern, made from its table of verbs\n"
                              "function __quern_is\n"
                              "  set -l words (commandline -opc)\n"
                              "  set -l end (math (count $argv) + 1)\n"
                              "  test (count $words) -ge $end; and test \"$words[2..$end]\" = \"$argv\"\n"
                              "end\n"
                              "function __quern_is_all\n"
                              "  __quern_is $argv; and test (count (commandline -opc)) -eq (math (count $argv) + 1)\n"
                              "end\n"
                              "function __quern_live\n"
                              "  set -l words (commandline -opc)\n"
                              "  set -l at\n"
                              "  for i in (seq 2 (math (count $words) - 1))\n"
                              "    switch $words[$i]\n"
                              "      case -q --queue --queue-url --store\n"
                              "        set -a at $words[$i] $words[(math $i + 1)]\n"
                              "    end\n"
                              "  end\n"
                              "  command $words[1] completion $argv[1] $at -- (commandline -ct) 2>/dev/null\n"
                              "end\n";

void completion_fish(void) {
    fputs(opening, stdout);
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
