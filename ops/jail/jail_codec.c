// SPDX-License-Identifier: Apache-2.0
// The jail of quern-codec: nothing can be opened, only what it holds can be used. The table at the end is all of it.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capability.h"
#include "confine.h"
#include "jail_parts.h"
#include "quern/own.h"

enum { MAX_FILES = 512, MAX_THREADS = 512 };

// Without a user namespace of its own it has none to bound, and no_new_privs keeps it so.
static int step_capabilities(void *state, struct err *err) {
    const struct jail_facts *facts = state;
    if (facts->user_ns || capability_held(CAP_SETPCAP))
        TRY(capability_bound(0, err));
    return capability_drop(err);
}

static int step_limits(void *state, struct err *err) {
    uint64_t threads = limit_of_processes(state, MAX_THREADS);
    TRY(confine_fixed_limits(err));
    TRY(limit_set(RLIMIT_NPROC, "NPROC", threads, threads, err));
    return limit_set(RLIMIT_NOFILE, "NOFILE", MAX_FILES, MAX_FILES, err);
}

static int step_landlock(struct err *err) {
    struct landlock_plan nothing;
    int ruleset = -1;
    landlock_plan_open(&nothing, false);
    if (nothing.abi == 0)
        return 0;
    TRY(landlock_build(&nothing, &ruleset, err));
    auto_fd int held = ruleset;
    TRY(landlock_enforce(held, err));
    auto_fd int forbidden = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return forbidden < 0 ? 0 : err_set(err, REASON_INFRA, "the rules are in force, but / can be read");
}

static int step_seccomp(void *state, struct err *err) {
    const struct jail_facts *facts = state;
    struct filter filter = {0};
    if (!facts->seccomp)
        return 0;
    TRY(filter_codec(&filter, err));
    int loaded = filter_load(&filter, err);
    filter_free(&filter);
    return loaded;
}

static const struct confine_step steps[] = {
    {"threads", .plain = confine_single_thread},
    {"capabilities", .with = step_capabilities},
    {"death signal", .plain = confine_death},
    {"dumpable", .plain = confine_not_dumpable},
    {"limits", .with = step_limits},
    {"no new privileges", .plain = confine_no_new_privileges},
    {"landlock", .plain = step_landlock},
    {"seccomp", .with = step_seccomp},
};

int jail_codec(struct jail_facts *ret_facts, struct err *err) {
    struct jail_facts facts = {0};
    TRY(facts_probe(&facts, err));
    facts.level = facts_level(&facts, false);
    TRY(confine_run(steps, sizeof steps / sizeof *steps, &facts, err));
    if (ret_facts)
        *ret_facts = facts;
    return 0;
}
