// SPDX-License-Identifier: Apache-2.0
// What needs no control groups: figures, verdicts, and that there are none is told. The rest is tests/guest's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/cgroup_file.h"
#include "daemon/supervisor/cgroups.h"
#include "daemon/worker/cgroup_usage.h"
#include "daemon/worker/tree_watch.h"
#include "quern/clock.h"
#include "quern/own.h"

static const char *const files[] = {"memory.current", "memory.stat", "memory.peak", "memory.events",
                                    "cpu.stat",       "pids.max",    "pids.peak",   "pids.events"};
enum { FILES = sizeof files / sizeof *files };

static char root[] = "/tmp/quern-cgroups-XXXXXX";

static int setup(void **state) {
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    char path[128];
    for (size_t i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", root, files[i]);
        unlink(path);
    }
    return rmdir(root);
}

static int directory(void) {
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void put(const char *name, const char *text) {
    auto_fd int at = directory();
    auto_fd int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

// 700 MiB charged: 300 of files of the disk, 50 of slabs that can go, the rest is the job's.
static void put_group(const char *events) {
    put("memory.current", "734003200\n");
    put("memory.stat", "anon 209715200\nfile 419430400\nshmem 104857600\nslab_reclaimable 52428800\nslab 60000000\n");
    put("memory.peak", "943718400\n");
    put("memory.events", events);
    put("cpu.stat", "usage_usec 7000000\nuser_usec 4000000\nsystem_usec 3000000\nnr_periods 0\n");
}

static void b_figures_are_read(void **state) {
    (void)state;
    uint64_t number = 7;
    assert_true(cgroup_figure("123\n", "", &number) && number == 123);
    assert_true(cgroup_figure("oom 1\noom_kill 2\n", "oom", &number) && number == 1);
    assert_true(cgroup_figure("oom 1\noom_kill 2\n", "oom_kill", &number) && number == 2);
    assert_false(cgroup_figure("max\n", "", &number));
    assert_false(cgroup_figure("", "", &number));
    assert_false(cgroup_figure("oom_kill 2\n", "oom", &number));
    assert_false(cgroup_figure("oom x\n", "oom", &number));
    assert_false(cgroup_figure("oom 1x\n", "oom", &number));
    assert_false(cgroup_figure("oom 99999999999999999999999\n", "oom", &number));
    assert_int_equal(number, 2);
}

static void b_files_of_the_disk_are_not_the_jobs_memory(void **state) {
    (void)state;
    struct cgroup_usage usage;
    auto_fd int group = directory();
    put_group("low 0\nmax 3\noom 1\noom_kill 4\noom_group_kill 1\n");
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_int_equal(usage.memory_bytes >> 20, 350);
    assert_int_equal(usage.peak_bytes >> 20, 900);
    assert_int_equal(usage.cpu.user_us, 4000000);
    assert_int_equal(usage.cpu.system_us, 3000000);
    assert_true(usage.out_of_memory);
}

static void b_a_machine_without_memory_is_not_the_jobs_limit(void **state) {
    (void)state;
    struct cgroup_usage usage;
    auto_fd int group = directory();
    put_group("low 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 1\n");
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_false(usage.out_of_memory);
    put_group("low 0\nmax 9\noom 1\noom_kill 0\noom_group_kill 0\n");
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_false(usage.out_of_memory);
}

static void l_refused_processes_are_the_jobs_limit_where_it_had_as_many(void **state) {
    (void)state;
    struct cgroup_usage usage;
    auto_fd int group = directory();
    put_group("oom 0\noom_kill 0\n");
    put("pids.max", "20\n");
    put("pids.peak", "20\n");
    put("pids.events", "max 0\n");
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_false(usage.out_of_processes);
    put("pids.events", "max 3\n");
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_true(usage.out_of_processes);
    put("pids.peak", "19\n"); // a group above refused them
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_false(usage.out_of_processes);
    put("pids.peak", ""); // an older kernel
    assert_true(cgroup_usage_read(group, -1, &usage));
    assert_true(usage.out_of_processes);
}

static void begin(struct tree_watch *watch, uint64_t memory_bytes, uint64_t cpu_seconds) {
    struct jail_limits limits;
    jail_limits_default(&limits);
    limits.memory_bytes = memory_bytes;
    limits.cpu_seconds = cpu_seconds;
    tree_watch_init(watch);
    watch->group = directory();
    tree_watch_begin(watch, -1, &(struct jail_facts){.bound = JAIL_BOUND_CGROUP}, 0, &limits);
}

static void l_a_group_is_looked_at(void **state) {
    (void)state;
    struct tree_watch watch;
    struct err why, err;
    put_group("oom 0\noom_kill 0\n");
    begin(&watch, UINT64_C(400) << 20, 60);
    assert_true(tree_watch_next_ns(&watch) != CLOCK_NEVER);
    assert_int_equal(tree_watch_look(&watch, &why, &err), 0);
    tree_watch_done(&watch);
    begin(&watch, UINT64_C(300) << 20, 60);
    assert_int_equal(tree_watch_look(&watch, &why, &err), 1);
    assert_string_equal(why.msg, "the script's processes took 350 MiB of memory, more than their limit of 300 MiB");
    assert_int_equal(why.reason, REASON_LIMIT_MEMORY);
    tree_watch_done(&watch);
}

// A child may have been in its group for long when its job comes.
static void l_cpu_time_is_counted_from_the_beginning_of_the_job(void **state) {
    (void)state;
    struct tree_watch watch;
    struct cgroup_usage usage;
    struct err why, err;
    put_group("oom 0\noom_kill 0\n");
    begin(&watch, UINT64_C(400) << 20, 6);
    put("cpu.stat", "usage_usec 12900000\nuser_usec 7000000\nsystem_usec 5900000\n");
    assert_int_equal(tree_watch_look(&watch, &why, &err), 0);
    put("cpu.stat", "usage_usec 13100000\nuser_usec 7000000\nsystem_usec 6100000\n");
    assert_int_equal(tree_watch_look(&watch, &why, &err), 1);
    assert_string_equal(why.msg, "the script used more than its CPU time limit of 6 s");
    assert_int_equal(why.reason, REASON_LIMIT_CPU);
    assert_true(tree_watch_end(&watch, &usage));
    assert_int_equal(usage.cpu.user_us, 3000000);
    assert_int_equal(usage.cpu.system_us, 3100000);
    tree_watch_done(&watch);
}

// The group's limit is that of memory and work directory together.
static void l_what_the_kernel_killed_has_its_figure(void **state) {
    (void)state;
    struct tree_watch watch;
    struct cgroup_usage usage;
    struct err why;
    put_group("oom 1\noom_kill 3\n");
    begin(&watch, UINT64_C(512) << 20, 60);
    assert_true(tree_watch_end(&watch, &usage) && usage.out_of_memory);
    usage.work_bytes = UINT64_C(100) << 20;
    tree_watch_killed(&watch, &usage, &why);
    assert_string_equal(why.msg, "the script's processes took 1436 MiB of memory, more than their limit of 512 MiB");
    tree_watch_done(&watch);
}

static void b_where_there_are_none_is_told(void **state) {
    (void)state;
    struct cgroups groups;
    char expected[256];
    cgroups_open(&groups, root);
    assert_false(cgroups_are_there(&groups));
    snprintf(expected, sizeof expected, "%s is no cgroup of version 2", root);
    assert_string_equal(groups.why.msg, expected);
    cgroups_sweep(&groups, NULL, 0);
    cgroups_close(&groups);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_figures_are_read),
        cmocka_unit_test(b_files_of_the_disk_are_not_the_jobs_memory),
        cmocka_unit_test(b_a_machine_without_memory_is_not_the_jobs_limit),
        cmocka_unit_test(l_refused_processes_are_the_jobs_limit_where_it_had_as_many),
        cmocka_unit_test(l_a_group_is_looked_at),
        cmocka_unit_test(l_cpu_time_is_counted_from_the_beginning_of_the_job),
        cmocka_unit_test(l_what_the_kernel_killed_has_its_figure),
        cmocka_unit_test(b_where_there_are_none_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
