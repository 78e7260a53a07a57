// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/supervisor/host_memory.h"
#include "quern/own.h"

static const char *const directories[] = {"", "/proc", "/proc/self", "/cg", "/cg/a", "/cg/a/b"};
static const char *const files[] = {"/proc/meminfo",          "/proc/self/cgroup",  "/cg/memory.max",
                                    "/cg/a/memory.max",       "/cg/a/b/memory.max", "/cg/a/memory.current",
                                    "/cg/a/b/memory.current", "/cg/a/memory.stat"};

enum { DIRECTORIES = sizeof directories / sizeof *directories, FILES = sizeof files / sizeof *files };

static char root[] = "/tmp/quern-host-memory-XXXXXX";

static const char *place(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s%s", root, name);
    return path;
}

static void put(const char *name, const char *text) {
    auto_file FILE *file = fopen(place(name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static int setup(void **state) {
    (void)state;
    if (!mkdtemp(root))
        return -1;
    for (size_t i = 1; i < DIRECTORIES; i++)
        if (mkdir(place(directories[i]), 0700) < 0)
            return -1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        unlink(place(files[i]));
    for (size_t i = DIRECTORIES; i-- > 0;)
        rmdir(place(directories[i]));
    return 0;
}

static uint64_t free_now(void) {
    char proc[128], cgroups[128];
    snprintf(proc, sizeof proc, "%s/proc", root);
    snprintf(cgroups, sizeof cgroups, "%s/cg", root);
    return host_memory_free(proc, cgroups);
}

static void l_the_machine_and_its_control_groups_bound_a_segment(void **state) {
    (void)state;
    assert_int_equal(free_now(), ((uint64_t)1 << 30) / 10 * 9);
    put("/proc/meminfo", "MemTotal:       9000 kB\nMemFree:  1 kB\nMemAvailable:   1000 kB\n");
    assert_int_equal(free_now(), 1000 * 1024 / 10 * 9);
    put("/proc/self/cgroup", "1:name=systemd:/x\n0::/a/b\n");
    assert_int_equal(free_now(), 1000 * 1024 / 10 * 9);
    put("/cg/a/b/memory.max", "max\n");
    put("/cg/a/memory.max", "500000\n");
    put("/cg/a/memory.current", "300000\n");
    assert_int_equal(free_now(), 200000 / 10 * 9);
    put("/cg/a/memory.stat", "anon 7\ninactive_file 50000\nactive_file 3\n");
    assert_int_equal(free_now(), 250000 / 10 * 9);
    put("/cg/a/b/memory.max", "1000\n");
    put("/cg/a/b/memory.current", "1001\n");
    assert_int_equal(free_now(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(l_the_machine_and_its_control_groups_bound_a_segment),
    };
    return cmocka_run_group_tests_name("host_memory", tests, setup, teardown);
}
