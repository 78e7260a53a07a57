// SPDX-License-Identifier: Apache-2.0
// What looking at a tree sees of its descriptors and mappings. The tree is a session of the test's own, as where there is no pid namespace.
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/worker/tree_watch.h"
#include "quern/clock.h"

enum { EACH = 900, SOCKET_BYTES = 256 << 10, TOLD_APART = 16384, LOOKS = 3 };

// Ends with the test, also when that fails.
static void stay(int told) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)!write(told, "x", 1);
    for (;;)
        pause();
}

// What each process of a tree has. False: it has less.
typedef bool have_fn(int what);

static bool have_copies(int fd) {
    int made = 0;
    while (made < EACH && dup(fd) >= 0)
        made++;
    return made == EACH;
}

static bool have_mappings(int count) {
    const size_t page = 4096;
    char *memory = mmap(NULL, (size_t)count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int split = 0;
    while (memory != MAP_FAILED && split < count && mprotect(memory + (size_t)split * page, page, PROT_NONE) == 0)
        split += 2;
    return split >= count;
}

static void be_tree(int processes, have_fn *have, int what, int told) {
    setsid();
    if (!have(what))
        _exit(1);
    for (int i = 1; i < processes; i++)
        if (fork() == 0)
            stay(told);
    stay(told);
}

static pid_t tree(int processes, have_fn *have, int what) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t leader = fork();
    assert_true(leader >= 0);
    if (leader == 0)
        be_tree(processes, have, what, ends[1]);
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
    watch.count_ns = CLOCK_NEVER;
    int found = 0;
    for (int looks = 0; found == 0 && looks < LOOKS; looks++) { // others come and go on the machine
        watch.weigh_ns = watch.mappings_ns = clock_now_ns();
        found = tree_watch_look(&watch, why, &err);
    }
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
    assert_int_equal(look(tree(12, have_copies, null), (uint64_t)1 << 28, &why), 0);
    close(null);
}

// Few of the machine's processors would be left, or the tree much time between two looks, if all of them were.
static void l_descriptors_beyond_count_as_full_sockets(void **state) {
    (void)state;
    struct err why;
    const int processes = 24;
    const uint64_t least = (uint64_t)(processes * EACH - TOLD_APART) * SOCKET_BYTES;
    int null = null_device();
    assert_int_equal(look(tree(processes, have_copies, null), least, &why), 1);
    assert_int_equal(why.reason, REASON_LIMIT_MEMORY);
    assert_int_equal(look(tree(processes, have_copies, null), 2 * least, &why), 0);
    close(null);
}

// One that many have open is one.
static void l_a_socket_counts_once(void **state) {
    (void)state;
    struct err why;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(look(tree(12, have_copies, ends[0]), (uint64_t)1 << 28, &why), 0);
    close(ends[0]);
    close(ends[1]);
}

// The kernel keeps something of each, which is in no figure of a process.
static void l_mappings_beyond_count(void **state) {
    (void)state;
    struct err why;
    const int processes = 8, each = 60000;
    const uint64_t least = (uint64_t)(processes * each - 32768) * (400 + 32 * (uint64_t)processes);
    assert_int_equal(look(tree(processes, have_mappings, each), least, &why), 1);
    assert_int_equal(why.reason, REASON_LIMIT_MEMORY);
    assert_int_equal(look(tree(processes, have_mappings, each), 2 * least, &why), 0);
    assert_int_equal(look(tree(processes, have_mappings, each / 20), least, &why), 0);
}

// ---- who forks on ----

enum { IDLE = 10, STAY_US = 10000, LOOK_US = 3000, WALKS = 9, MOST_FORKS = 1000 };

// Its leader and the idle ones have one number each; one process after the other has the next.
static bool have_one_that_forks_on(int unused) {
    (void)unused;
    if (fork() != 0)
        return true;
    for (int left = MOST_FORKS; left > 0 && fork() == 0; left--)
        usleep(STAY_US);
    _exit(0);
}

static void take_time(void *context, int process, int thread) {
    uint32_t *living = context;
    (void)process;
    *living += thread >= 0;
    usleep(LOOK_US);
}

// In how many walks more than `idle` are.
static int walks_that_find(const struct tree_processes *processes, uint32_t idle) {
    int found = 0;
    struct err err;
    for (int walk = 0; walk < WALKS; walk++) {
        uint32_t living = 0;
        found += tree_processes_visit(processes, take_time, &living, &err) == 0 && living > idle;
    }
    return found;
}

// It is gone when its turn comes, and so is the next one; but one of them there always is. Who is kept from the processor may
// miss it all the same: by a list alone it is never found.
static void l_who_forks_on_is_found(void **state) {
    (void)state;
    struct tree_processes processes = {.most = 4 * IDLE};
    struct err err;
    signal(SIGCHLD, SIG_IGN); // the dead are buried at once
    pid_t leader = tree(1 + IDLE, have_one_that_forks_on, 0);
    int process = pidfd_open(leader, 0);
    int opened = tree_proc_of_session(process, &processes, &err);
    int found = opened < 0 ? 0 : walks_that_find(&processes, 1 + IDLE);
    close(process);
    close(processes.proc);
    kill(-leader, SIGKILL);
    while (waitpid(-leader, NULL, 0) > 0)
        ;
    signal(SIGCHLD, SIG_DFL);
    assert_true(found > WALKS / 2);
}

int main(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1); // all of a tree are ours to reap
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(l_descriptors_that_are_told_apart_cost_nothing),
        cmocka_unit_test(l_descriptors_beyond_count_as_full_sockets),
        cmocka_unit_test(l_a_socket_counts_once),
        cmocka_unit_test(l_mappings_beyond_count),
        cmocka_unit_test(l_who_forks_on_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
