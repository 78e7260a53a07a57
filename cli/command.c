// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/suggest.h"
#include "quern/host.h"

enum { MAX_COUNT = 1000, MAX_NUMBER = 1000000000 };

// Where the parser is, and for whom it refuses.
struct parser {
    int argc, at;
    char **argv;
    struct command_line *line;
    struct refusal *refusal;
};

const char *command_choice(const char *choices, size_t index, size_t *ret_bytes) {
    for (; index > 0; index--) {
        choices = strchr(choices, '|');
        if (!choices)
            return NULL;
        choices++;
    }
    *ret_bytes = strcspn(choices, "|");
    return choices;
}

bool command_repeats(enum command_kind kind) {
    return kind == COMMAND_PAIR || kind == COMMAND_TEXTS || kind == COMMAND_JOBS || kind == COMMAND_QUEUES;
}

bool flag_belongs(const struct flag *flag, enum command_id command) {
    static const struct {
        enum command_id owner, member;
    } shares[] = {
#define SHARE(owner, member) {COMMAND_ID_##owner, COMMAND_ID_##member},
#include "cli/commands.def"
#undef SHARE
    };
    if (flag->command == command || flag->command == COMMAND_ID_ANY)
        return true;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (shares[i].owner == flag->command && shares[i].member == command)
            return true;
    return false;
}

bool command_wants_help(const struct command_line *line) {
    for (size_t i = 0; i < line->given_count; i++)
        if (line->given[i].flag == FLAG_ANY_HELP)
            return true;
    return false;
}

const char *command_second_word(enum command_id id) {
    const char *blank = id == COMMAND_ID_ANY ? NULL : strchr(commands[id].verb, ' ');
    return blank ? blank + 1 : NULL;
}

int command_alone(const struct command_line *line) {
    struct refusal refusal;
    const char *first = commands[line->command].verb, *second = line->operands[0];
    refuse(&refusal, REASON_USAGE, "quern %s: expected '%s' right behind '%s'", first, second, first);
    refusal_advise(&refusal, "its use: quern help %s %s", first, second);
    return refusal_print(&refusal, stderr);
}

const struct given *command_given(const struct command_line *line, const char *word) {
    for (size_t i = 0; i < line->given_count; i++)
        if (strcmp(flags[line->given[i].flag].word, word) == 0)
            return &line->given[i];
    return NULL;
}

// How many of the words spell the verb; 0: they do not.
static size_t spelled(enum command_id id, const char *const *words, size_t count) {
    const char *verb = commands[id].verb, *second = command_second_word(id);
    size_t first_bytes = second ? (size_t)(second - verb) - 1 : strlen(verb);
    if (strlen(words[0]) != first_bytes || strncmp(words[0], verb, first_bytes) != 0)
        return 0;
    if (!second)
        return 1;
    return count > 1 && strcmp(words[1], second) == 0 ? 2 : 0;
}

int command_find(const char *const *words, size_t count, enum command_id *ret, size_t *ret_used,
                 struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, words[0]);
    *ret_used = 0;
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++) {
        size_t used = spelled(id, words, count);
        if (used > *ret_used) {
            *ret = id;
            *ret_used = used;
        }
        if (!command_second_word(id))
            suggest_offer(&suggest, commands[id].verb);
    }
    if (*ret_used)
        return 0;
    refuse(refusal, REASON_USAGE, "unknown verb '%s'", words[0]);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    refusal_advise(refusal, "list them: quern help");
    return -1;
}

// "--dataframe12" for the word "--dataframeN": 12, or 0 if it is none.
static uint64_t port_of(const char *word, const char *text, size_t bytes) {
    size_t stem = strlen(word) - 1;
    if (bytes <= stem || bytes > stem + 2 || strncmp(word, text, stem) != 0 || text[stem] == '0')
        return 0;
    uint64_t port = 0;
    for (size_t i = stem; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        port = port * 10 + (uint64_t)(text[i] - '0');
    }
    return port <= HOST_MAX_PORTS ? port : 0;
}

static bool has_port(const struct flag *flag) { return flag->kind == COMMAND_PORT || flag->kind == COMMAND_COLUMNS; }

static bool matches(const struct flag *flag, const char *text, size_t bytes, uint64_t *ret_port) {
    if (!has_port(flag))
        return strlen(flag->word) == bytes && strncmp(flag->word, text, bytes) == 0;
    bool bare = strlen(flag->word) - 1 == bytes && strncmp(flag->word, text, bytes) == 0;
    *ret_port = bare && flag->kind == COMMAND_COLUMNS ? 1 : port_of(flag->word, text, bytes);
    return *ret_port > 0;
}

static void offer(struct suggest *suggest, const struct flag *flag) {
    char word[64];
    for (unsigned port = 1; has_port(flag) && port <= 2; port++) {
        snprintf(word, sizeof word, "%.*s%u", (int)strlen(flag->word) - 1, flag->word, port);
        suggest_offer(suggest, word);
    }
    if (!has_port(flag))
        suggest_offer(suggest, flag->word);
}

static int unknown_flag(const struct parser *parser, const char *text, size_t bytes) {
    char typed[SUGGEST_MAX_BYTES];
    snprintf(typed, sizeof typed, "%.*s", (int)(bytes < sizeof typed ? bytes : sizeof typed - 1), text);
    struct suggest suggest;
    suggest_init(&suggest, typed);
    for (enum flag_id id = 0; id < FLAG_COUNT; id++)
        if (flag_belongs(&flags[id], parser->line->command))
            offer(&suggest, &flags[id]);
    const char *verb = commands[parser->line->command].verb;
    refuse(parser->refusal, REASON_USAGE, "unknown flag '%s' for quern %s", typed, verb);
    if (suggest_best(&suggest))
        refusal_advise(parser->refusal, "did you mean '%s'?", suggest_best(&suggest));
    refusal_advise(parser->refusal, "list them: quern help %s", verb);
    return -1;
}

static int check_choice(const char *name, const char *choices, struct given *given, struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, given->value);
    size_t bytes;
    const char *word;
    for (size_t i = 0; (word = command_choice(choices, i, &bytes)); i++) {
        char copy[64];
        snprintf(copy, sizeof copy, "%.*s", (int)bytes, word);
        suggest_offer(&suggest, copy);
        given->number = i;
        if (strcmp(copy, given->value) == 0)
            return 0;
    }
    refuse(refusal, REASON_USAGE, "%s: '%s' is not one of %s", name, given->value, choices);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    return -1;
}

static int check_pair(const char *name, const struct flag *flag, const char *text, struct refusal *refusal) {
    if (*text != '=' && strchr(text, '='))
        return 0;
    bool blank = *text == '=' || !*text;
    if (flag == &flags[FLAG_JOB_INPUT])
        return refuse(refusal, REASON_USAGE, "%s: '%s' is not %s; write model=%s", name, text, flag->value,
                      blank ? "KEY" : text);
    return refuse(refusal, REASON_USAGE, "%s: '%s' is not %s; write %s=1", name, text, flag->value,
                  blank ? "depth" : text);
}

static int check_number(const char *name, unsigned long least, unsigned long most, struct given *given,
                        struct refusal *refusal) {
    size_t digits = strspn(given->value, "0123456789");
    given->number = strtoul(given->value, NULL, 10);
    if (digits > 0 && digits < 11 && !given->value[digits] && given->number >= least && given->number <= most)
        return 0;
    return refuse(refusal, REASON_USAGE, "%s: expected %lu to %lu, found '%s'", name, least, most, given->value);
}

static int check_value(const char *name, const struct flag *flag, struct given *given, struct refusal *refusal) {
    char better[QUANTITY_BYTES];
    if (flag->kind == COMMAND_CHOICE)
        return check_choice(name, flag->value, given, refusal);
    if (flag->kind == COMMAND_PAIR)
        return check_pair(name, flag, given->value, refusal);
    if (flag->kind == COMMAND_DURATION && quantity_duration(given->value, &given->number, better) < 0)
        return refuse(refusal, REASON_USAGE, "%s: '%s' is not a duration; write %s", name, given->value, better);
    if (flag->kind == COMMAND_SIZE && quantity_size(given->value, &given->number, better) < 0)
        return refuse(refusal, REASON_USAGE, "%s: '%s' is not a size; write %s", name, given->value, better);
    if (flag->kind == COMMAND_COUNT)
        return check_number(name, 1, MAX_COUNT, given, refusal);
    if (flag->kind == COMMAND_NUMBER)
        return check_number(name, 0, MAX_NUMBER, given, refusal);
    if (*given->value == '\0')
        return refuse(refusal, REASON_USAGE, "%s: expected %s, found ''", name, flag->value);
    return 0;
}

static int check_once(const struct command_line *line, const char *name, const struct given *given,
                      struct refusal *refusal) {
    if (command_repeats(flags[given->flag].kind))
        return 0;
    for (size_t i = 0; i < line->given_count; i++)
        if (line->given[i].flag == given->flag &&
            (!has_port(&flags[given->flag]) || line->given[i].number == given->number))
            return refuse(refusal, REASON_USAGE, "%s was given twice", name);
    return 0;
}

// Takes the flag `id`, called `name` on this command line; `value` is what stood behind it, NULL if nothing did.
static int take_flag(struct parser *parser, enum flag_id id, const char *name, const char *value, uint64_t port) {
    const struct flag *flag = &flags[id];
    struct given given = {.flag = id, .value = value, .number = port};
    if (flag->kind == COMMAND_NONE && value)
        return refuse(parser->refusal, REASON_USAGE, "%s takes no value, found '%s'", name, value);
    if (flag->kind != COMMAND_NONE && !value) {
        if (parser->at + 1 >= parser->argc)
            return refuse(parser->refusal, REASON_USAGE, "%s: expected %s behind it, found nothing", name, flag->value);
        given.value = parser->argv[++parser->at];
    }
    TRY(check_once(parser->line, name, &given, parser->refusal));
    if (flag->kind != COMMAND_NONE)
        TRY(check_value(name, flag, &given, parser->refusal));
    if (parser->line->given_count == COMMAND_MAX_GIVEN)
        return refuse(parser->refusal, REASON_USAGE, "expected at most %d flags", COMMAND_MAX_GIVEN);
    parser->line->given[parser->line->given_count++] = given;
    return 0;
}

static int take_word(struct parser *parser) {
    const char *text = parser->argv[parser->at];
    size_t bytes = strcspn(text, "=");
    for (enum flag_id id = 0; id < FLAG_COUNT; id++) {
        uint64_t port = 0;
        if (!flag_belongs(&flags[id], parser->line->command) || !matches(&flags[id], text, bytes, &port))
            continue;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)bytes, text);
        return take_flag(parser, id, name, text[bytes] ? text + bytes + 1 : NULL, port);
    }
    return unknown_flag(parser, text, bytes);
}

static int take_letter(struct parser *parser) {
    const char *text = parser->argv[parser->at];
    for (enum flag_id id = 0; id < FLAG_COUNT; id++) {
        if (!flag_belongs(&flags[id], parser->line->command) || flags[id].letter != text[1])
            continue;
        char name[] = {'-', text[1], '\0'};
        return take_flag(parser, id, name, text[2] ? text + 2 : NULL, 0);
    }
    return unknown_flag(parser, text, strlen(text));
}

static int take_operand(struct parser *parser) {
    struct command_line *line = parser->line;
    const struct command *command = &commands[line->command];
    const char *text = parser->argv[parser->at];
    if (line->operand_count >= command->most) {
        refuse(parser->refusal, REASON_USAGE, "unexpected '%s' for quern %s", text, command->verb);
        refusal_advise(parser->refusal, "its use: quern help %s", command->verb);
        return -1;
    }
    line->operands[line->operand_count++] = text;
    struct given given = {.value = text};
    return command->operand_kind == COMMAND_CHOICE && line->operand_count == 1
               ? check_choice(command->verb, command->operands, &given, parser->refusal)
               : 0;
}

static int too_few(const struct command_line *line, struct refusal *refusal) {
    const struct command *command = &commands[line->command];
    if (line->operand_count == 0)
        refuse(refusal, REASON_USAGE, "quern %s: expected %s, found nothing", command->verb, command->operands);
    else
        refuse(refusal, REASON_USAGE, "quern %s: expected %s, found only '%s'", command->verb, command->operands,
               line->operands[0]);
    for (size_t i = 0; i < example_count; i++)
        if (examples[i].command == line->command) {
            refusal_advise(refusal, "for example: %s", examples[i].line);
            break;
        }
    refusal_advise(refusal, "its use: quern help %s", command->verb);
    return -1;
}

int command_parse(int argc, char **argv, struct command_line *ret, struct refusal *refusal) {
    struct parser parser = {.argc = argc, .argv = argv, .line = ret, .refusal = refusal};
    size_t used;
    bool flags_ended = false;
    ret->given_count = ret->operand_count = 0;
    TRY(command_find((const char *const *)argv, (size_t)argc, &ret->command, &used, refusal));
    for (parser.at = (int)used; parser.at < argc; parser.at++) {
        const char *text = argv[parser.at];
        if (!flags_ended && strcmp(text, "--") == 0)
            flags_ended = true;
        else if (!flags_ended && strncmp(text, "--", 2) == 0)
            TRY(take_word(&parser));
        else if (!flags_ended && text[0] == '-' && text[1])
            TRY(take_letter(&parser));
        else
            TRY(take_operand(&parser));
    }
    return ret->operand_count < commands[ret->command].fewest && !command_wants_help(ret) ? too_few(ret, refusal) : 0;
}
