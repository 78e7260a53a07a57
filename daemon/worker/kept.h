/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script keeps: files, by a name of their own, and bytes or datasets under keys of the catalogue. They wait here, in
 * memory, for step publish.
 *
 * Ownership: `fd` passes, also on failure; it is a sealed memory file, or a file of a work directory that nobody writes to
 * any more. Errors: REASON_BAD_RESULT for a name that is none, or for one too many; its message is for the script's author.
 */
#ifndef DAEMON_KEPT_H
#define DAEMON_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

struct attempt;
struct attempt_file;

/* `name`: a relative path, parts of 1 to 200 bytes between `/`, at most 255 in all. One that is there is replaced. */
MUST_USE int kept_file(struct attempt *attempt, const char *name, int fd, struct err *err);

/* Under a key that the job may write. One that was written before is replaced. */
MUST_USE int kept_key(struct attempt *attempt, const char *key, int fd, bool segment, struct err *err);

/* What was written under the key so far, or NULL. */
const struct attempt_file *kept_find(const struct attempt *attempt, const char *key);
bool kept_forget(struct attempt *attempt, const char *key); /* false: there is none */

/* Of all that waits, results included, but not of what has this name and would be replaced. */
uint64_t kept_bytes(const struct attempt *attempt, const char *name);

void kept_done(struct attempt *attempt);

#endif
