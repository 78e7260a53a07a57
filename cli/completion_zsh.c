// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/completion.h"

// A text inside '...' and inside _arguments' [...] and :...: parts.
static void zsh_text(const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr("[]:\\", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void zsh_value(enum command_kind kind, const char *value) {
    putchar(':');
    zsh_text(kind == COMMAND_CHOICE ? "" : value);
    if (kind == COMMAND_CHOICE) {
        printf(":(");
        completion_choices(value);
        putchar(')');
    } else if (kind == COMMAND_VERB) {
        printf(":(errors ");
        completion_verbs();
        putchar(')');
    } else if (completion_takes_path(kind) && completion_live(kind)) {
        printf(": _quern_file_or_key");
    } else if (completion_live(kind)) {
        printf(": _quern_live %s", completion_live(kind));
    } else {
        printf("%s", kind == COMMAND_DIRECTORY ? ":_files -/" : completion_takes_path(kind) ? ":_files" : ":");
    }
}

static void zsh_flag(enum command_id verb, const struct flag *flag, const char *word) {
    (void)verb;
    const char *names[] = {word, NULL};
    char letter[] = {'-', flag->letter, '\0'};
    if (flag->letter)
        names[1] = letter;
    for (size_t i = 0; i < 2 && names[i]; i++) {
        printf("      '%s%s[", command_repeats(flag->kind) ? "*" : "", names[i]);
        zsh_text(flag->help);
        putchar(']');
        if (flag->kind != COMMAND_NONE)
            zsh_value(flag->kind, flag->value);
        printf("' \\\n");
    }
}

// Jobs, keys and so on are asked of the queue that the command line names.
static const char opening[] =
    "#compdef quern\n"
    "# zsh completion for quern, made from its table of verbs\n"
    "_quern_live() {\n"
    "  local -a at found\n"
    "  local i line\n"
    "  for ((i = 1; i < $#words; i++)); do\n"
    "    case $words[i] in -q|--queue|--queue-url|--store) at+=(\"$words[i]\" \"${(Q)words[i+1]}\") ;; esac\n"
    "  done\n"
    "  for line in ${(f)\"$($_quern_program completion $1 $at -- \"${(Q)PREFIX}\" 2>/dev/null)\"}; do\n"
    "    found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "  done\n"
    "  _describe -V $1 found\n"
    "}\n"
    "_quern_file_or_key() { _alternative 'files:file:_files' 'keys:name: _quern_live keys' }\n"
    "_quern() {\n"
    "  local _quern_program=$words[1]\n"
    "  local -a verbs\n"
    "  verbs=(\n";

void completion_zsh(void) {
    fputs(opening, stdout);
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++) {
        if (command_second_word(id))
            continue;
        printf("    '%s:", commands[id].verb);
        zsh_text(commands[id].help);
        printf("'\n");
    }
    printf(
        "  )\n  if ((CURRENT == 2)); then\n    _describe verb verbs\n    return\n  fi\n"
        "  local verb=$words[2]\n  shift words\n  ((CURRENT--))\n  ((CURRENT > 2)) && case \"$verb $words[2]\" in\n");
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++)
        if (command_second_word(id))
            printf("  '%s') verb='%s'; shift words; ((CURRENT--)) ;;\n", commands[id].verb, commands[id].verb);
    printf("  esac\n  case $verb in\n");
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++) {
        printf("  '%s')\n    _arguments \\\n", commands[id].verb);
        completion_each_flag(id, zsh_flag);
        if (commands[id].most > 0) {
            printf("      '%s", commands[id].most > 1 && commands[id].operand_kind != COMMAND_CHOICE ? "*" : "1");
            zsh_value(commands[id].operand_kind, commands[id].operands);
            printf("' ;;\n");
        } else {
            printf("      ;;\n");
        }
    }
    printf("  esac\n}\nif [[ $funcstack[1] == _quern ]]; then\n  _quern \"$@\"\nelse\n  compdef _quern quern\nfi\n");
}
