// SPDX-License-Identifier: Apache-2.0
// The zygote and its children: what is told, what dies with what, what is refused.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "quern/own.h"
#include "tests/unit/host_script.h"

#define NOTHING "def azureml_main():\n    return None\n"

static void b_ready_tells_versions_and_profile(void **state) {
    const struct harness *harness = *state;
    assert_int_equal(harness->ready.version, HOST_VERSION);
    assert_true(strncmp(harness->ready.python, "3.", 2) == 0);
    int major = harness->ready.pandas[0] - '0';
    assert_int_equal(harness->ready.profile, major < 2 ? 1 : 2);
    assert_true(harness->ready.import_us > 0);
}

static void b_child_runs_a_script_and_ends(void **state) {
    char text[256];
    script_output(*state, "def azureml_main():\n    print('höllo')\n", text, sizeof text);
    assert_string_equal(text, "höllo\n");
}

static void b_child_that_is_not_wanted_ends_well(void **state) {
    struct harness_child child;
    struct err err;
    well(child_open(*state, &child, &err), &err);
    well(child_ready(&child, &err), &err);
    script_end(&child);
    script_assert_exit(&child, 0, 0);
    child_close(&child);
}

static void b_exit_record_measures(void **state) {
    struct harness_child child;
    struct host_answer raised;
    auto_fd int null = script_null_device();
    script_begin(*state, &child, "def azureml_main():\n    sum(range(10**6))\n    bytearray(10**8)\n", null);
    script_await_done(&child, &raised);
    script_end(&child);
    assert_true(child.exited.user_us > 0);
    assert_true(child.exited.peak_rss_bytes > 100000000);
    child_close(&child);
}

static void b_hundred_children_one_after_the_other(void **state) {
    auto_fd int null = script_null_device();
    for (int i = 0; i < 100; i++)
        script_run(*state, NOTHING, null);
}

static void b_twenty_children_at_once(void **state) {
    struct harness_child children[20];
    struct host_answer raised;
    auto_fd int null = script_null_device();
    for (int i = 0; i < 20; i++)
        script_begin(*state, &children[i], NOTHING, null);
    for (int i = 19; i >= 0; i--) {
        script_await_done(&children[i], &raised);
        script_end(&children[i]);
        script_assert_exit(&children[i], 0, 0);
        child_close(&children[i]);
    }
}

static void f_children_have_random_numbers_of_their_own(void **state) {
    const char *script = "import random\ndef azureml_main():\n    print(random.random())\n";
    char first[256], second[256];
    script_output(*state, script, first, sizeof first);
    script_output(*state, script, second, sizeof second);
    assert_string_not_equal(first, second);
}

static void f_children_see_no_foreign_variables_and_no_foreign_descriptors(void **state) {
    char text[1024];
    script_output(*state,
                  "import os\ndef azureml_main():\n    print(sorted(os.environ))\n"
                  "    print([fd for fd in range(256) if os.path.exists(f'/proc/self/fd/{fd}')])\n",
                  text, sizeof text);
    assert_null(strstr(text, "SECRET"));
    assert_non_null(strstr(text, "OMP_NUM_THREADS"));
}

static void c_death_of_a_child_is_told_with_its_signal(void **state) {
    struct harness_child child;
    struct host_answer answer;
    struct err err;
    auto_fd int null = script_null_device(), fd = -1;
    script_begin(*state, &child, "import os, signal\ndef azureml_main():\n    os.kill(os.getpid(), signal.SIGSEGV)\n",
                 null);
    assert_int_equal(child_answer(&child, &answer, &fd, &err), 0);
    script_end(&child);
    script_assert_exit(&child, -1, SIGSEGV);
    child_close(&child);
}

static void c_exit_code_of_a_script_that_leaves_is_told(void **state) {
    struct harness_child child;
    auto_fd int null = script_null_device();
    script_begin(*state, &child, "import os\ndef azureml_main():\n    os._exit(125)\n", null);
    script_end(&child);
    script_assert_exit(&child, 125, 0);
    child_close(&child);
}

#define ORPHAN                                                                                                         \
    "import os, time\ndef azureml_main():\n    if os.fork() == 0:\n        os.setsid()\n"                              \
    "        while True:\n            time.sleep(1)\n"

static void c_orphans_die_with_their_child(void **state) {
    char text[256];
    script_output(*state, ORPHAN "    print('left', flush=True)\n", text, sizeof text);
    assert_string_equal(text, "left\n");
}

// Who lives below a process; an orphan's parent is the init of its tree.
static int count_descendants(pid_t pid) {
    char path[64];
    int child, count = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    auto_file FILE *file = fopen(path, "re");
    while (file && fscanf(file, "%d", &child) == 1)
        count += 1 + count_descendants(child);
    return count;
}

#define HIDERS                                                                                                         \
    "import ctypes, os, signal, subprocess, threading, time\n"                                                         \
    "told, tell = os.pipe()\n"                                                                                         \
    "def wait():\n"                                                                                                    \
    "    while True:\n"                                                                                                \
    "        time.sleep(1)\n"                                                                                          \
    "def double():\n"                                                                                                  \
    "    os.setsid()\n"                                                                                                \
    "    if os.fork():\n"                                                                                              \
    "        os._exit(0)\n"                                                                                            \
    "def deaf():\n"                                                                                                    \
    "    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:\n"                                   \
    "        signal.signal(number, signal.SIG_IGN)\n"                                                                  \
    "    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"                                           \
    "def stopped():\n"                                                                                                 \
    "    os.write(tell, b'x')\n"                                                                                       \
    "    os.kill(os.getpid(), signal.SIGSTOP)\n"                                                                       \
    "def headless():\n"                                                                                                \
    "    threading.Thread(target=lambda: (os.write(tell, b'x'), wait())).start()\n"                                    \
    "    ctypes.CDLL(None).syscall(60, 0)\n"                                                                           \
    "def program():\n"                                                                                                 \
    "    os.write(tell, b'x')\n"                                                                                       \
    "    os.execv('/bin/sleep', ['sleep', '100000'])\n"                                                                \
    "def azureml_main():\n"                                                                                            \
    "    for hide in (os.setsid, double, deaf, stopped, headless, program):\n"                                         \
    "        if os.fork() == 0:\n"                                                                                     \
    "            hide()\n"                                                                                             \
    "            os.write(tell, b'x')\n"                                                                               \
    "            wait()\n"                                                                                             \
    "    for hidden in range(6):\n"                                                                                    \
    "        os.read(told, 1)\n"                                                                                       \
    "    os.write(1, b'hidden')\n"                                                                                     \
    "    wait()\n"

// The job and its init, and one for each way to hide. Killed by the pidfd that the worker has: nobody looks for them.
static void c_whoever_hides_dies_with_the_job(void **state) {
    const struct harness *harness = *state;
    struct harness_child child;
    struct err err;
    char text[16] = "";
    int ends[2];
    assert_int_equal(count_descendants(harness->pid), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    script_begin(harness, &child, HIDERS, ends[1]);
    well(harness_wait(ends[0], &err), &err);
    assert_int_equal(read(ends[0], text, sizeof text - 1), 6);
    assert_string_equal(text, "hidden");
    assert_true(count_descendants(harness->pid) >= 2 + 6);
    assert_int_equal(pidfd_send_signal(child.tree, SIGKILL, NULL, 0), 0);
    script_end(&child);
    assert_int_equal(count_descendants(harness->pid), 0);
    child_close(&child);
    close(ends[0]);
    close(ends[1]);
}

static void c_tree_dies_when_its_worker_leaves(void **state) {
    struct harness_child child;
    struct err err;
    char text[256];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    script_begin(*state, &child, ORPHAN "    os.write(1, b'up\\n')\n    while True:\n        time.sleep(1)\n", ends[1]);
    close(ends[1]);
    well(harness_wait(ends[0], &err), &err);
    own_close(&child.control);
    well(harness_wait(child.tree, &err), &err);
    script_read_all(ends[0], text, sizeof text);
    assert_string_equal(text, "up\n");
    close(ends[0]);
    child_close(&child);
}

static void c_tree_dies_by_its_pidfd(void **state) {
    struct harness_child child;
    struct err err;
    auto_fd int null = script_null_device();
    script_begin(*state, &child, "def azureml_main():\n    while True:\n        pass\n", null);
    assert_int_equal(pidfd_send_signal(child.tree, SIGKILL, NULL, 0), 0);
    well(child_exited(&child, &err), &err);
    script_assert_exit(&child, -1, SIGKILL);
    child_close(&child);
}

static void b_fork_of_a_script_that_returns_says_nothing(void **state) {
    struct harness_child child;
    struct host_answer raised, answer;
    struct err err;
    auto_fd int null = script_null_device(), fd = -1;
    script_begin(*state, &child,
                 "import os\ndef azureml_main():\n    pid = os.fork()\n    pid and os.waitpid(pid, 0)\n", null);
    script_await_done(&child, &raised);
    assert_string_equal(raised.value, "");
    shutdown(child.conversation, SHUT_WR);
    assert_int_equal(child_answer(&child, &answer, &fd, &err), 0);
    script_end(&child);
    script_assert_exit(&child, 0, 0);
    child_close(&child);
}

// Sends one wrong record after COMMIT (or, with `commit` false, before) and expects the child's end and these words.
static void refused(const struct harness *harness, bool commit, const struct host_call *record, bool with_fd,
                    const char *message) {
    struct harness_child child;
    struct err err;
    auto_fd int null = script_null_device();
    well(child_open(harness, &child, &err), &err);
    well(child_ready(&child, &err), &err);
    if (commit)
        well(child_commit(&child, null, &err), &err);
    well(child_send(&child, record, with_fd ? null : -1, &err), &err);
    well(child_exited(&child, &err), &err);
    assert_string_equal(child.exited.err.msg, message);
    assert_int_equal(child.exited.err.reason, REASON_BUG);
    assert_int_equal(child.exited.code, JAIL_EXIT);
    child_close(&child);
}

static void f_malformed_calls_end_the_child_only(void **state) {
    const struct harness *harness = *state;
    struct host_call record = {.kind = HOST_START};
    refused(harness, false, &record, false, "expected COMMIT first, found record 7");
    record.kind = HOST_COMMIT;
    refused(harness, false, &record, true, "COMMIT: expected 2 or 3 descriptors, found 1");
    record.kind = 99;
    refused(harness, true, &record, true, "record 99 is not expected here");
    record.kind = HOST_INPUT;
    refused(harness, true, &record, false, "record 4: expected 1 descriptors, found 0");
    memset(record.name, 'x', sizeof record.name);
    refused(harness, true, &record, true, "name: expected a text of at most 255 bytes, found no end");
    auto_fd int null = script_null_device();
    script_run(harness, NOTHING, null);
}

static void f_record_of_another_size_ends_the_child_only(void **state) {
    struct harness_child child;
    struct err err;
    char message[128];
    well(child_open(*state, &child, &err), &err);
    well(child_ready(&child, &err), &err);
    well(record_send(child.conversation, "x", 1, NULL, 0, &err), &err);
    well(child_exited(&child, &err), &err);
    snprintf(message, sizeof message, "a record of %zu bytes was expected, 1 bytes with 0 descriptors came",
             sizeof(struct host_call));
    assert_string_equal(child.exited.err.msg, message);
    assert_int_equal(child.exited.code, JAIL_EXIT);
    child_close(&child);
}

static void f_malformed_requests_are_dropped(void **state) {
    const struct harness *harness = *state;
    struct err err;
    struct host_spawn request = {.version = HOST_VERSION};
    jail_limits_default(&request.limits);
    auto_fd int null = script_null_device();
    const int two[] = {null, null};
    well(record_send(harness->requests, "x", 1, NULL, 0, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, NULL, 0, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, two, 2, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, two, 1, &err), &err);
    request.when = HOST_PERHAPS + 1;
    well(record_send(harness->requests, &request, sizeof request, two, 1, &err), &err);
    request.when = HOST_PERHAPS;
    well(record_send(harness->requests, &request, sizeof request, two, 1, &err), &err);
    script_run(harness, NOTHING, null);
}

static void f_request_of_another_version_is_refused(void **state) {
    const struct harness *harness = *state;
    const struct host_spawn request = {.version = HOST_VERSION + 1};
    struct harness_child child = {.control = -1, .conversation = -1, .tree = -1, .pidfd = -1};
    char expected[64];
    struct err err;
    int control[2];
    well(record_pair(control, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, &control[1], 1, &err), &err);
    close(control[1]);
    child.control = control[0];
    well(child_exited(&child, &err), &err);
    snprintf(expected, sizeof expected, "host protocol: expected version %u, found %u", HOST_VERSION, HOST_VERSION + 1);
    assert_string_equal(child.exited.err.msg, expected);
    assert_int_equal(child.exited.code, -1);
    child_close(&child);
}

static void l_memory_beyond_the_limit_is_named(void **state) {
    struct harness_child child;
    struct host_answer raised;
    auto_fd int null = script_null_device();
    script_begin(*state, &child, "def azureml_main():\n    bytearray(3 << 30)\n", null);
    script_await_done(&child, &raised);
    assert_int_equal(raised.reason, REASON_LIMIT_MEMORY);
    assert_string_equal(raised.name, "MemoryError");
    script_end(&child);
    script_assert_exit(&child, 0, 0);
    child_close(&child);
}

static void b_exception_of_a_script_is_told(void **state) {
    struct harness_child child;
    struct host_answer raised;
    auto_fd int null = script_null_device();
    script_begin(*state, &child, "def azureml_main():\n    raise ValueError('no such column')\n", null);
    script_await_done(&child, &raised);
    assert_int_equal(raised.reason, REASON_EXCEPTION);
    assert_string_equal(raised.name, "ValueError");
    assert_string_equal(raised.value, "no such column");
    assert_int_equal(raised.line, 2);
    script_end(&child);
    script_assert_exit(&child, 0, 0);
    child_close(&child);
}

static void l_child_beyond_the_slots_is_refused(void **state) {
    static struct harness_child children[JAIL_SLOTS];
    struct harness_child more;
    struct err err;
    for (uint32_t i = 0; i < JAIL_SLOTS; i++)
        well(child_open(*state, &children[i], &err), &err);
    assert_int_equal(child_open(*state, &more, &err), -1);
    assert_string_equal(err.msg, "all 64 slots of the environment are taken");
    assert_int_equal(err.reason, REASON_INFRA);
    child_close(&more);
    for (uint32_t i = 0; i < JAIL_SLOTS; i++) {
        script_end(&children[i]);
        child_close(&children[i]);
    }
    well(child_open(*state, &more, &err), &err);
    script_end(&more);
    child_close(&more);
}

// Held until all is over, a descriptor of this pipe in a child shows that the child lives.
static void c_nothing_outlives_a_killed_zygote(void **state) {
    (void)state;
    struct harness harness;
    struct harness_child children[3];
    struct err err;
    char text[256];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, DESCRIPTOR "preload =\n", &err), &err);
    for (int i = 0; i < 3; i++)
        script_begin(&harness, &children[i], ORPHAN "    while True:\n        time.sleep(1)\n", ends[1]);
    close(ends[1]);
    assert_int_equal(pidfd_send_signal(harness.pidfd, SIGKILL, NULL, 0), 0);
    script_read_all(ends[0], text, sizeof text);
    for (int i = 0; i < 3; i++)
        child_close(&children[i]);
    close(ends[0]);
    well(harness_close(&harness, &err), &err);
}

static void c_zygote_ends_when_its_supervisor_is_gone(void **state) {
    (void)state;
    struct harness harness;
    struct harness_child child;
    struct err err;
    auto_fd int null = script_null_device();
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, DESCRIPTOR "preload =\n", &err), &err);
    script_begin(&harness, &child, "def azureml_main():\n    while True:\n        pass\n", null);
    well(harness_close(&harness, &err), &err);
    well(harness_wait(child.tree, &err), &err);
    child_close(&child);
}

static int count_descriptors(const struct harness *harness) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", harness->pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void c_zygote_keeps_no_descriptors_of_dead_children(void **state) {
    const struct harness *harness = *state;
    auto_fd int null = script_null_device();
    script_run(harness, NOTHING, null);
    int before = count_descriptors(harness);
    for (int i = 0; i < 10; i++)
        script_run(harness, NOTHING, null);
    assert_int_equal(count_descriptors(harness), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_ready_tells_versions_and_profile),
        cmocka_unit_test(b_child_runs_a_script_and_ends),
        cmocka_unit_test(b_child_that_is_not_wanted_ends_well),
        cmocka_unit_test(b_exit_record_measures),
        cmocka_unit_test(b_hundred_children_one_after_the_other),
        cmocka_unit_test(b_twenty_children_at_once),
        cmocka_unit_test(f_children_have_random_numbers_of_their_own),
        cmocka_unit_test(f_children_see_no_foreign_variables_and_no_foreign_descriptors),
        cmocka_unit_test(c_death_of_a_child_is_told_with_its_signal),
        cmocka_unit_test(c_exit_code_of_a_script_that_leaves_is_told),
        cmocka_unit_test(c_orphans_die_with_their_child),
        cmocka_unit_test(c_whoever_hides_dies_with_the_job),
        cmocka_unit_test(c_tree_dies_when_its_worker_leaves),
        cmocka_unit_test(c_tree_dies_by_its_pidfd),
        cmocka_unit_test(b_fork_of_a_script_that_returns_says_nothing),
        cmocka_unit_test(f_malformed_calls_end_the_child_only),
        cmocka_unit_test(f_record_of_another_size_ends_the_child_only),
        cmocka_unit_test(f_malformed_requests_are_dropped),
        cmocka_unit_test(f_request_of_another_version_is_refused),
        cmocka_unit_test(b_exception_of_a_script_is_told),
        cmocka_unit_test(l_memory_beyond_the_limit_is_named),
        cmocka_unit_test(l_child_beyond_the_slots_is_refused),
        cmocka_unit_test(c_nothing_outlives_a_killed_zygote),
        cmocka_unit_test(c_zygote_ends_when_its_supervisor_is_gone),
        cmocka_unit_test(c_zygote_keeps_no_descriptors_of_dead_children),
    };
    return cmocka_run_group_tests(tests, open_zygote, close_zygote);
}
