// SPDX-License-Identifier: Apache-2.0
// What a zygote brings along: interpreter, venv, preloads; and environments that cannot be used.
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "tests/unit/host_script.h"

#define COLLECTOR                                                                                                      \
    "import gc, quern.warm\n"                                                                                          \
    "def azureml_main():\n"                                                                                            \
    "    quern.warm.touch()\n"                                                                                         \
    "    print(gc.isenabled(), gc.get_freeze_count() > 10000)\n"

static void m_imports_are_frozen_and_the_collector_runs(void **state) {
    const struct harness *harness = *state;
    char text[256];
    script_output(harness, COLLECTOR, text, sizeof text);
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
    script_output(&harness, COLLECTOR, text, sizeof text);
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
              "test: line 2: expected python, profile, preload, network or legacy, found \"colour\"");
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
    script_output(
        &harness,
        "import sys, only_here\ndef azureml_main():\n    print(sys.prefix, sys.executable, only_here.ANSWER)\n", text,
        sizeof text);
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
    script_output(&harness,
                  "import os\nimport matplotlib.pyplot as plt\ndef azureml_main():\n    plt.plot([1, 2], [3, 4])\n"
                  "    plt.savefig('plot.png')\n    print(sorted(os.listdir('.')))\n",
                  text, sizeof text);
    assert_string_equal(text, "['Script Bundle', 'logs', 'outputs', 'plot.png', 'user_script.py']\n");
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

int main(void) {
    const struct CMUnitTest tests[] = {
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
