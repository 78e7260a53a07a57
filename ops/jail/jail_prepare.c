// SPDX-License-Identifier: Apache-2.0
// The jail of a script. prepare_steps.def is the whole of it, in its order.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capability.h"
#include "confine.h"
#include "jail_parts.h"
#include "prepare_part.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "work.h"

struct prepare {
    const struct jail *jail;
    const int *keep;
    size_t keep_count;
    uint32_t slot;
    struct work work;
    int work_dir;
    int ruleset; // -1: no Landlock
};

static int step_session(struct err *err) {
    if (setsid() < 0)
        return err_sys(err, REASON_INFRA, "setsid");
    return getsid(0) == getpid() ? 0 : err_set(err, REASON_INFRA, "not the leader of a session of its own");
}

// Raising one's own score is allowed to all; where /proc is read-only the score stays as it is.
static int step_out_of_memory(struct err *err) {
    char found[8] = "";
    auto_fd int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (fd < 0 && (errno == EROFS || errno == EACCES || errno == ENOENT))
        return 0;
    if (fd < 0 || write(fd, "1000", 4) != 4 || pread(fd, found, sizeof found - 1, 0) < 0)
        return err_sys(err, REASON_INFRA, "/proc/self/oom_score_adj");
    return strcmp(found, "1000\n") == 0
               ? 0
               : err_set(err, REASON_INFRA, "/proc/self/oom_score_adj: expected 1000, found %s", found);
}

static const char own_mounts[] = "/proc/self/ns/mnt";

static int step_mounts(void *state, struct err *err) {
    struct prepare *prepare = state;
    struct stat before, after;
    if (!prepare->jail->facts.mount_ns)
        return 0;
    if (stat(own_mounts, &before) < 0 || unshare(CLONE_NEWNS) < 0 || stat(own_mounts, &after) < 0)
        return err_sys(err, REASON_INFRA, "a mount namespace");
    if (before.st_ino == after.st_ino)
        return err_set(err, REASON_INFRA, "still the mounts of the zygote");
    return work_mount(&prepare->work, err);
}

enum { SHUT_MS = 2000, LOOK_NS = 100000 };

// How many filters a process has; before Linux 5.9 nobody tells, and then whether it has any.
static long filters(const char *path, const char *key) {
    char status[4096];
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, status, sizeof status - 1);
    status[got < 0 ? 0 : got] = '\0';
    const char *at = strstr(status, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static bool first_is_shut(void) {
    static const char count[] = "\nSeccomp_filters:", any[] = "\nSeccomp:";
    long own = filters("/proc/self/status", count);
    return own < 0 ? filters("/proc/1/status", any) == 2 : filters("/proc/1/status", count) > own;
}

// Whoever has the uid of quern-init and no rules can write to its memory: it has its own filter before.
static int await_first(const struct jail_facts *facts, struct err *err) {
    if (facts->own_uid || facts->landlock_abi || !facts->seccomp)
        return 0;
    for (uint64_t end = clock_deadline_ns(SHUT_MS); !first_is_shut();
         nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL))
        if (clock_now_ns() > end)
            return err_set(err, REASON_INFRA, "quern-init, the first process of a child's tree, has no filter");
    return 0;
}

// In the zygote's /proc the process numbers of a child's namespace would be wrong, and the other children be listed.
static int step_proc(void *state, struct err *err) {
    const struct prepare *prepare = state;
    bool fresh = false;
    if (!prepare->jail->fresh_proc)
        return 0;
    TRY(mounts_proc(&fresh, err));
    if (!fresh)
        return err_set(err, REASON_INFRA, "the zygote got a fresh /proc, its child does not");
    return await_first(&prepare->jail->facts, err);
}

static int step_work_directory(void *state, struct err *err) {
    struct prepare *prepare = state;
    char path[PATH_MAX];
    TRY(jail_work_path(prepare->jail, prepare->slot, path, err));
    umask(077);
    return work_open(&prepare->work, path, &prepare->work_dir, err);
}

static int add_work_directories(const struct prepare *prepare, struct err *err) {
    const struct jail *jail = prepare->jail;
    char path[PATH_MAX] = "/dev/shm";
    if (!jail->facts.mount_ns)
        TRY(place_path(&jail->place, prepare->slot, "shm", path, err));
    if (!jail->facts.mount_ns || prepare->work.shared_memory)
        TRY(landlock_add(&jail->plan, prepare->ruleset, path, LANDLOCK_WORK, err));
    TRY(jail_work_path(jail, prepare->slot, path, err));
    return landlock_add(&jail->plan, prepare->ruleset, path, LANDLOCK_WORK, err);
}

// Built before the descriptors of its rules are closed.
static int step_rules(void *state, struct err *err) {
    struct prepare *prepare = state;
    const struct landlock_plan *plan = &prepare->jail->plan;
    if (plan->abi == 0)
        return 0;
    TRY(landlock_build(plan, &prepare->ruleset, err));
    TRY(add_work_directories(prepare, err));
    // Of the machine's /proc a namespace's process gets itself; without namespaces its children read there, too, and what is
    // secret about a process Landlock keeps from all outside its jail.
    bool whole = prepare->jail->fresh_proc || !prepare->jail->facts.pid_ns;
    const char *proc = whole ? "/proc" : "/proc/self";
    return landlock_add(plan, prepare->ruleset, proc, LANDLOCK_READ, err);
}

static int step_descriptors(void *state, struct err *err) {
    struct prepare *prepare = state;
    const size_t own = 2;
    int keep[CONFINE_MOST_KEPT];
    size_t count = prepare->keep_count;
    if (count > CONFINE_MOST_KEPT - own)
        return err_set(err, REASON_BUG, "expected at most %zu descriptors to keep, found %zu", CONFINE_MOST_KEPT - own,
                       count);
    memcpy(keep, prepare->keep, count * sizeof *keep);
    keep[count++] = prepare->work_dir;
    if (prepare->ruleset >= 0)
        keep[count++] = prepare->ruleset;
    return confine_close_all_but(keep, count, err);
}

// While CAP_SETPCAP is still there: no exec and no uid 0 may ever bring a capability back. Who never had it has no new
// privileges to keep it so.
static int step_bounds(void *state, struct err *err) {
    const struct prepare *prepare = state;
    if (!prepare->jail->facts.user_ns && !prepare->jail->facts.own_uid)
        return 0;
    const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
                               SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                               SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    TRY(capability_bound(0, err));
    if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
        return err_sys(err, REASON_INFRA, "PR_SET_SECUREBITS");
    if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != (int)bits)
        return err_set(err, REASON_INFRA, "the secure bits are not as they were set");
    return 0;
}

static int check_ids(const struct work *work, bool grouped, struct err *err) {
    uid_t uid[3];
    gid_t gid[3];
    if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
        return err_sys(err, REASON_INFRA, "reading the ids back");
    for (int i = 0; i < 3; i++)
        if (uid[i] != work->uid || gid[i] != work->gid)
            return err_set(err, REASON_INFRA, "expected uid %u and gid %u, found %u and %u", (unsigned)work->uid,
                           (unsigned)work->gid, (unsigned)uid[i], (unsigned)gid[i]);
    if (!grouped && getgroups(0, NULL) != 0)
        return err_set(err, REASON_INFRA, "expected no groups, found %d", getgroups(0, NULL));
    if (work->uid != 0 && setuid(0) == 0)
        return err_set(err, REASON_INFRA, "uid 0 can be taken back");
    return 0;
}

// An ordinary user has one id for all, and his groups, and may not change them: the facts say so.
static int step_ids(void *state, struct err *err) {
    const struct prepare *prepare = state;
    const struct work *work = &prepare->work;
    bool own = prepare->jail->facts.own_uid;
    if (own && (setgroups(0, NULL) < 0 || setresgid(work->gid, work->gid, work->gid) < 0 ||
                setresuid(work->uid, work->uid, work->uid) < 0))
        return err_sys(err, REASON_INFRA, "becoming uid %u", (unsigned)work->uid);
    return check_ids(work, !own, err);
}

static bool opens(const char *path) {
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

static int step_landlock(void *state, struct err *err) {
    struct prepare *prepare = state;
    if (prepare->ruleset < 0)
        return 0;
    // What could be opened before, and no rule allows.
    const char *tried = opens("/") ? "/" : "/etc/passwd";
    if (!opens(tried))
        return err_set(err, REASON_INFRA,
                       "the rules cannot be tried: neither / nor /etc/passwd can be read without them");
    TRY(landlock_enforce(prepare->ruleset, err));
    close(steal_fd(&prepare->ruleset));
    return opens(tried) ? err_set(err, REASON_INFRA, "the rules are in force, but %s can be opened", tried) : 0;
}

// Whoever looks at a tree without a pid namespace has no right over it but that of an equal. Other jobs are kept away by
// Landlock, which lets nobody look out of a jail.
static int step_dumpable(void *state, struct err *err) {
    const struct prepare *prepare = state;
    const struct jail_facts *facts = &prepare->jail->facts;
    return facts->user_ns || facts->own_uid ? confine_not_dumpable(err) : 0;
}

static int step_limits(void *state, struct err *err) {
    const struct prepare *prepare = state;
    TRY(confine_fixed_limits(err));
    return prepare->jail->facts.pid_ns ? 0 : place_mark(&prepare->jail->place, err);
}

static int step_seccomp(void *state, struct err *err) {
    const struct prepare *prepare = state;
    return prepare->jail->facts.seccomp ? filter_load(&prepare->jail->filter, err) : 0;
}

static const struct confine_step steps[] = {
#define STEP(label, how, function, what, minimal) {label, .how = function},
#include "prepare_steps.def"
#undef STEP
};

const char *const jail_step_names[] = {
#define STEP(label, how, function, what, minimal) label,
#include "prepare_steps.def"
#undef STEP
};
const size_t jail_step_count = sizeof steps / sizeof *steps;

int jail_prepare_part(const struct jail *jail, uint32_t slot, const struct jail_limits *limits, const int *keep,
                      size_t keep_count, size_t step_count, int *ret_work_dir, struct err *err) {
    struct prepare prepare = {.jail = jail, .keep = keep, .keep_count = keep_count, .work_dir = -1, .ruleset = -1};
    if (slot >= JAIL_SLOTS)
        return err_set(err, REASON_BUG, "expected a slot below %u, found %u", JAIL_SLOTS, slot);
    TRY(jail_limits_check(limits, err));
    prepare.slot = slot;
    prepare.work = (struct work){.uid = ids_of_slot(&jail->facts, slot, getuid()),
                                 .gid = ids_of_slot(&jail->facts, slot, getgid()),
                                 .mounted = jail->facts.mount_ns,
                                 .bytes = limits->work_bytes,
                                 .files = limits->work_files,
                                 .shared_memory = jail->shared_memory};
    TRY(confine_run(steps, step_count, &prepare, err));
    *ret_work_dir = prepare.work_dir;
    return 0;
}

int jail_prepare(const struct jail *jail, uint32_t slot, const struct jail_limits *limits, const int *keep,
                 size_t keep_count, int *ret_work_dir, struct err *err) {
    return jail_prepare_part(jail, slot, limits, keep, keep_count, jail_step_count, ret_work_dir, err);
}
