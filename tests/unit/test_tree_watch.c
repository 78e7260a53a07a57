// SPDX-License-Identifier: Apache-2.0
// What looking at a tree sees of its descriptors. The tree is a session of the test's own, as where there is no pid namespace.
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/worker/tree_watch.h"
#include "quern/clock.h"

enum { EACH = 900, SOCKET_BYTES = 256 << 10, TOLD_APART = 16384 };

// Ends with the test, also when that fails.
static void stay(int told) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)!write(told, "x", 1);
    for (;;)
        pause();
}

// `processes` that have EACH copies of a descriptor open.
static void be_tree(int processes, int what, int told) {
    setsid();
    for (int i = 0; i < EACH; i++)
        if (dup(what) < 0)
            _exit(1);
    for (int i = 1; i < processes; i++)
        if (fork() == 0)
            stay(told);
    stay(told);
}

static pid_t tree(int processes, int what) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t leader = fork();
    assert_true(leader >= 0);
    if (leader == 0)
        be_tree(processes, what, ends[1]);
    close(ends[1]);
    for (int left = processes; left > 0; left--) {
        char byte;
        assert_int_equal(read(ends[0], &byte, 1), 1);
    }
    close(ends[0]);
    return leader;
}

// What is found with a look whose limit is `memory_bytes`; then the tree is killed.
static int look(pid_t leader, uint64_t memory_bytes, struct err *why) {
    const struct jail_facts facts = {.bound = JAIL_BOUND_POLLED};
    const struct jail_limits limits = {.memory_bytes = memory_bytes, .cpu_seconds = 60, .processes = 256};
    struct tree_watch watch;
    struct err err = {0};
    int process = pidfd_open(leader, 0);
    tree_watch_init(&watch);
    tree_watch_begin(&watch, process, &facts, 0, &limits);
    watch.weigh_ns = clock_now_ns();
    watch.count_ns = CLOCK_NEVER;
    int found = tree_watch_look(&watch, why, &err);
    assert_true(found >= 0);
    assert_true(found > 0 || tree_watch_next_ns(&watch) <= clock_now_ns() + UINT64_C(1000000000));
    tree_watch_done(&watch);
    close(process);
    assert_int_equal(kill(-leader, SIGKILL), 0);
    while (waitpid(-leader, NULL, 0) > 0)
        ;
    return found;
}

static int null_device(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(null >= 0);
    return null;
}

static void l_descriptors_that_are_told_apart_cost_nothing(void **state) {
    (void)state;
    struct err why;
    int null = null_device();
    assert_int_equal(look(tree(12, null), (uint64_t)1 << 28, &why), 0);
    close(null);
}

// Few of the machine's processors would be left, or the tree much time between two looks, if all of them were.
static void l_descriptors_beyond_count_as_full_sockets(void **state) {
    (void)state;
    struct err why;
    const int processes = 24;
    const uint64_t least = (uint64_t)(processes * EACH - TOLD_APART) * SOCKET_BYTES;
    int null = null_device();
    assert_int_equal(look(tree(processes, null), least, &why), 1);
    assert_int_equal(why.reason, REASON_LIMIT_MEMORY);
    assert_int_equal(look(tree(processes, null), 2 * least, &why), 0);
    close(null);
}

// One that many have open is one.
static void l_a_socket_counts_once(void **state) {
    (void)state;
    struct err why;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(look(tree(12, ends[0]), (uint64_t)1 << 28, &why), 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1); // all of a tree are ours to reap
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(l_descriptors_that_are_told_apart_cost_nothing),
        cmocka_unit_test(l_descriptors_beyond_count_as_full_sockets),
        cmocka_unit_test(l_a_socket_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
