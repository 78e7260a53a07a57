// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "jail_parts.h"
#include "quern/own.h"

static const char *const level_names[] = {
    [JAIL_NONE] = "none", [JAIL_MINIMAL] = "minimal", [JAIL_USER] = "user", [JAIL_FULL] = "full"};

const char *jail_level_name(enum jail_level level) {
    return (unsigned)level < sizeof level_names / sizeof *level_names ? level_names[level] : "none";
}

static const char *const bound_names[] = {
    [JAIL_BOUND_RLIMIT] = "rlimit", [JAIL_BOUND_POLLED] = "polled", [JAIL_BOUND_CGROUP] = "cgroup"};

const char *jail_bound_name(enum jail_bound bound) {
    return (unsigned)bound < sizeof bound_names / sizeof *bound_names ? bound_names[bound] : "rlimit";
}

const char *jail_lack(const struct jail_facts *facts, uint32_t index) {
    const char *found[4];
    uint32_t count = 0;
    if (!facts->user_ns)
        found[count++] =
            "this machine gives no user namespaces (quern doctor); what scripts can see of it then is told "
            "in docs/security.md";
    // Who is not to write needs a version that lets him move what he has written (close_disk).
    if (!facts->user_ns && facts->landlock_abi == 1)
        found[count++] =
            "this machine has Landlock of before Linux 5.19 (quern doctor); what an environment imports can "
            "write wherever quern can";
    // Mounts are made read-only from 5.12 on (mounts.c).
    if (!facts->landlock_abi)
        found[count++] = facts->own_uid ? "this machine has no Landlock (quern doctor); scripts can read, and before "
                                          "Linux 5.12 write, all files "
                                          "that are open to everybody"
                                        : "this machine has no Landlock (quern doctor); scripts can read, and before "
                                          "Linux 5.12 write, all files "
                                          "of quern's user, passwords and keys among them";
    if (!facts->seccomp)
        found[count++] =
            "this machine has no seccomp (quern doctor); scripts can make all system calls, and connect to "
            "the sockets of services by their paths";
    return index < count ? found[index] : NULL;
}

int jail_meets(const struct jail_facts *facts, const struct jail_require *require, struct err *err) {
    if (facts->level < require->level)
        return err_set(err, REASON_CONFIG, "the jail is %s here, %s is required (see: quern doctor)",
                       jail_level_name((enum jail_level)facts->level),
                       jail_level_name((enum jail_level)require->level));
    if (require->level && !(facts->landlock_abi && facts->seccomp))
        return err_set(err, REASON_CONFIG, "the jail has no %s here, %s is required (see: quern doctor)",
                       facts->landlock_abi ? "seccomp" : "Landlock", jail_level_name((enum jail_level)require->level));
    if (facts->bound < require->bound)
        return err_set(err, REASON_CONFIG, "memory of a job as a whole is bounded by %s here, %s is required",
                       jail_bound_name((enum jail_bound)facts->bound),
                       jail_bound_name((enum jail_bound)require->bound));
    return 0;
}

const struct jail_facts *jail_facts(const struct jail *jail) { return &jail->facts; }

static int fixed_path(const char *text, char path[PATH_MAX], struct err *err) {
    int used = snprintf(path, PATH_MAX, "%s", text);
    return used < PATH_MAX ? 0 : err_set(err, REASON_CONFIG, "%.200s: the name is too long", text);
}

int jail_work_path(const struct jail *jail, uint32_t slot, char path[PATH_MAX], struct err *err) {
    if (jail->facts.mount_ns)
        return fixed_path(JAIL_WORK_DIR, path, err);
    return place_path(&jail->place, slot, "work", path, err);
}

int jail_home(const struct jail *jail, char path[PATH_MAX], struct err *err) {
    return fixed_path(jail->facts.mount_ns ? JAIL_WORK_DIR : jail->place.home, path, err);
}

// Everything that follows changes mounts: never those of the host.
static int check_namespaces(const struct jail_facts *facts, struct err *err) {
    if (facts->mount_ns && facts->pid_ns && getpid() == 1)
        return 0;
    return err_set(err, REASON_BUG,
                   "jail_open: expected to be pid 1 of namespaces of its own (jail_spawn with isolate), found %s",
                   facts->mount_ns ? "another pid" : "the mounts of the host");
}

static int open_tree_parts(struct jail *jail, struct err *err) {
    jail->own_pid_ns = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    if (jail->own_pid_ns < 0)
        return err_sys(err, REASON_INFRA, "/proc/self/ns/pid");
    TRY(init_program_open(&jail->init_program, err));
    void *stack = mmap(NULL, JAIL_INIT_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return err_sys(err, REASON_INFRA, "a stack for quern-init");
    jail->init_stack = stack;
    return 0;
}

static int fill_with_namespaces(struct jail *jail, bool network, struct err *err) {
    struct stat status;
    TRY(check_namespaces(&jail->facts, err));
    TRY(mounts_make(network, &jail->fresh_proc, err));
    TRY(landlock_plan_add(&jail->plan, "/run", LANDLOCK_READ, err)); // the zygote's own tmpfs
    jail->facts.level = facts_level(&jail->facts, network);
    // Who looks at a tree needs a list of its processes that is complete: that of its own pid namespace.
    jail->facts.bound = jail->fresh_proc ? JAIL_BOUND_POLLED : JAIL_BOUND_RLIMIT;
    jail->shared_memory = stat("/dev/shm", &status) == 0 && S_ISDIR(status.st_mode);
    return open_tree_parts(jail, err);
}

// Nothing is left to stand in for what is missing here.
static int check_minimal(const struct jail_facts *facts, struct err *err) {
    if (facts->level == JAIL_MINIMAL)
        return 0;
    const char *why = !facts->landlock_abi ? "Landlock (Linux 5.13 with lsm=landlock,...)"
                      : !facts->seccomp    ? "seccomp (CONFIG_SECCOMP_FILTER)"
                                           : "a uid for scripts that is not 0: run quern as an ordinary user";
    return err_set(err, REASON_CONFIG,
                   "this machine gives no user namespaces (see sysctl kernel.unprivileged_userns_clone=1, "
                   "kernel.apparmor_restrict_unprivileged_userns=0 and user.max_user_namespaces), and without them a "
                   "jail needs %s",
                   why);
}

// What is imported writes into the zygote's place and nowhere else, as it would with mounts. Older kernels would not let it
// move what it has there.
static int close_disk(const struct jail *jail, struct err *err) {
    const char *const writable[] = {jail->place.path, "/dev/null", "/dev/full", jail->facts.own_uid ? NULL : "/proc",
                                    NULL};
    if (jail->facts.landlock_abi < 2)
        return 0;
    TRY(confine_no_new_privileges(err));
    return landlock_no_writes(jail->facts.landlock_abi, writable, err);
}

static int fill_minimal(struct jail *jail, const struct jail_options *options, struct err *err) {
    facts_without_namespaces(&jail->facts);
    jail->facts.level = facts_level(&jail->facts, options->network_open);
    TRY(check_minimal(&jail->facts, err));
    jail->facts.bound = JAIL_BOUND_POLLED;
    TRY(group_adopt(err));
    TRY(place_open(options->work_base, &jail->place, err));
    TRY(landlock_plan_add(&jail->plan, jail->place.home, LANDLOCK_READ, err));
    return close_disk(jail, err);
}

static int fill(struct jail *jail, const struct jail_options *options, struct err *err) {
    bool network = options->network_open;
    TRY(facts_probe(&jail->facts, err));
    jail->facts.network_open = network;
    landlock_plan_open(&jail->plan, network);
    TRY(options->work_base ? fill_minimal(jail, options, err) : fill_with_namespaces(jail, network, err));
    TRY(paths_allow(&jail->plan, network, !jail->fresh_proc, options->read_paths, err));
    const struct filter_wish wish = {.network_open = network,
                                     .path_truncate = jail->facts.landlock_abi >= 3,
                                     .shared_machine = !jail->facts.mount_ns,
                                     .shared_uid = !jail->facts.own_uid,
                                     .signals_scoped = jail->facts.landlock_abi >= 6,
                                     .memory_counted = options->grouped};
    return jail->facts.seccomp ? filter_job(&wish, &jail->filter, err) : 0;
}

static void discard(struct jail *jail) {
    landlock_plan_close(&jail->plan);
    filter_free(&jail->filter);
    place_close(&jail->place);
    own_close(&jail->own_pid_ns);
    own_close(&jail->init_program);
    if (jail->init_stack)
        munmap(jail->init_stack, JAIL_INIT_STACK_BYTES);
    free(jail);
}

int jail_open(const struct jail_options *options, struct jail **ret, struct err *err) {
    struct jail *jail = malloc(sizeof *jail);
    if (!jail)
        return err_sys(err, REASON_INFRA, "the jail");
    *jail = (struct jail){.own_pid_ns = -1, .init_program = -1, .place = {.dir = -1}};
    if (fill(jail, options, err) < 0) {
        discard(jail);
        return -1;
    }
    *ret = jail;
    return 0;
}
