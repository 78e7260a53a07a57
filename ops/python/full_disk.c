// SPDX-License-Identifier: Apache-2.0
#include "ops/python/full_disk.h"

#include <signal.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "quern/host.h"

// A handler has no other way to what it needs.
static struct {
    int conversation;
    pid_t process;
} watched;

static const struct host_answer its_end = {.kind = HOST_RAISED,
                                           .reason = REASON_LIMIT_DISK,
                                           .value = "a page of a mapped file was missing, and the disk is full"};
static const struct host_answer end_of_another = {.kind = HOST_NOTE, .met = UINT64_C(1) << REASON_LIMIT_DISK};

static bool is_full(void) {
    struct statfs work;
    return statfs(JAIL_WORK_DIR, &work) == 0 && (work.f_bfree == 0 || work.f_ffree == 0);
}

// Back where it was the process does the same again, and dies of it.
static void on_bus(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    if (info->si_code != BUS_ADRERR || !is_full())
        return;
    const struct host_answer *answer = getpid() == watched.process ? &its_end : &end_of_another;
    (void)!record_send(watched.conversation, answer, sizeof *answer, NULL, 0, NULL);
}

int full_disk_watch(int conversation, struct err *err) {
    const struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND};
    watched.conversation = conversation;
    watched.process = getpid();
    return sigaction(SIGBUS, &action, NULL) < 0 ? err_sys(err, REASON_INFRA, "SIGBUS") : 0;
}
