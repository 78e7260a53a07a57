/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job in one or two lines for people:
 *
 *     ✓ 12 succeeded  score.py  queued 0.4 s, ran 3.1 s
 *     ✕ 13 failed  score.py  ran 3.1 s: KeyError: 'age' (exception)
 *
 * Everything of the job's is foreign and shown as terminal_say() shows it.
 */
#ifndef QUERN_CLI_TELL_H
#define QUERN_CLI_TELL_H

#include "cli/client.h"
#include "cli/terminal.h"
#include "quern/queue_client.h"

/* What it logged and kept, and its limits, once it has ended. */
void tell_kept(const struct queue_record *record, struct terminal *terminal);
/* What it left in ./logs, and how `word`, as people call the job, prints it. */
void tell_logs(const struct queue_record *record, const char *word, struct terminal *terminal);
/* Ends with a line end. */
void tell_record(const struct client *client, const char *id, const struct queue_record *record,
                 struct terminal *terminal);

/* The name of the job's script; "" when it cannot be had. */
#define TELL_SCRIPT_BYTES 256
const char *tell_script(const struct client *client, const char *id, char text[TELL_SCRIPT_BYTES]);

uint64_t tell_now_unix_ms(void);

#endif
