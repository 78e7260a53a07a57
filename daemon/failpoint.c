// SPDX-License-Identifier: Apache-2.0
#include "failpoint.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

// Only one of all processes removes it.
static bool take(const char *directory, const char *what, const char *name) {
    char path[PATH_BYTES];
    int bytes = snprintf(path, sizeof path, "%s/%s@%s", directory, what, name);
    return bytes > 0 && bytes < PATH_BYTES && unlink(path) == 0;
}

void failpoint_reach(const char *name) {
    const char *directory = getenv("QUERN_FAIL");
    if (!directory)
        return;
    if (take(directory, "kill", name))
        raise(SIGKILL);
    if (take(directory, "stop", name))
        raise(SIGSTOP);
}
