// SPDX-License-Identifier: Apache-2.0
// What a script may read. Homes, /etc as a whole, /var and /tmp are not among it.
#include "jail_parts.h"

static const char *const readable[] = {
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/matplotlibrc",
    "/etc/mime.types",
    "/etc/python3",
    "/etc/python3.11",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/dev/zero", // who may write it maps memory that has no other file: filter_job.c
    // What the C library, numpy and joblib ask of the machine.
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "/sys/kernel/mm/transparent_hugepage",
};

// Of a /proc that shows the whole host; one of the child's own namespace is readable as a whole.
static const char *const readable_of_host_proc[] = {
    "/proc/cpuinfo", "/proc/filesystems", "/proc/loadavg", "/proc/meminfo",
    "/proc/stat",    "/proc/uptime",      "/proc/version", "/proc/sys/vm/overcommit_memory",
};

static const char *const readable_with_network[] = {
    "/etc/gai.conf",    "/etc/host.conf", "/etc/hosts",     "/etc/nsswitch.conf",   "/etc/protocols",
    "/etc/resolv.conf", "/etc/services",  "/etc/ssl/certs", "/etc/ca-certificates",
};

static const char *const devices[] = {"/dev/null", "/dev/full", "/dev/random", "/dev/urandom"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int allow(struct landlock_plan *plan, const char *const *paths, size_t count, enum landlock_rights rights,
                 struct err *err) {
    for (size_t i = 0; i < count; i++)
        TRY(landlock_plan_add(plan, paths[i], rights, err));
    return 0;
}

int paths_allow(struct landlock_plan *plan, bool network_open, bool host_proc, const char *const *read_paths,
                struct err *err) {
    TRY(allow(plan, readable, COUNT(readable), LANDLOCK_READ, err));
    TRY(allow(plan, devices, COUNT(devices), LANDLOCK_DEVICE, err));
    if (host_proc)
        TRY(allow(plan, readable_of_host_proc, COUNT(readable_of_host_proc), LANDLOCK_READ, err));
    if (network_open)
        TRY(allow(plan, readable_with_network, COUNT(readable_with_network), LANDLOCK_READ, err));
    for (size_t i = 0; read_paths && read_paths[i]; i++)
        TRY(landlock_plan_add(plan, read_paths[i], LANDLOCK_READ, err));
    return 0;
}
