// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/host_waiting.h"

#include <stdio.h>
#include <time.h>

#include "quern/clock.h"
#include "quern/own.h"

int harness_list(const struct harness *harness, struct harness_listed *ret, struct err *err) {
    struct harness_listed listed = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", harness->pid, harness->pid);
    auto_file FILE *file = fopen(path, "re");
    if (!file)
        return err_sys(err, REASON_INFRA, "%s", path);
    while (listed.count < HARNESS_MOST && fscanf(file, "%d", &listed.pids[listed.count]) == 1)
        listed.count++;
    *ret = listed;
    return 0;
}

bool harness_has(const struct harness_listed *listed, int pid) {
    for (int i = 0; i < listed->count; i++)
        if (listed->pids[i] == pid)
            return true;
    return false;
}

// recvmsg(2) is number 47.
bool harness_is_waiting(int pid) {
    char path[64];
    int number = -1;
    snprintf(path, sizeof path, "/proc/%d/syscall", pid);
    auto_file FILE *file = fopen(path, "re");
    return file && fscanf(file, "%d", &number) == 1 && number == 47;
}

int harness_await_waiting(const struct harness *harness, int count, struct err *err) {
    uint64_t deadline = clock_deadline_ns(HARNESS_MS);
    for (;;) {
        struct harness_listed listed;
        int waiting = 0;
        TRY(harness_list(harness, &listed, err));
        for (int i = 0; i < listed.count; i++)
            waiting += harness_is_waiting(listed.pids[i]);
        if (waiting >= count)
            return 0;
        if (clock_now_ns() >= deadline)
            return err_set(err, REASON_INFRA, "%d children wait after %u ms, expected %d", waiting, HARNESS_MS, count);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}
