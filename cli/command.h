/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line, by the table in commands.def: which verb, which flags with which values, which operands.
 *
 * Calling sequence: command_parse(argc, argv) → the verb's function looks at `given` in the order of the command line.
 * Values are checked by their kind: a DURATION is in `number` as ms, a SIZE as bytes, a PORT's and COLUMNS' N too; a CHOICE is one
 * of its words. Flags may stand anywhere, as `--flag value`, `--flag=value`, `-o value` or `-ovalue`; `--` ends them.
 *
 * Ownership: everything is borrowed from argv and the table. Errors: a refusal with REASON_USAGE and what to do next.
 */
#ifndef QUERN_CLI_COMMAND_H
#define QUERN_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/refusal.h"

#define COMMAND_MAX_GIVEN 512

enum command_kind {
    COMMAND_NONE,
    COMMAND_TEXT,
    COMMAND_INPUT,
    COMMAND_PORT,
    COMMAND_COLUMNS,
    COMMAND_FILE,
    COMMAND_DIRECTORY,
    COMMAND_CHOICE,
    COMMAND_DURATION,
    COMMAND_SIZE,
    COMMAND_COUNT,
    COMMAND_NUMBER,
    COMMAND_PAIR,
    COMMAND_TEXTS,
    COMMAND_VERB,
    COMMAND_JOB,
    COMMAND_JOB_LIVE,
    COMMAND_JOB_ENDED,
    COMMAND_JOB_FAILED,
    COMMAND_JOBS,
    COMMAND_KEY,
    COMMAND_QUEUE,
    COMMAND_QUEUES,
    COMMAND_WORKER,
    COMMAND_ENVIRONMENT,
};

enum command_id {
    COMMAND_ID_ANY,
#define COMMAND(NAME, function, verb, group, operands, kind, fewest, most, help) COMMAND_ID_##NAME,
#include "cli/commands.def"
#undef COMMAND
    COMMAND_ID_COUNT,
/* Several verbs that have flags in common: owners of flags, and nothing else. */
#define SHARED(NAME) COMMAND_ID_##NAME,
#include "cli/commands.def"
#undef SHARED
};

enum flag_id {
#define FLAG(command, NAME, word, letter, kind, value, fallback, help) FLAG_##command##_##NAME,
#include "cli/commands.def"
#undef FLAG
    FLAG_COUNT
};

struct command_line;

struct command {
    const char *verb, *group, *operands, *help;
    enum command_kind operand_kind;
    unsigned fewest, most;
    int (*run)(const struct command_line *line);
};

struct flag {
    enum command_id command;
    const char *word, *value, *fallback, *help;
    char letter; /* 0: none */
    enum command_kind kind;
};

struct example {
    enum command_id command;
    const char *line, *what;
};

/* The table: commands[0] is ANY and has no verb. */
extern const struct command commands[COMMAND_ID_COUNT];
extern const struct flag flags[FLAG_COUNT];
extern const struct example examples[];
extern const size_t example_count;

struct given {
    enum flag_id flag;
    const char *value; /* NULL for NONE */
    uint64_t number; /* DURATION: ms; SIZE: bytes; PORT, COLUMNS: its number; CHOICE: index of the word; COUNT; INPUT */
};

struct command_line {
    enum command_id command;
    struct given given[COMMAND_MAX_GIVEN];
    size_t given_count;
    const char *operands[COMMAND_MAX_GIVEN];
    size_t operand_count;
};

/* argv begins with the verb, in one word or two. */
MUST_USE int command_parse(int argc, char **argv, struct command_line *ret, struct refusal *refusal);

/* Was --help among the flags? Then operands may be missing. */
bool command_wants_help(const struct command_line *line);

/* The verb that the first of `count` words, or the first two, name: *ret_used of them. The refusal says which one may have
 * been meant. */
MUST_USE int command_find(const char *const *words, size_t count, enum command_id *ret, size_t *ret_used,
                          struct refusal *refusal);

/* "put" for "dataset put"; NULL for a verb of one word. */
const char *command_second_word(enum command_id id);

/* The verb of the first word alone, which only `dataset -- put` can be: the second word stands behind the first one. Says so
 * and returns the exit code. */
int command_alone(const struct command_line *line);

/* What was given for a flag by its word ("--store"); NULL: it was not given. */
const struct given *command_given(const struct command_line *line, const char *word);

/* Does the flag belong to the verb, or to verbs of which it is one? */
/* May a flag of this kind be given more than once? */
bool command_repeats(enum command_kind kind);

bool flag_belongs(const struct flag *flag, enum command_id command);

/* The words of a CHOICE: word `index` of "a|b|c" and its bytes; NULL behind the last one. */
const char *command_choice(const char *choices, size_t index, size_t *ret_bytes);

#endif
