/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that lives as long as we do: started with its output in a log file, watched by its pidfd, ended with SIGTERM.
 * When we are killed it gets SIGTERM from the kernel.
 *
 * Calling sequence: service_start() → poll .pidfd → service_end(). Ownership: the struct owns its descriptor and the process.
 */
#ifndef QUERN_CLI_SERVICE_H
#define QUERN_CLI_SERVICE_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/refusal.h"

struct service {
    const char *name; /* borrowed */
    pid_t pid;        /* 0: not running */
    int pidfd;
};

/* argv[0] is a path, or a name to be found on PATH. `log` is appended to. REASON_CONFIG when it cannot be run. */
MUST_USE int service_start(const char *name, const char *const *argv, const char *log, struct service *ret,
                           struct refusal *refusal);
bool service_has_ended(const struct service *service);
void service_signal(const struct service *service, int signal);

/* Waits for its end; after `ms` it is killed. Accepts one that does not run. */
void service_reap(struct service *service, int ms);

#endif
