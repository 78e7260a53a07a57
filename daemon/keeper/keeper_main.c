// SPDX-License-Identifier: Apache-2.0
/* quern-keeper: started by quernd, with the descriptors of quern/keeper.h. No arguments. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "keeper.h"
#include "quern/jail.h"

// The end of its socket tells it that quernd is gone: it has something left to say then, also when it was stopped.
static int outlive_quernd(struct err *err) {
    return prctl(PR_SET_PDEATHSIG, SIGCONT) < 0 ? err_sys(err, REASON_INFRA, "PR_SET_PDEATHSIG") : 0;
}

static int keep(struct keeper *keeper, struct err *err) {
    TRY(outlive_quernd(err));
    TRY(keeper_open(keeper, KEEPER_FD_SUPERVISOR, KEEPER_FD_SETTINGS, err));
    return keeper_run(keeper, err);
}

int main(void) {
    struct err err;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return JAIL_EXIT;
    // quernd says when it is time to end.
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int result = keep(keeper, &err);
    if (result < 0)
        log_line(&keeper->log, SETTINGS_LOG_ERROR, "the keeper ends", "error", err.msg, NULL);
    keeper_close(keeper);
    free(keeper);
    // At once: the leak checker of a sanitizer can wait for ever in a process whose parent has died.
    _exit(result < 0 ? JAIL_EXIT : 0);
}
