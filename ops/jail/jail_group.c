// SPDX-License-Identifier: Apache-2.0
// A tree without a pid namespace: one process group. Its leader is the child, seccomp lets nobody out of it, and a signal to
// a group and a fork inside exclude each other in the kernel, so that none is missed. Orphans become the zygote's.
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail_parts.h"

int group_adopt(struct err *err) {
    int found = 0;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || prctl(PR_GET_CHILD_SUBREAPER, &found, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_CHILD_SUBREAPER");
    return found ? 0 : err_set(err, REASON_INFRA, "orphans would not become the zygote's");
}

int jail_group_begin(struct jail *jail, uint32_t slot, struct err *err) {
    uid_t uid = ids_of_slot(&jail->facts, slot, getuid());
    gid_t gid = ids_of_slot(&jail->facts, slot, getgid());
    return place_new(&jail->place, slot, uid, gid, err);
}

void jail_group_kill(pid_t leader) {
    kill(leader, SIGKILL); // before it leads, and then it is alone
    kill(-leader, SIGKILL);
}

void jail_group_bury(pid_t leader) {
    siginfo_t info;
    for (;;) {
        info.si_pid = 0;
        if (waitid(P_PGID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 ||
            info.si_pid == leader)
            return;
        waitpid(info.si_pid, NULL, WNOHANG);
    }
}

bool jail_group_ended(pid_t leader, bool wait) {
    pid_t got;
    do
        got = waitpid(-leader, NULL, wait ? 0 : WNOHANG);
    while (got > 0 || (got < 0 && errno == EINTR));
    return got < 0;
}

bool jail_group_remove(struct jail *jail, uint32_t slot) { return place_remove(&jail->place, slot); }

void jail_leave(struct jail *jail) { place_close(&jail->place); }

void jail_sweep(const char *work_base) { place_sweep(work_base); }
