/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script hands over with a request (quern/request.h): an open file, of which the worker makes a copy of its own. A
 * script has no memory files to give away, and what is the worker's nobody else can change or keep.
 *
 * Ownership: descriptors are borrowed, the copy is the caller's. Units: bytes. Errors: REASON_BAD_RESULT for a descriptor of
 * another kind, or one that cannot be read; REASON_INFRA for the copy.
 */
#ifndef DAEMON_PAYLOAD_H
#define DAEMON_PAYLOAD_H

#include <stdint.h>

#include "quern/err.h"

/* A regular file of a file system like that of the work directory: pseudo files may answer to who reads them what they would
 * not have told who opened them. */
MUST_USE int payload_check(int file, int work_dir, uint64_t *ret_bytes, struct err *err);

/* A sealed memory file with its first `bytes`, or fewer if it has been cut since. */
MUST_USE int payload_copy(int file, uint64_t bytes, int *ret, struct err *err);

#endif
