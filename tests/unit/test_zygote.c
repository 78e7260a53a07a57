// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "tests/unit/host_fixture.h"

#define NOTHING "def azureml_main():\n    return None\n"

// A child with the script started; its output goes to `out`.
static void begin(const struct harness *harness, struct harness_child *child, const char *script, int out) {
    struct err err;
    well(child_open(harness, child, &err), &err);
    well(child_ready(child, &err), &err);
    well(child_commit(child, out, &err), &err);
    well(child_start(child, script, &err), &err);
}

// Reads answers up to DONE; the last RAISED of them is left in `raised`.
static void await_done(struct harness_child *child, struct host_answer *raised) {
    struct host_answer answer;
    struct err err;
    *raised = (struct host_answer){0};
    do {
        auto_fd int fd = -1;
        int got = child_answer(child, &answer, &fd, &err);
        well(got, &err);
        assert_int_equal(got, 1);
        if (answer.kind == HOST_RAISED)
            *raised = answer;
    } while (answer.kind != HOST_DONE);
}

// The zygote closes `control` last: at its end nothing of the child is left.
static void end(struct harness_child *child) {
    struct host_exited more;
    struct err err;
    own_close(&child->conversation);
    child->conversation = -1;
    well(child_exited(child, &err), &err);
    well(harness_wait(child->control, &err), &err);
    assert_int_equal(record_receive(child->control, &more, sizeof more, NULL, 0, NULL, &err), 0);
}

static void assert_exit(const struct harness_child *child, int code, int signal) {
    assert_string_equal(child->exited.err.msg, "");
    assert_int_equal(child->exited.code, code);
    assert_int_equal(child->exited.signal, signal);
}

static void run_well(const struct harness *harness, const char *script, int out) {
    struct harness_child child;
    struct host_answer raised;
    begin(harness, &child, script, out);
    await_done(&child, &raised);
    assert_string_equal(raised.value, "");
    end(&child);
    assert_exit(&child, 0, 0);
    child_close(&child);
}

static int null_device(void) { return open("/dev/null", O_RDWR | O_CLOEXEC); }

// Everything that was written until the last holder of the pipe was gone.
static void read_all(int fd, char *text, size_t bytes) {
    size_t used = 0;
    for (;;) {
        struct err err;
        well(harness_wait(fd, &err), &err);
        ssize_t got = read(fd, text + used, bytes - 1 - used);
        assert_true(got >= 0);
        if (got == 0)
            break;
        used += (size_t)got;
    }
    text[used] = '\0';
}

// Runs a script to its end and returns what it wrote.
static void output_of(const struct harness *harness, const char *script, char *text, size_t bytes) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    run_well(harness, script, ends[1]);
    close(ends[1]);
    read_all(ends[0], text, bytes);
    close(ends[0]);
}

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
    output_of(*state, "def azureml_main():\n    print('höllo')\n", text, sizeof text);
    assert_string_equal(text, "höllo\n");
}

static void b_child_that_is_not_wanted_ends_well(void **state) {
    struct harness_child child;
    struct err err;
    well(child_open(*state, &child, &err), &err);
    well(child_ready(&child, &err), &err);
    end(&child);
    assert_exit(&child, 0, 0);
    child_close(&child);
}

static void b_exit_record_measures(void **state) {
    struct harness_child child;
    struct host_answer raised;
    auto_fd int null = null_device();
    begin(*state, &child, "def azureml_main():\n    sum(range(10**6))\n    bytearray(10**8)\n", null);
    await_done(&child, &raised);
    end(&child);
    assert_true(child.exited.user_us > 0);
    assert_true(child.exited.peak_rss_bytes > 100000000);
    child_close(&child);
}

static void b_hundred_children_one_after_the_other(void **state) {
    auto_fd int null = null_device();
    for (int i = 0; i < 100; i++)
        run_well(*state, NOTHING, null);
}

static void b_twenty_children_at_once(void **state) {
    struct harness_child children[20];
    struct host_answer raised;
    auto_fd int null = null_device();
    for (int i = 0; i < 20; i++)
        begin(*state, &children[i], NOTHING, null);
    for (int i = 19; i >= 0; i--) {
        await_done(&children[i], &raised);
        end(&children[i]);
        assert_exit(&children[i], 0, 0);
        child_close(&children[i]);
    }
}

static void f_children_have_random_numbers_of_their_own(void **state) {
    const char *script = "import random\ndef azureml_main():\n    print(random.random())\n";
    char first[256], second[256];
    output_of(*state, script, first, sizeof first);
    output_of(*state, script, second, sizeof second);
    assert_string_not_equal(first, second);
}

static void f_children_see_no_foreign_variables_and_no_foreign_descriptors(void **state) {
    char text[1024];
    output_of(*state,
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
    auto_fd int null = null_device(), fd = -1;
    begin(*state, &child, "import os, signal\ndef azureml_main():\n    os.kill(os.getpid(), signal.SIGSEGV)\n", null);
    assert_int_equal(child_answer(&child, &answer, &fd, &err), 0);
    end(&child);
    assert_exit(&child, -1, SIGSEGV);
    child_close(&child);
}

static void c_exit_code_of_a_script_that_leaves_is_told(void **state) {
    struct harness_child child;
    auto_fd int null = null_device();
    begin(*state, &child, "import os\ndef azureml_main():\n    os._exit(125)\n", null);
    end(&child);
    assert_exit(&child, 125, 0);
    child_close(&child);
}

#define ORPHAN                                                                                                         \
    "import os, time\ndef azureml_main():\n    if os.fork() == 0:\n        os.setsid()\n"                              \
    "        while True:\n            time.sleep(1)\n"

static void c_orphans_die_with_their_child(void **state) {
    char text[256];
    output_of(*state, ORPHAN "    print('left', flush=True)\n", text, sizeof text);
    assert_string_equal(text, "left\n");
}

static void c_tree_dies_when_its_worker_leaves(void **state) {
    struct harness_child child;
    struct err err;
    char text[256];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    begin(*state, &child, ORPHAN "    os.write(1, b'up\\n')\n    while True:\n        time.sleep(1)\n", ends[1]);
    close(ends[1]);
    well(harness_wait(ends[0], &err), &err);
    own_close(&child.control);
    child.control = -1;
    well(harness_wait(child.tree, &err), &err);
    read_all(ends[0], text, sizeof text);
    assert_string_equal(text, "up\n");
    close(ends[0]);
    child_close(&child);
}

static void c_tree_dies_by_its_pidfd(void **state) {
    struct harness_child child;
    struct err err;
    auto_fd int null = null_device();
    begin(*state, &child, "def azureml_main():\n    while True:\n        pass\n", null);
    assert_int_equal(pidfd_send_signal(child.tree, SIGKILL, NULL, 0), 0);
    well(child_exited(&child, &err), &err);
    assert_exit(&child, -1, SIGKILL);
    child_close(&child);
}

static void b_fork_of_a_script_that_returns_says_nothing(void **state) {
    struct harness_child child;
    struct host_answer raised, answer;
    struct err err;
    auto_fd int null = null_device(), fd = -1;
    begin(*state, &child, "import os\ndef azureml_main():\n    pid = os.fork()\n    pid and os.waitpid(pid, 0)\n",
          null);
    await_done(&child, &raised);
    assert_string_equal(raised.value, "");
    shutdown(child.conversation, SHUT_WR);
    assert_int_equal(child_answer(&child, &answer, &fd, &err), 0);
    end(&child);
    assert_exit(&child, 0, 0);
    child_close(&child);
}

// Sends one wrong record after COMMIT (or, with `commit` false, before) and expects the child's end and these words.
static void refused(const struct harness *harness, bool commit, const struct host_call *record, bool with_fd,
                    const char *message) {
    struct harness_child child;
    struct err err;
    auto_fd int null = null_device();
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
    auto_fd int null = null_device();
    run_well(harness, NOTHING, null);
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
    const struct host_spawn request = {.version = HOST_VERSION};
    auto_fd int null = null_device();
    const int two[] = {null, null};
    well(record_send(harness->requests, "x", 1, NULL, 0, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, NULL, 0, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, two, 2, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, two, 1, &err), &err);
    run_well(harness, NOTHING, null);
}

static void f_request_of_another_version_is_refused(void **state) {
    const struct harness *harness = *state;
    const struct host_spawn request = {.version = HOST_VERSION + 1};
    struct harness_child child = {.control = -1, .conversation = -1, .tree = -1, .pidfd = -1};
    struct err err;
    int control[2];
    well(record_pair(control, &err), &err);
    well(record_send(harness->requests, &request, sizeof request, &control[1], 1, &err), &err);
    close(control[1]);
    child.control = control[0];
    well(child_exited(&child, &err), &err);
    assert_string_equal(child.exited.err.msg, "host protocol: expected version 1, found 2");
    assert_int_equal(child.exited.code, -1);
    child_close(&child);
}

static void l_memory_beyond_the_limit_is_named(void **state) {
    struct harness_child child;
    struct host_answer raised;
    auto_fd int null = null_device();
    begin(*state, &child, "def azureml_main():\n    bytearray(3 << 30)\n", null);
    await_done(&child, &raised);
    assert_int_equal(raised.reason, REASON_LIMIT_MEMORY);
    assert_string_equal(raised.name, "MemoryError");
    end(&child);
    assert_exit(&child, 0, 0);
    child_close(&child);
}

static void b_exception_of_a_script_is_told(void **state) {
    struct harness_child child;
    struct host_answer raised;
    auto_fd int null = null_device();
    begin(*state, &child, "def azureml_main():\n    raise ValueError('no such column')\n", null);
    await_done(&child, &raised);
    assert_int_equal(raised.reason, REASON_EXCEPTION);
    assert_string_equal(raised.name, "ValueError");
    assert_string_equal(raised.value, "no such column");
    assert_int_equal(raised.line, 2);
    end(&child);
    assert_exit(&child, 0, 0);
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
        end(&children[i]);
        child_close(&children[i]);
    }
    well(child_open(*state, &more, &err), &err);
    end(&more);
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
        begin(&harness, &children[i], ORPHAN "    while True:\n        time.sleep(1)\n", ends[1]);
    close(ends[1]);
    assert_int_equal(pidfd_send_signal(harness.pidfd, SIGKILL, NULL, 0), 0);
    read_all(ends[0], text, sizeof text);
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
    auto_fd int null = null_device();
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, DESCRIPTOR "preload =\n", &err), &err);
    begin(&harness, &child, "def azureml_main():\n    while True:\n        pass\n", null);
    well(harness_close(&harness, &err), &err);
    well(harness_wait(child.tree, &err), &err);
    child_close(&child);
}

#define COLLECTOR                                                                                                      \
    "import gc, quern.warm\n"                                                                                          \
    "def azureml_main():\n"                                                                                            \
    "    quern.warm.touch()\n"                                                                                         \
    "    print(gc.isenabled(), gc.get_freeze_count() > 10000)\n"

static void m_imports_are_frozen_and_the_collector_runs(void **state) {
    const struct harness *harness = *state;
    char text[256];
    output_of(harness, COLLECTOR, text, sizeof text);
    assert_string_equal(text, "True True\n");
}

// Without rehearsal and huge pages a child finds the same.
static void b_zygote_of_one_job_is_as_good(void **state) {
    (void)state;
    struct harness harness;
    struct err err;
    char text[256];
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--once", DESCRIPTOR, &err), &err);
    assert_string_equal(harness.ready.err.msg, "");
    output_of(&harness, COLLECTOR, text, sizeof text);
    assert_string_equal(text, "True True\n");
    well(harness_close(&harness, &err), &err);
}

static void not_ready(const char *descriptor, const char *message) {
    struct harness harness;
    struct err err;
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, descriptor, &err), &err);
    assert_string_equal(harness.ready.err.msg, message);
    assert_int_equal(harness.ready.err.reason, REASON_CONFIG);
    well(harness_close(&harness, &err), &err);
}

static void b_environment_that_cannot_be_used_says_why(void **state) {
    const struct harness *harness = *state;
    char message[256];
    not_ready(DESCRIPTOR "preload = numpy nonesuch\n",
              "environment test: the module nonesuch cannot be imported: ModuleNotFoundError: No module named "
              "'nonesuch'");
    not_ready("[environment]\npython = /nonesuch/python3\n",
              "the interpreter /nonesuch/python3: No such file or directory");
    not_ready("[environment]\ncolour = red\n",
              "test: line 2: expected python, profile, preload or network, found \"colour\"");
    bool ns = harness->ready.profile == 1;
    snprintf(message, sizeof message, "environment test: profile: expected pandas %s, found %s",
             ns ? "2 or later" : "1", harness->ready.pandas);
    not_ready(ns ? DESCRIPTOR "profile = units\npreload =\n" : DESCRIPTOR "profile = ns\npreload =\n", message);
}

// A directory that the jail's ids may read, with an executable or a Python file in it.
static void make_directory(const char *base, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", base, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(const char *base, const char *name, mode_t mode, const char *text) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", base, name);
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void make_base(char base[32]) {
    snprintf(base, 32, "/tmp/quern-test-XXXXXX");
    assert_non_null(mkdtemp(base));
    assert_int_equal(chmod(base, 0755), 0);
    make_directory(base, "/bin");
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

static void remove_base(const char *base) { assert_int_equal(nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0); }

// A venv by hand: what `python3 -m venv --without-pip` makes.
static void make_venv(char base[32]) {
    char path[64];
    make_base(base);
    snprintf(path, sizeof path, "%s/bin/python", base);
    assert_int_equal(symlink(QUERN_PYTHON, path), 0);
    make_file(base, "/pyvenv.cfg", 0644, "home = " QUERN_PYTHON_HOME "\ninclude-system-site-packages = true\n");
    make_directory(base, "/lib");
    make_directory(base, "/lib/" QUERN_PYTHON_LIB);
    make_directory(base, "/lib/" QUERN_PYTHON_LIB "/site-packages");
}

#define SITE "/lib/" QUERN_PYTHON_LIB "/site-packages/"

static void b_venv_is_the_prefix_of_its_jobs(void **state) {
    (void)state;
    struct harness harness;
    struct err err;
    char base[32], descriptor[256], text[256], expected[128];
    make_venv(base);
    make_file(base, SITE "only_here.py", 0644, "ANSWER = 42\n");
    snprintf(descriptor, sizeof descriptor, "[environment]\npython = %s/bin/python\npreload = only_here\n", base);
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, descriptor, &err), &err);
    assert_string_equal(harness.ready.err.msg, "");
    output_of(&harness,
              "import sys, only_here\ndef azureml_main():\n    print(sys.prefix, sys.executable, only_here.ANSWER)\n",
              text, sizeof text);
    snprintf(expected, sizeof expected, "%s %s/bin/python 42\n", base, base);
    assert_string_equal(text, expected);
    well(harness_close(&harness, &err), &err);
    remove_base(base);
}

static void b_preloaded_plots_draw_and_leave_nothing_else(void **state) {
    (void)state;
    struct harness harness;
    struct err err;
    char text[256];
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, DESCRIPTOR "preload = matplotlib.pyplot\n", &err), &err);
    assert_string_equal(harness.ready.err.msg, "");
    output_of(&harness,
              "import os\nimport matplotlib.pyplot as plt\ndef azureml_main():\n    plt.plot([1, 2], [3, 4])\n"
              "    plt.savefig('plot.png')\n    print(sorted(os.listdir('.')))\n",
              text, sizeof text);
    assert_string_equal(text, "['Script Bundle', 'plot.png', 'user_script.py']\n");
    well(harness_close(&harness, &err), &err);
}

static void f_preload_that_starts_threads_is_refused(void **state) {
    (void)state;
    char base[32], descriptor[256];
    make_venv(base);
    make_file(base, SITE "busy.py", 0644,
              "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n");
    snprintf(descriptor, sizeof descriptor, "[environment]\npython = %s/bin/python\npreload = busy\n", base);
    not_ready(descriptor, "environment test: after importing busy: expected one thread, found 2");
    remove_base(base);
}

static void b_interpreter_of_another_version_is_refused(void **state) {
    const struct harness *harness = *state;
    char base[32], descriptor[256], message[256];
    make_base(base);
    make_file(base, "/bin/old", 0755, "#!/bin/sh\necho 3.9.9\necho /opt/old\n");
    make_file(base, "/bin/none", 0755, "#!/bin/sh\necho hello\n");
    make_file(base, "/bin/broken", 0755, "#!/bin/sh\nexit 3\n");
    snprintf(descriptor, sizeof descriptor, "[environment]\npython = %s/bin/old\n", base);
    snprintf(message, sizeof message,
             "the interpreter %s/bin/old: expected Python %s, for which this program is built, found 3.9.9", base,
             harness->ready.python);
    not_ready(descriptor, message);
    snprintf(descriptor, sizeof descriptor, "[environment]\npython = %s/bin/none\n", base);
    snprintf(message, sizeof message,
             "the interpreter %s/bin/none: expected its version and prefix, found something else", base);
    not_ready(descriptor, message);
    snprintf(descriptor, sizeof descriptor, "[environment]\npython = %s/bin/broken\n", base);
    snprintf(message, sizeof message, "the interpreter %s/bin/broken: expected that it tells its version, it failed",
             base);
    not_ready(descriptor, message);
    remove_base(base);
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
    auto_fd int null = null_device();
    run_well(harness, NOTHING, null);
    int before = count_descriptors(harness);
    for (int i = 0; i < 10; i++)
        run_well(harness, NOTHING, null);
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
        cmocka_unit_test(m_imports_are_frozen_and_the_collector_runs),
        cmocka_unit_test(b_zygote_of_one_job_is_as_good),
        cmocka_unit_test(b_venv_is_the_prefix_of_its_jobs),
        cmocka_unit_test(b_preloaded_plots_draw_and_leave_nothing_else),
        cmocka_unit_test(f_preload_that_starts_threads_is_refused),
        cmocka_unit_test(b_interpreter_of_another_version_is_refused),
        cmocka_unit_test(b_environment_that_cannot_be_used_says_why),
    };
    return cmocka_run_group_tests(tests, open_zygote, close_zygote);
}
