/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script logged and kept, as its manifest (job.json, or the queue's short one) says: metrics with their last value,
 * files with their size. All of it is foreign text.
 *
 * `dir`: where the files stand on this machine; NULL: by their keys.
 */
#ifndef QUERN_CLI_KEPT_H
#define QUERN_CLI_KEPT_H

#include <jansson.h>

#include "cli/terminal.h"

#define KEPT_LOGS "logs/" /* what a script left in ./logs */

/* Those of ./logs, with the command that prints one of the job `word`; nothing where there are none. */
void kept_say_logs(const json_t *manifest, const char *word, struct terminal *terminal);

void kept_say(const json_t *manifest, const char *dir, struct terminal *terminal);

#endif
