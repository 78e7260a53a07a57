/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion scripts of three shells, printed on stdout: what the table of verbs knows, in each shell's words. Files
 * are completed by the shell itself; jobs, keys and other names of the queue by `quern completion` (complete.c), which the
 * scripts call.
 */
#ifndef QUERN_CLI_COMPLETION_H
#define QUERN_CLI_COMPLETION_H

#include "cli/command.h"

void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

/* Calls `print` for each word of each flag of a verb: "--dataframe1" and "--dataframe2" for --dataframeN. */
typedef void completion_flag_fn(enum command_id verb, const struct flag *flag, const char *word);
void completion_each_flag(enum command_id verb, completion_flag_fn *print);

void completion_choices(const char *choices); /* "a b c" */
void completion_verbs(void);                  /* "run help ..." */
bool completion_takes_path(enum command_kind kind);
/* What `quern completion` prints live for such a word: "jobs", "keys", ...; NULL: nothing. */
const char *completion_live(enum command_kind kind);

#endif
