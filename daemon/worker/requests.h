/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of quern/request.h: what a script asks while it runs, answered within the job's read and write
 * prefixes. Nothing here becomes visible before step complete.
 *
 * Calling sequence: requests_answer() for each record that comes → requests_close(). Plain data, zeroed at first.
 *
 * Errors: a request that is refused is told to its asker only, and 0 is returned. -1: the job cannot go on; REASON_BAD_RESULT
 * for what is no request, or one too many; what our own services lack is theirs (INFRA, ...), and the job's fate too.
 */
#ifndef DAEMON_REQUESTS_H
#define DAEMON_REQUESTS_H

#include "quern/request.h"
#include "quern/storage.h"

struct attempt;

#define REQUESTS_PROGRESS_MS 100 /* whoever tells more often is not passed on */

struct requests {
    uint32_t count;
    uint64_t metric_bytes; /* names and values */
    uint64_t progress_ns;  /* when the next one is passed on */
    /* BYTES comes piece by piece: the object that was read last stays open. */
    char key[REQUEST_NAME_BYTES]; /* empty: none */
    struct storage_object object; /* owned */
};

/* work_dir: of the child. fds: the reply's socket and the payload, `fd_count` of them, the caller's. */
MUST_USE int requests_answer(struct attempt *attempt, int work_dir, struct request *request, const int *fds,
                             size_t fd_count, struct err *err);
void requests_close(struct requests *requests);

#endif
