/* SPDX-License-Identifier: Apache-2.0 */
/* What the state of a job and its reason mean: for scripts an exit code, for people a sign and a colour. Pure functions. */
#ifndef QUERN_CLI_VERDICT_H
#define QUERN_CLI_VERDICT_H

#include <stdbool.h>

#include "cli/terminal.h"
#include "quern/job.h"

bool verdict_ended(enum job_state state);

/* The reason that a word of records names: "exit:75" is REASON_EXIT; REASON_BUG for what is no word. */
enum reason verdict_reason(const char *word);

/* Of an ended job, by schemas/words.def. */
int verdict_code(enum job_state state, const char *why);

/* "✓ succeeded" in its colour. */
void verdict_say(enum job_state state, struct terminal *terminal);
const char *verdict_sign(enum job_state state);
enum terminal_style verdict_style(enum job_state state);

#endif
