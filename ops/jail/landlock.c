// SPDX-License-Identifier: Apache-2.0
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "quern/own.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum { RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_BLOCK = 1 << 11,
    FS_TRUNCATE = 1 << 14,
    FS_IOCTL_DEV = 1 << 15,
    // Of these only may be given to a rule about a file.
    FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
};
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 };
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 };

struct ruleset_attr {
    uint64_t fs;
    uint64_t net;    // ABI 4
    uint64_t scoped; // ABI 6
};

struct path_beneath_attr {
    uint64_t access;
    int32_t parent;
} __attribute__((packed));

uint32_t landlock_abi(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
    return abi > 0 ? (uint32_t)abi : 0;
}

// The ladder: 13 rights, then REFER, TRUNCATE and IOCTL_DEV.
static uint64_t handled_fs(uint32_t abi) {
    unsigned bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
    return (UINT64_C(1) << bits) - 1;
}

static size_t attr_bytes(uint32_t abi) {
    size_t words = abi >= 6 ? 3 : abi >= 4 ? 2 : 1;
    return words * sizeof(uint64_t);
}

static uint64_t access_for(uint32_t abi, enum landlock_rights rights, bool directory) {
    uint64_t access = 0;
    switch (rights) {
    case LANDLOCK_READ:
        access = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR;
        break;
    case LANDLOCK_DEVICE:
        access = FS_READ_FILE | FS_WRITE_FILE;
        break;
    case LANDLOCK_WORK:
        access = handled_fs(abi) & ~(uint64_t)(FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_MAKE_SOCK | FS_IOCTL_DEV);
        break;
    }
    return directory ? access : access & FS_OF_FILES;
}

void landlock_plan_open(struct landlock_plan *ret, bool network) {
    *ret = (struct landlock_plan){.abi = landlock_abi(), .network = network};
}

void landlock_plan_close(struct landlock_plan *plan) {
    for (size_t i = 0; i < plan->count; i++)
        close(plan->rules[i].fd);
    plan->count = 0;
}

static int open_rule(uint32_t abi, const char *path, enum landlock_rights rights, struct landlock_rule *ret) {
    struct stat status;
    auto_fd int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -1;
    ret->access = access_for(abi, rights, S_ISDIR(status.st_mode));
    ret->fd = steal_fd(&fd);
    return 0;
}

int landlock_plan_add(struct landlock_plan *plan, const char *path, enum landlock_rights rights, struct err *err) {
    if (plan->abi == 0)
        return 0;
    if (plan->count == LANDLOCK_MAX_RULES)
        return err_set(err, REASON_CONFIG, "%s: expected at most %u readable paths", path, LANDLOCK_MAX_RULES);
    if (open_rule(plan->abi, path, rights, &plan->rules[plan->count]) == 0)
        plan->count++;
    else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
        return err_sys(err, REASON_INFRA, "%s", path);
    return 0;
}

static int add_rule(int ruleset, const struct landlock_rule *rule, struct err *err) {
    struct path_beneath_attr attr = {.access = rule->access, .parent = rule->fd};
    if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0) < 0)
        return err_sys(err, REASON_INFRA, "landlock_add_rule");
    return 0;
}

int landlock_build(const struct landlock_plan *plan, int *ret_ruleset, struct err *err) {
    struct ruleset_attr attr = {.fs = handled_fs(plan->abi),
                                .net = plan->network ? 0 : NET_BIND_TCP | NET_CONNECT_TCP,
                                .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL};
    auto_fd int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, attr_bytes(plan->abi), 0);
    if (ruleset < 0)
        return err_sys(err, REASON_INFRA, "landlock_create_ruleset");
    for (size_t i = 0; i < plan->count; i++)
        TRY(add_rule(ruleset, &plan->rules[i], err));
    *ret_ruleset = steal_fd(&ruleset);
    return 0;
}

int landlock_add(const struct landlock_plan *plan, int ruleset, const char *path, enum landlock_rights rights,
                 struct err *err) {
    struct landlock_rule rule = {.fd = -1};
    if (open_rule(plan->abi, path, rights, &rule) < 0)
        return err_sys(err, REASON_INFRA, "%s", path);
    auto_fd int fd = rule.fd;
    return fd < 0 ? -1 : add_rule(ruleset, &rule, err);
}

int landlock_enforce(int ruleset, struct err *err) {
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return err_sys(err, REASON_INFRA, "landlock_restrict_self");
    return 0;
}

int landlock_no_writes(uint32_t abi, const char *const *paths, struct err *err) {
    const uint64_t writing = handled_fs(abi) & ~(uint64_t)(FS_EXECUTE | FS_READ_FILE | FS_READ_DIR | FS_IOCTL_DEV);
    struct ruleset_attr attr = {.fs = writing};
    auto_fd int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, attr_bytes(abi), 0);
    if (ruleset < 0)
        return err_sys(err, REASON_INFRA, "landlock_create_ruleset");
    for (; *paths; paths++) {
        struct landlock_rule rule = {.fd = -1};
        if (open_rule(abi, *paths, LANDLOCK_WORK, &rule) < 0)
            return err_sys(err, REASON_INFRA, "%s", *paths);
        rule.access &= writing;
        int added = add_rule(ruleset, &rule, err);
        own_close(&rule.fd);
        TRY(added);
    }
    return landlock_enforce(ruleset, err);
}
