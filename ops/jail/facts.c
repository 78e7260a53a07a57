// SPDX-License-Identifier: Apache-2.0
// What this process got, read back from the kernel and never taken from what was asked for.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capability.h"
#include "jail_parts.h"
#include "quern/own.h"

// The inode number of the machine's first user namespace is part of the kernel's interface (PROC_USER_INIT_INO).
enum { MAX_EXTENTS = 340 };
#define FIRST_USER_NAMESPACE UINT64_C(0xEFFFFFFD)

static int namespace_status(const char *name, struct stat *ret) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", name);
    return stat(path, ret);
}

// A namespace is ours if our own user namespace owns it.
static uint32_t owned(const char *name, const struct stat *user) {
    char path[64];
    struct stat owner;
    snprintf(path, sizeof path, "/proc/self/ns/%s", name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    auto_fd int owner_fd = ioctl(fd, NS_GET_USERNS);
    if (owner_fd < 0 || fstat(owner_fd, &owner) < 0)
        return 0;
    return owner.st_ino == user->st_ino && owner.st_dev == user->st_dev;
}

// Whether a map of /proc/self holds all ids of the slots.
static bool maps_slots(const char *path, uint32_t first) {
    auto_file FILE *map = fopen(path, "re");
    unsigned long long inside, outside, count;
    for (int i = 0; map && i < MAX_EXTENTS && fscanf(map, "%llu %llu %llu", &inside, &outside, &count) == 3; i++)
        if (inside <= first && inside + count >= (uint64_t)first + JAIL_SLOTS)
            return true;
    return false;
}

uint32_t facts_level(const struct jail_facts *facts, bool network_open) {
    bool namespaces =
        facts->user_ns && facts->mount_ns && facts->pid_ns && facts->ipc_ns && (facts->net_ns || network_open);
    bool rules = facts->landlock_abi && facts->seccomp;
    if (namespaces && rules)
        return facts->own_uid ? JAIL_FULL : JAIL_USER;
    return namespaces || (rules && (facts->own_uid || getuid() != 0)) ? JAIL_MINIMAL : JAIL_NONE;
}

static bool may_give_ids(uint32_t first) {
    return getuid() == 0 && capability_held(CAP_SETUID) && capability_held(CAP_SETGID) &&
           maps_slots("/proc/self/uid_map", first) && maps_slots("/proc/self/gid_map", first);
}

uint32_t ids_of_slot(const struct jail_facts *facts, uint32_t slot, uint32_t ours) {
    if (!facts->own_uid)
        return ours;
    return facts->user_ns ? JAIL_FIRST_UID + slot : JAIL_HOST_UID + 1 + slot;
}

// As root in a container: its files and children are another's, whom it has to be able to overrule.
void facts_without_namespaces(struct jail_facts *facts) {
    facts->user_ns = facts->mount_ns = facts->pid_ns = facts->net_ns = facts->ipc_ns = 0;
    facts->own_uid = may_give_ids(JAIL_HOST_UID + 1) && capability_held(CAP_SETPCAP) && capability_held(CAP_CHOWN) &&
                     capability_held(CAP_KILL) && capability_held(CAP_DAC_OVERRIDE);
}

int facts_probe(struct jail_facts *ret, struct err *err) {
    struct stat user;
    struct jail_facts facts = {0};
    if (namespace_status("user", &user) < 0)
        return err_sys(err, REASON_INFRA, "/proc/self/ns/user");
    facts.user_ns = user.st_ino != FIRST_USER_NAMESPACE;
    facts.mount_ns = facts.user_ns && owned("mnt", &user);
    facts.pid_ns = facts.user_ns && owned("pid", &user);
    facts.net_ns = facts.user_ns && owned("net", &user);
    facts.ipc_ns = facts.user_ns && owned("ipc", &user);
    facts.own_uid = facts.user_ns && may_give_ids(JAIL_FIRST_UID);
    facts.landlock_abi = landlock_abi();
    facts.seccomp = filter_possible();
    *ret = facts;
    return 0;
}
