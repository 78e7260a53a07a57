// SPDX-License-Identifier: Apache-2.0
// `quern help`: everything from the table, examples first.
#include <string.h>

#include "cli/man.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static void print_examples(enum command_id command, struct terminal *terminal) {
    int width = 0;
    for (size_t i = 0; i < example_count; i++)
        if (examples[i].command == command && (int)strlen(examples[i].line) > width)
            width = (int)strlen(examples[i].line);
    for (size_t i = 0; i < example_count; i++)
        if (examples[i].command == command)
            terminal_say(terminal, "  %-*s   %s\n", width, examples[i].line, examples[i].what);
}

static void print_flag(const struct flag *flag, struct terminal *terminal) {
    char usage[80], letter[8] = "    ";
    if (flag->letter)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    snprintf(usage, sizeof usage, "%s%s%s%s", letter, flag->word, *flag->value ? " " : "", flag->value);
    terminal_say(terminal, "  %-33s %s%s%s%s\n", usage, flag->help, *flag->fallback ? " (" : "", flag->fallback,
                 *flag->fallback ? ")" : "");
}

// The verbs of two words that begin with this one.
static void print_second_words(enum command_id first, struct terminal *terminal) {
    size_t bytes = strlen(commands[first].verb);
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++)
        if (command_second_word(id) && strncmp(commands[id].verb, commands[first].verb, bytes) == 0 &&
            commands[id].verb[bytes] == ' ')
            terminal_say(terminal, "  %-33s %s\n", commands[id].verb, commands[id].help);
}

static void print_verb(enum command_id id, struct terminal *terminal) {
    const struct command *command = &commands[id];
    bool flagged = false;
    terminal_say(terminal, "quern %s: %s\n\n", command->verb, command->help);
    print_examples(id, terminal);
    for (enum flag_id flag = 0; flag < FLAG_COUNT; flag++)
        flagged |= flag_belongs(&flags[flag], id) && flags[flag].command != COMMAND_ID_ANY;
    for (size_t i = 0; i < example_count; i++)
        if (examples[i].command == id) {
            terminal_say(terminal, "\n");
            break;
        }
    terminal_say(terminal, "Usage: quern %s%s%s%s\n", command->verb, *command->operands ? " " : "", command->operands,
                 flagged ? " [FLAGS]" : "");
    print_second_words(id, terminal);
    for (enum flag_id flag = 0; flag < FLAG_COUNT; flag++)
        if (flag_belongs(&flags[flag], id) && flags[flag].command != COMMAND_ID_ANY)
            print_flag(&flags[flag], terminal);
    for (enum flag_id flag = 0; flag < FLAG_COUNT; flag++)
        if (flags[flag].command == COMMAND_ID_ANY)
            print_flag(&flags[flag], terminal);
}

// Groups stand in the order of the table, which has the verbs of one together.
static void print_verbs(struct terminal *terminal) {
    const char *group = "";
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++) {
        if (command_second_word(id))
            continue;
        if (strcmp(group, commands[id].group) != 0)
            terminal_say(terminal, "\n%s\n", commands[id].group);
        group = commands[id].group;
        terminal_say(terminal, "  %-12s %s\n", commands[id].verb, commands[id].help);
    }
}

static void print_all(struct terminal *terminal) {
    terminal_say(terminal, "quern runs azureml_main scripts over datasets, isolated, here or on many machines.\n");
    print_examples(COMMAND_ID_ANY, terminal);
    print_verbs(terminal);
    terminal_say(terminal, "\nquern help VERB explains a verb, quern help errors the exit codes.\n");
}

void help_print(enum command_id command, FILE *file) {
    struct terminal terminal;
    terminal_open(&terminal, file, TERMINAL_COLOUR_AUTO);
    if (command == COMMAND_ID_ANY)
        print_all(&terminal);
    else
        print_verb(command, &terminal);
}

static void print_errors(FILE *file) {
    fputs("A job that did not succeed has a reason; the exit code of quern follows from it.\n\n", file);
    fputs("code  reason            what it means\n", file);
#define REASON(NAME, word, kind, exit_code, text)                                                                      \
    fprintf(file, "%4d  %-16s  %s\n", (exit_code), *(word) ? (word) : "-", (text));
#include "schemas/words.def"
#undef REASON
    fputs("\nexit and signal stand with their number or name: exit:3, signal:SIGSEGV.\n", file);
}

int verb_help(const struct command_line *line) {
    struct refusal refusal;
    enum command_id command = COMMAND_ID_ANY;
    size_t used = line->operand_count;
    if (line->operand_count == 1 && strcmp(line->operands[0], "errors") == 0) {
        print_errors(stdout);
        return 0;
    }
    if (line->operand_count > 0 && command_find(line->operands, line->operand_count, &command, &used, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    if (used < line->operand_count) {
        refuse(&refusal, REASON_USAGE, "unexpected '%s' for quern help %s", line->operands[used], line->operands[0]);
        refusal_advise(&refusal, "list them: quern help%s%s", used ? " " : "", used ? line->operands[0] : "");
        return refusal_print(&refusal, stderr);
    }
    if (command_given(line, "--man"))
        man_print(command, stdout);
    else
        help_print(command, stdout);
    return 0;
}
