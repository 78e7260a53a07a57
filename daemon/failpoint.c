// SPDX-License-Identifier: Apache-2.0
#include "failpoint.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Takes `prefix` off the text at *at.
static bool skip(const char **at, const char *prefix) {
    size_t bytes = strlen(prefix);
    if (strncmp(*at, prefix, bytes) != 0)
        return false;
    *at += bytes;
    return true;
}

void failpoint_reach(const char *name) {
    const char *at = getenv("QUERN_FAIL");
    if (!at)
        return;
    bool stop = skip(&at, "stop@");
    if (!stop && !skip(&at, "kill@"))
        return;
    if (skip(&at, name) && skip(&at, ",") && unlink(at) == 0)
        raise(stop ? SIGSTOP : SIGKILL);
}
