// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "jail_parts.h"
#include "quern/own.h"

void jail_limits_default(struct jail_limits *limits) {
    *limits = (struct jail_limits){
#define JAIL_LIMIT(member, key, flag, unit, least, most, usual, ...) .member = usual,
#include "../../schemas/limits.def"
    };
}

static int check(const char *name, uint64_t value, uint64_t least, uint64_t most, struct err *err) {
    if (value >= least && value <= most)
        return 0;
    return err_set(err, REASON_BAD_INPUT, "limits.%s: expected %llu to %llu, found %llu", name,
                   (unsigned long long)least, (unsigned long long)most, (unsigned long long)value);
}

// No sum of two can overflow.
int jail_limits_check(const struct jail_limits *limits, struct err *err) {
#define JAIL_LIMIT(member, key, flag, unit, least, most, ...) TRY(check(#member, limits->member, least, most, err));
#include "../../schemas/limits.def"
    return check("mapped_bytes", limits->mapped_bytes, 0, UINT64_C(1) << 50, err);
}

int limit_set(int resource, const char *name, uint64_t soft, uint64_t hard, struct err *err) {
    struct rlimit limit, found;
    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_%s", name);
    if (hard < limit.rlim_max)
        limit.rlim_max = hard;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_%s", name);
    if (getrlimit((__rlimit_resource_t)resource, &found) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_%s", name);
    if (found.rlim_cur > soft || found.rlim_max > hard)
        return err_set(err, REASON_INFRA, "RLIMIT_%s: expected at most %llu, %llu, found %llu, %llu", name,
                       (unsigned long long)soft, (unsigned long long)hard, (unsigned long long)found.rlim_cur,
                       (unsigned long long)found.rlim_max);
    return 0;
}

// The first number of statm is the size of the address space in pages.
int jail_measure(uint64_t *ret_bytes, struct err *err) {
    char text[128];
    auto_fd int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        return err_sys(err, REASON_INFRA, "/proc/self/statm");
    text[got] = '\0';
    *ret_bytes = strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}

// The machine's own number is the least that is known of a user's.
uint64_t limit_of_processes(const struct jail_facts *facts, uint64_t own) {
    struct sysinfo machine;
    return facts->user_ns || sysinfo(&machine) < 0 ? own : own + machine.procs;
}

// With one uid for all children the kernel counts them together, with their inits: then the limit only keeps a fork
// bomb from the machine, not from the neighbours.
static uint64_t process_limit(const struct jail *jail, const struct jail_limits *limits) {
    const struct jail_facts *facts = &jail->facts;
    return facts->own_uid ? limits->processes : limit_of_processes(facts, limits->processes + 4u * JAIL_SLOTS);
}

// The kernel counts from the fork, and knows whole seconds only: what was begun before the job is the job's.
static uint64_t cpu_limit(const struct jail_limits *limits) {
    struct timespec used = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec + (used.tv_nsec > 0) + limits->cpu_seconds;
}

int jail_commit(const struct jail *jail, uint64_t space_bytes, const struct jail_limits *limits, struct err *err) {
    TRY(jail_limits_check(limits, err));
    uint64_t cpu = cpu_limit(limits);
    uint64_t space =
        space_bytes + limits->mapped_bytes + limits->memory_bytes; // far from overflow, by the check and the machine
    TRY(limit_set(RLIMIT_AS, "AS", space, space, err));
    TRY(limit_set(RLIMIT_FSIZE, "FSIZE", limits->file_bytes, limits->file_bytes, err));
    TRY(limit_set(RLIMIT_NOFILE, "NOFILE", limits->open_files, limits->open_files, err));
    TRY(limit_set(RLIMIT_NPROC, "NPROC", process_limit(jail, limits), process_limit(jail, limits), err));
    return limit_set(RLIMIT_CPU, "CPU", cpu, cpu + 1, err); // SIGXCPU, and a second later SIGKILL
}
