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
        printf("' -- \"$word\")); ");
    } else if (flag->kind == COMMAND_DIRECTORY) {
        printf("COMPREPLY=($(compgen -d -- \"$word\")); ");
    } else if (completion_takes_path(flag->kind)) {
        printf("COMPREPLY=($(compgen -f -- \"$word\")); ");
    }
    if (completion_live(flag->kind))
        printf("_quern_live %s; ", completion_live(flag->kind));
    printf("return ;;\n");
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
    }
    printf("      %s%s\n", completion_live(command->operand_kind) ? "_quern_live " : ":",
           completion_live(command->operand_kind) ? completion_live(command->operand_kind) : "");
}

// Jobs, keys and so on are asked of the queue that the command line names.
static const char opening[] =
    "# bash completion for quern, made from its table of verbs\n"
    "_quern_live() {\n"
    "  local i found at=()\n"
    "  for ((i = 1; i < COMP_CWORD - 1; i++)); do\n"
    "    case ${COMP_WORDS[i]} in -q|--queue|--queue-url|--store) at+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i+1]}\") ;; "
    "esac\n"
    "  done\n"
    "  while IFS=$'\\t' read -r found _; do\n"
    "    [[ $found == \"$word\"* ]] && COMPREPLY+=(\"$found\")\n"
    "  done < <(\"${COMP_WORDS[0]}\" completion \"$1\" \"${at[@]}\" -- \"$word\" 2>/dev/null)\n"
    "}\n"
    "_quern() {\n"
    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "  COMPREPLY=()\n";

void completion_bash(void) {
    fputs(opening, stdout);
    printf("  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '");
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
