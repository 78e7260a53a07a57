// SPDX-License-Identifier: Apache-2.0
#include "capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Two words of 32 bits each: version 3 of the kernel's interface.
struct sets {
    struct __user_cap_data_struct word[2];
};

static int read_sets(struct sets *ret) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return (int)syscall(SYS_capget, &header, ret->word);
}

static int write_sets(const struct sets *sets) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return (int)syscall(SYS_capset, &header, sets->word);
}

int capability_bound(uint64_t keep, struct err *err) {
    for (int capability = 0; capability < 64; capability++) {
        int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (held < 0)
            return 0; // beyond the last one that this kernel knows
        if (held == 0 || keep >> capability & 1)
            continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return err_sys(err, REASON_INFRA, "dropping capability %d from the bounding set", capability);
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0)
            return err_set(err, REASON_INFRA, "capability %d is still in the bounding set", capability);
    }
    return 0;
}

int capability_inherit(uint64_t keep, struct err *err) {
    struct sets sets;
    if (read_sets(&sets) < 0)
        return err_sys(err, REASON_INFRA, "capget");
    sets.word[0].inheritable = sets.word[0].permitted & (uint32_t)keep;
    sets.word[1].inheritable = sets.word[1].permitted & (uint32_t)(keep >> 32);
    if (write_sets(&sets) < 0)
        return err_sys(err, REASON_INFRA, "making capabilities inheritable");
    for (int capability = 0; capability < 64; capability++)
        if (keep >> capability & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
            return err_sys(err, REASON_INFRA, "raising ambient capability %d", capability);
    return 0;
}

int capability_drop(struct err *err) {
    struct sets sets = {0};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "clearing the ambient capabilities");
    if (write_sets(&sets) < 0)
        return err_sys(err, REASON_INFRA, "clearing the capabilities");
    if (read_sets(&sets) < 0)
        return err_sys(err, REASON_INFRA, "capget");
    for (int i = 0; i < 2; i++)
        if (sets.word[i].effective | sets.word[i].permitted | sets.word[i].inheritable)
            return err_set(err, REASON_INFRA, "capabilities are still held after they were cleared");
    return 0;
}

bool capability_held(int capability) {
    struct sets sets;
    return read_sets(&sets) == 0 && sets.word[capability / 32].effective >> (capability % 32) & 1;
}
