// SPDX-License-Identifier: Apache-2.0
#include "tree_watch.h"

#include <sys/stat.h>

#include "quern/clock.h"
#include "quern/limits.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "tree_mappings.h"
#include "work_usage.h"

enum { LOOKS = 3 }; // that have to agree where one may be wrong

enum { SHORTEST_NS = 10000000, LONGEST_NS = 100000000, SHARE = 20, FILL_BYTES_PER_NS = 10 };

// However dear a look was, and so whatever share of a processor looking takes: how dear it is, the script decides.
enum { MOST_REST_NS = 1000000000 };

// Mappings are dear to count, and take a script its time to make.
static const uint64_t SHORTEST_MAPPINGS_NS = 1000000000, LONGEST_MAPPINGS_NS = 5000000000;

static void rest(struct tree_watch *watch) {
    watch->weigh_ns = watch->count_ns = watch->mappings_ns = watch->survey_ns = CLOCK_NEVER;
}

void tree_watch_init(struct tree_watch *watch) {
    *watch = (struct tree_watch){
        .view = {.processes = {.proc = -1}, .lent = -1}, .group = -1, .work_dir = -1, .survey_dir = -1, .process = -1};
    rest(watch);
}

void tree_watch_done(struct tree_watch *watch) {
    own_close(&watch->view.processes.proc);
    own_close(&watch->view.lent);
    own_close(&watch->group);
    cpu_book_free(&watch->cpu);
    rest(watch);
}

int tree_watch_input(struct tree_watch *watch, int fd, struct err *err) {
    struct stat status;
    if (watch->view.input_count == HOST_MAX_PORTS)
        return err_set(err, REASON_BUG, "expected at most %u inputs of a child", HOST_MAX_PORTS);
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "the segment of an input");
    watch->view.inputs[watch->view.input_count++] = status.st_ino;
    return 0;
}

void tree_watch_begin(struct tree_watch *watch, int process, const struct jail_facts *facts, uint64_t inherited_bytes,
                      const struct jail_limits *limits) {
    watch->process = process;
    watch->facts = *facts;
    watch->limits = *limits;
    watch->view.inherited_bytes = inherited_bytes;
    watch->view.processes.most = limits->processes;
    if (facts->bound < JAIL_BOUND_POLLED)
        return;
    watch->weigh_ns = clock_now_ns() + SHORTEST_NS;
    if (watch->group >= 0)
        cgroup_cpu_read(watch->group, &watch->before);
    else
        watch->before.user_us = tree_usage_before(process);
    // Where each child has a uid of its own, or a cgroup, the kernel refuses the next thread itself.
    bool kept = facts->own_uid || watch->group >= 0;
    watch->count_ns = kept ? CLOCK_NEVER : watch->weigh_ns;
    watch->mappings_ns = watch->group >= 0 ? CLOCK_NEVER : watch->weigh_ns + SHORTEST_MAPPINGS_NS;
}

void tree_watch_lend(struct tree_watch *watch, int file) {
    own_close(&watch->view.lent);
    watch->view.lent = file;
}

bool tree_watch_take_back(struct tree_watch *watch, int file) {
    struct stat lent, found;
    if (watch->view.lent < 0 || fstat(watch->view.lent, &lent) < 0 || fstat(file, &found) < 0 ||
        lent.st_dev != found.st_dev || lent.st_ino != found.st_ino)
        return false;
    own_close(&watch->view.lent);
    return true;
}

void tree_watch_work(struct tree_watch *watch, const struct jail_facts *facts, int work_dir) {
    struct stat status;
    if (facts->mount_ns) {
        watch->work_dir = work_dir;
        return;
    }
    if (fstat(work_dir, &status) == 0)
        watch->view.work_device = status.st_dev;
    watch->survey_dir = work_dir;
    watch->survey_ns = clock_now_ns();
}

static int memory_device(dev_t *ret, struct err *err) {
    struct stat status;
    auto_fd int file = memory_new("quern-device", 0, err); // any of them
    TRY(file);
    if (fstat(file, &status) < 0)
        return err_sys(err, REASON_INFRA, "a memory file");
    *ret = status.st_dev;
    return 0;
}

// Not before the first look: most jobs end earlier.
static int open_view(struct tree_watch *watch, struct err *err) {
    TRY(memory_device(&watch->view.memory_device, err));
    return watch->facts.pid_ns ? tree_proc_open(watch->process, &watch->view.processes.proc, err)
                               : tree_proc_of_session(watch->process, &watch->view.processes, err);
}

static uint64_t within(uint64_t pause, uint64_t shortest, uint64_t longest) {
    return pause < shortest ? shortest : pause > longest ? longest : pause;
}

// The soonest that what is left could be filled, and no more often than the cost allows.
static uint64_t weigh_pause_ns(const struct tree_watch *watch, uint64_t used_bytes, uint64_t cost_ns) {
    uint64_t limit = watch->limits.memory_bytes;
    uint64_t pause = (limit > used_bytes ? limit - used_bytes : 0) / FILL_BYTES_PER_NS;
    return within(cost_ns * SHARE, within(pause, SHORTEST_NS, LONGEST_NS), MOST_REST_NS);
}

void tree_watch_say_cpu(const struct jail_limits *limits, struct err *ret_why) {
    err_fill(ret_why, REASON_LIMIT_CPU, "the script used more than its CPU time limit of %llu s",
             (unsigned long long)limits->cpu_seconds);
}

// The kernel keeps the same of a single process, by whole seconds of its life.
static int beyond_cpu(const struct tree_watch *watch, uint64_t cpu_us, struct err *why) {
    if (cpu_us <= watch->before.user_us + watch->before.system_us + watch->limits.cpu_seconds * 1000000)
        return 0;
    tree_watch_say_cpu(&watch->limits, why);
    return 1;
}

static int beyond_processes(const struct tree_watch *watch, uint32_t threads, struct err *why) {
    if (threads <= watch->limits.processes)
        return 0;
    err_fill(why, REASON_LIMIT_PROCESSES, "the script had %u processes and threads, more than its limit of %u", threads,
             watch->limits.processes);
    return 1;
}

// Rounded up: what is beyond a limit must not look smaller than it.
static unsigned long long mebibytes(uint64_t bytes) { return (bytes >> 20) + ((bytes & 0xfffff) != 0); }

static void say_memory(const struct tree_watch *watch, uint64_t bytes, struct err *why) {
    char limit[LIMITS_TEXT_BYTES];
    err_fill(why, REASON_LIMIT_MEMORY, "the script's processes took %llu MiB of memory, more than their limit of %s",
             mebibytes(bytes), limits_show_bytes(watch->limits.memory_bytes, limit));
}

static int beyond_memory(const struct tree_watch *watch, uint64_t bytes, struct err *why) {
    if (bytes <= watch->limits.memory_bytes)
        return 0;
    say_memory(watch, bytes, why);
    return 1;
}

// What the group counts is fair.
static int weigh_group(struct tree_watch *watch, uint64_t began, struct err *why) {
    struct cgroup_usage usage;
    (void)cgroup_usage_read(watch->group, watch->work_dir, &usage);
    watch->weigh_ns = clock_now_ns();
    watch->weigh_ns += weigh_pause_ns(watch, usage.memory_bytes, watch->weigh_ns - began);
    return beyond_cpu(watch, usage.cpu.user_us + usage.cpu.system_us, why) ||
           beyond_memory(watch, usage.memory_bytes, why);
}

static uint64_t less(uint64_t from, uint64_t what) { return from > what ? from - what : 0; }

bool tree_watch_end(struct tree_watch *watch, struct cgroup_usage *ret) {
    if (watch->group < 0 || !cgroup_usage_read(watch->group, watch->work_dir, ret))
        return false;
    watch->peak_bytes = ret->peak_bytes;
    ret->cpu.user_us = less(ret->cpu.user_us, watch->before.user_us);
    ret->cpu.system_us = less(ret->cpu.system_us, watch->before.system_us);
    return true;
}

// The limit of the group is that of memory and work directory together: what was not in the directory was memory.
void tree_watch_killed(const struct tree_watch *watch, const struct cgroup_usage *usage, struct err *ret_why) {
    uint64_t limit = watch->limits.memory_bytes + watch->limits.work_bytes;
    say_memory(watch, limit - usage->work_bytes, ret_why);
}

// While processes come and go too much may be counted, and is not in three looks in a row.
static bool is_in_doubt(struct tree_watch *watch, uint64_t bytes, bool steady) {
    bool doubtful = !steady && bytes > watch->limits.memory_bytes && watch->doubts + 1 < LOOKS;
    watch->doubts = doubtful ? watch->doubts + 1 : 0;
    return doubtful;
}

// The fair figure is dear where processes are many: what is beyond another limit need not wait for it.
static int weigh(struct tree_watch *watch, uint64_t began, struct err *why, struct err *err) {
    struct tree_usage usage;
    TRY(tree_usage_most(&watch->view, &watch->cpu, &usage, err));
    watch->unlinked_bytes = usage.unlinked_bytes;
    uint64_t bytes = usage.memory_bytes;
    int beyond = beyond_cpu(watch, usage.cpu_us, why);
    bool steady = true;
    if (!beyond && bytes + watch->mapping_bytes > watch->limits.memory_bytes)
        TRY(tree_usage_fair(&watch->view, &bytes, &steady, err));
    bytes += watch->mapping_bytes;
    uint64_t now = clock_now_ns();
    watch->weigh_ns = now + weigh_pause_ns(watch, bytes, now - began);
    if (!beyond && is_in_doubt(watch, bytes, steady)) {
        watch->weigh_ns = now + SHORTEST_NS;
        return 0;
    }
    if (bytes > watch->peak_bytes)
        watch->peak_bytes = bytes;
    return beyond ? beyond : beyond_memory(watch, bytes, why);
}

static int count(struct tree_watch *watch, uint64_t began, struct err *why, struct err *err) {
    uint32_t threads = 0;
    TRY(tree_processes_threads(&watch->view.processes, &threads, err));
    uint64_t now = clock_now_ns();
    watch->count_ns = now + within((now - began) * SHARE, SHORTEST_NS, LONGEST_NS);
    return beyond_processes(watch, threads, why);
}

static int weigh_mappings(struct tree_watch *watch, uint64_t began, struct err *err) {
    TRY(tree_mappings_weigh(&watch->view.processes, watch->limits.memory_bytes, &watch->mapping_bytes, err));
    uint64_t now = clock_now_ns();
    watch->mappings_ns = now + within((now - began) * SHARE, SHORTEST_MAPPINGS_NS, LONGEST_MAPPINGS_NS);
    return 0;
}

static uint64_t most_files(const struct jail_limits *limits) { return limits->work_files + JAIL_OWN_FILES; }

static int beyond_disk(const struct tree_watch *watch, const struct work_usage *usage, struct err *why) {
    const struct jail_limits *limits = &watch->limits;
    char limit[LIMITS_TEXT_BYTES];
    if (usage->too_deep)
        err_fill(why, REASON_LIMIT_DISK, "the work directory has directories nested more than %d deep",
                 WORK_MOST_DEPTH);
    else if (usage->files > most_files(limits))
        err_fill(why, REASON_LIMIT_DISK, "the script made more than its limit of %llu files",
                 (unsigned long long)limits->work_files);
    else if (usage->bytes > limits->work_bytes)
        err_fill(why, REASON_LIMIT_DISK, "the script's files took %llu MiB, more than their limit of %s",
                 mebibytes(usage->bytes), limits_show_bytes(limits->work_bytes, limit));
    else
        return 0;
    return 1;
}

static int survey(struct tree_watch *watch, uint64_t began, struct err *why) {
    struct work_usage usage;
    work_usage_read(watch->survey_dir, most_files(&watch->limits), &usage);
    usage.bytes += watch->unlinked_bytes;
    uint64_t now = clock_now_ns();
    watch->survey_ns = now + within((now - began) * SHARE, LONGEST_NS, MOST_REST_NS);
    return beyond_disk(watch, &usage, why);
}

int tree_watch_last_survey(struct tree_watch *watch, struct err *ret_why) {
    watch->unlinked_bytes = 0;
    return watch->survey_dir < 0 ? 0 : survey(watch, clock_now_ns(), ret_why);
}

static int look(struct tree_watch *watch, uint64_t began, struct err *why, struct err *err) {
    if (watch->mappings_ns <= began)
        TRY(weigh_mappings(watch, began, err));
    int beyond = watch->count_ns <= began ? count(watch, began, why, err) : 0;
    return beyond == 0 && watch->weigh_ns <= began ? weigh(watch, began, why, err) : beyond;
}

static int look_at_processes(struct tree_watch *watch, uint64_t began, struct err *why, struct err *err) {
    if (watch->view.processes.proc < 0)
        TRY(open_view(watch, err));
    if (watch->view.processes.proc < 0) { // about to be dead
        watch->weigh_ns = began + SHORTEST_NS;
        watch->count_ns = watch->mappings_ns = CLOCK_NEVER;
        return 0;
    }
    return look(watch, began, why, err);
}

int tree_watch_look(struct tree_watch *watch, struct err *ret_why, struct err *err) {
    uint64_t began = clock_now_ns();
    int beyond = watch->group >= 0 ? weigh_group(watch, began, ret_why) : look_at_processes(watch, began, ret_why, err);
    if (beyond == 0 && watch->survey_ns <= began)
        beyond = survey(watch, clock_now_ns(), ret_why);
    if (beyond > 0)
        rest(watch);
    return beyond;
}
