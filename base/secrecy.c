// SPDX-License-Identifier: Apache-2.0
#include "quern/secrecy.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

// A core_pattern that is a pipe gets a core whatever the limit, but for 1; a file is not written for less than a page. The
// jail of a script has the same, and could not raise it. Who has less than that already keeps it.
enum { NO_CORE = 1 };

static int limit_cores(struct err *err) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_CORE");
    if (limit.rlim_max <= NO_CORE && limit.rlim_cur == limit.rlim_max)
        return 0;
    limit.rlim_cur = limit.rlim_max = limit.rlim_max < NO_CORE ? limit.rlim_max : NO_CORE;
    return setrlimit(RLIMIT_CORE, &limit) < 0 ? err_sys(err, REASON_INFRA, "RLIMIT_CORE") : 0;
}

// Before Linux 5.14 an ordinary user's closed process may not read even its own fdinfo, which tells whom a pidfd means: there
// the limit has to do.
static bool sees_itself(void) { return access("/proc/self/fdinfo/0", R_OK) == 0 || errno != EACCES; }

int secrecy_begin(struct err *err) {
    TRY(limit_cores(err));
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
        return 0;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_DUMPABLE");
    if (!sees_itself() && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_DUMPABLE");
    return 0;
}
