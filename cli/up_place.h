/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of `quern up` ($XDG_STATE_HOME/quern/up, 0700), and who runs there.
 *
 *     redis.sock redis.log data/     the private Redis: append-only, fsync at every write
 *     quernd.ini quernd.log environments/   the daemon and its settings, written anew at each start
 *     up.log lock                    what `up --detach` says; who holds a lock on it (fcntl) runs here: no pid is written down
 *
 * Errors: REASON_CONFIG.
 */
#ifndef QUERN_CLI_UP_PLACE_H
#define QUERN_CLI_UP_PLACE_H

#include <limits.h>
#include <sys/types.h>

#include "cli/refusal.h"

struct up_place {
    char directory[PATH_MAX - 64]; /* file names below it always fit into PATH_MAX */
};

MUST_USE int up_place_find(struct up_place *ret, struct refusal *refusal);
/* Makes it, for us alone. A path too long for a socket below it is refused. */
MUST_USE int up_place_make(const struct up_place *place, struct refusal *refusal);
const char *up_place_file(const struct up_place *place, const char *name, char path[PATH_MAX]);

/* The process that runs there; 0: nobody. */
MUST_USE int up_place_holder(const struct up_place *place, pid_t *ret, struct refusal *refusal);
/* Takes the lock for this process until it ends, *ret_fd: the descriptor that holds it. Not inherited by fork(). */
MUST_USE int up_place_hold(const struct up_place *place, int *ret_fd, struct refusal *refusal);

#endif
