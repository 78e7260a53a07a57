// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

static void bash_word(enum command_id verb, const struct flag *flag, const char *word) {
    (void)verb;
    (void)flag;
    printf(" %s", word);
}

// One case for each flag that takes a value: what may stand behind it.
static void bash_value(enum command_id verb, const struct flag *flag, const char *word) {
    (void)verb;
    if (flag->kind == COMMAND_NONE)
        return;
    printf("    %s", word);
    if (flag->letter)
        printf("|-%c", flag->letter);
    printf(") ");
    if (flag->kind == COMMAND_CHOICE) {
        printf("COMPREPLY=($(compgen -W '");
        completion_choices(flag->value);
        printf("' -- \"$word\")); return ;;\n");
    } else {
        const char *kind = flag->kind == COMMAND_DIRECTORY ? "-d" : completion_takes_path(flag->kind) ? "-f" : NULL;
        printf(kind ? "COMPREPLY=($(compgen %s -- \"$word\")); return ;;\n" : "return ;;\n", kind ? kind : "");
    }
}

static void bash_operand(enum command_id id) {
    const struct command *command = &commands[id];
    if (command->operand_kind == COMMAND_CHOICE) {
        printf("      COMPREPLY=($(compgen -W '");
        completion_choices(command->operands);
        printf("' -- \"$word\"))\n");
    } else if (command->operand_kind == COMMAND_VERB) {
        printf("      COMPREPLY=($(compgen -W 'errors ");
        completion_verbs();
        printf("' -- \"$word\"))\n");
    } else if (completion_takes_path(command->operand_kind)) {
        printf("      COMPREPLY=($(compgen -f -- \"$word\"))\n");
    } else {
        printf("      :\n");
    }
}

void completion_bash(void) {
    printf("# bash completion for quern, made from its table of verbs\n_quern() {\n"
           "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "  COMPREPLY=()\n  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '");
    completion_verbs();
    printf("' -- \"$word\"))\n    return\n  fi\n  local verb=${COMP_WORDS[1]}\n"
           "  ((COMP_CWORD > 2)) && case \"$verb ${COMP_WORDS[2]}\" in\n");
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++)
        if (command_second_word(id))
            printf("  '%s') verb='%s' ;;\n", commands[id].verb, commands[id].verb);
    printf("  esac\n  case $verb in\n");
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++) {
        printf("  '%s')\n    case $before in\n", commands[id].verb);
        completion_each_flag(id, bash_value);
        printf("    esac\n    if [[ $word == -* ]]; then\n      COMPREPLY=($(compgen -W '");
        completion_each_flag(id, bash_word);
        printf("' -- \"$word\"))\n    else\n");
        bash_operand(id);
        printf("    fi ;;\n");
    }
    printf("  esac\n}\ncomplete -o filenames -F _quern quern\n");
}
