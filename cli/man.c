// SPDX-License-Identifier: Apache-2.0
// `quern help --man [VERB]`: a manual page from the table of verbs, as roff.
#include "cli/man.h"

#include <string.h>

#include "cli/verbs.h"

// A backslash is roff's, a dot or a quote in front would be a request, a minus a hyphen.
static void text(const char *words, FILE *file) {
    for (const char *c = words; *c; c++) {
        if (*c == '\\')
            fputs("\\e", file);
        else if (*c == '-')
            fputs("\\-", file);
        else if (c == words && (*c == '.' || *c == '\''))
            fprintf(file, "\\&%c", *c);
        else
            fputc(*c, file);
    }
}

static void line(const char *before, const char *words, const char *after, FILE *file) {
    fputs(before, file);
    text(words, file);
    fputs(after, file);
}

// "dataset put" is the page quern-dataset-put.
static void page_name(enum command_id id, FILE *file) {
    char name[64] = "quern";
    if (id != COMMAND_ID_ANY)
        snprintf(name, sizeof name, "quern-%s", commands[id].verb);
    char *blank = strchr(name, ' ');
    if (blank)
        *blank = '-';
    text(name, file);
}

static void head(enum command_id id, const char *what, FILE *file) {
    fputs(".TH ", file);
    page_name(id, file);
    fprintf(file, " 1 \"\" \"quern %s\"\n.SH NAME\n", QUERN_VERSION);
    page_name(id, file);
    line(" \\- ", what, "\n", file);
}

static void examples_of(enum command_id id, FILE *file) {
    bool any = false;
    for (size_t i = 0; i < example_count; i++) {
        if (examples[i].command != id)
            continue;
        fputs(any ? "" : ".SH EXAMPLES\n", file);
        any = true;
        line(".TP\n.B ", examples[i].line, "\n", file);
        line("", examples[i].what, "\n", file);
    }
}

static void flags_of(enum command_id id, FILE *file) {
    fputs(".SH OPTIONS\n", file);
    for (enum flag_id at = 0; at < FLAG_COUNT; at++) {
        const struct flag *flag = &flags[at];
        if (!flag_belongs(flag, id))
            continue;
        fputs(".TP\n.B ", file);
        if (flag->letter)
            fprintf(file, "\\-%c, ", flag->letter);
        line("", flag->word, *flag->value ? " " : "\n", file);
        if (*flag->value)
            line("\\fI", flag->value, "\\fR\n", file);
        text(flag->help, file);
        if (*flag->fallback)
            line(" (", flag->fallback, ")", file);
        fputs("\n", file);
    }
}

// The verbs of a page: all of one word, or those that begin with this one.
static void verbs_of(enum command_id id, FILE *file) {
    const char *first = id == COMMAND_ID_ANY ? NULL : commands[id].verb;
    size_t bytes = first ? strlen(first) : 0;
    bool any = false;
    for (enum command_id other = COMMAND_ID_ANY + 1; other < COMMAND_ID_COUNT; other++) {
        const char *verb = commands[other].verb;
        bool listed = first ? strncmp(verb, first, bytes) == 0 && verb[bytes] == ' ' : !command_second_word(other);
        if (!listed)
            continue;
        fputs(any ? "" : ".SH COMMANDS\n", file);
        any = true;
        line(".TP\n.B quern ", verb, "\n", file);
        line("", commands[other].help, "\n", file);
    }
}

static void exit_codes(FILE *file) {
    fputs(".SH EXIT STATUS\n", file);
#define REASON(NAME, word, kind, exit_code, what) fprintf(file, ".TP\n.B %d  %s\n%s\n", (exit_code), (word), (what));
#include "schemas/words.def"
#undef REASON
}

void man_print(enum command_id id, FILE *file) {
    head(id, id == COMMAND_ID_ANY ? "run azureml_main scripts over datasets, isolated" : commands[id].help, file);
    fputs(".SH SYNOPSIS\n.B quern", file);
    if (id == COMMAND_ID_ANY) {
        fputs(" \\fICOMMAND\\fR ...\n", file);
    } else {
        line(" ", commands[id].verb, "", file);
        line(" \\fI", commands[id].operands, "\\fR [\\fIOPTIONS\\fR]\n", file);
    }
    examples_of(id, file);
    verbs_of(id, file);
    if (id == COMMAND_ID_ANY)
        exit_codes(file);
    else
        flags_of(id, file);
}
