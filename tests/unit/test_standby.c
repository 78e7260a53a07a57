// SPDX-License-Identifier: Apache-2.0
// Children that were forked, jailed and warmed up before anybody asked for them: who gets them, with which limits, and that
// nothing of the waiting is seen by a job.
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "tests/unit/host_script.h"
#include "tests/unit/host_waiting.h"

enum { STANDBY = 2 };

// Its key is made when it is imported.
#define PRELOADED DESCRIPTOR "preload = numpy pandas multiprocessing\n"

static struct harness_listed list_children(const struct harness *harness) {
    struct harness_listed listed;
    struct err err;
    well(harness_list(harness, &listed, &err), &err);
    return listed;
}

static int pid_behind(int pidfd) {
    char path[64], line[128];
    int pid = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    auto_file FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pid: %d", &pid) == 1)
            break;
    return pid;
}

static void await_standby(const struct harness *harness) {
    struct err err;
    well(harness_await_waiting(harness, STANDBY, &err), &err);
}

static void begin(const struct harness *harness, struct harness_child *child, const char *script, int out) {
    await_standby(harness);
    script_begin(harness, child, script, out);
}

static void end(struct harness_child *child) {
    struct host_answer raised;
    script_await_done(child, &raised);
    script_end(child);
    script_assert_exit(child, 0, 0);
    child_close(child);
}

static void b_a_job_gets_a_child_that_was_there_before(void **state) {
    struct harness_child child;
    auto_fd int null = script_null_device();
    await_standby(*state);
    struct harness_listed before = list_children(*state);
    assert_int_equal(before.count, 2 * STANDBY);
    script_begin(*state, &child, "def azureml_main():\n    return None\n", null);
    assert_true(harness_has(&before, pid_behind(child.pidfd)));
    end(&child);
}

static void b_the_place_is_filled_again(void **state) {
    auto_fd int null = script_null_device();
    for (int i = 0; i < 3 * STANDBY; i++) {
        struct harness_child child;
        struct harness_listed before = (await_standby(*state), list_children(*state));
        begin(*state, &child, "def azureml_main():\n    return None\n", null);
        int pid = pid_behind(child.pidfd);
        end(&child);
        await_standby(*state);
        struct harness_listed after = list_children(*state);
        assert_true(harness_has(&before, pid));
        assert_false(harness_has(&after, pid));
    }
}

static void b_more_jobs_than_wait_for_them(void **state) {
    struct harness_child children[2 * STANDBY + 1];
    auto_fd int null = script_null_device();
    await_standby(*state);
    for (int i = 0; i < 2 * STANDBY + 1; i++)
        script_begin(*state, &children[i], "def azureml_main():\n    return None\n", null);
    for (int i = 0; i < 2 * STANDBY + 1; i++)
        end(&children[i]);
}

static int commit_with(struct harness_child *child, const struct jail_limits *limits, int out, struct err *err) {
    struct host_call record = {.kind = HOST_COMMIT, .limits = *limits};
    const int fds[] = {out, out};
    return record_send(child->conversation, &record, sizeof record, fds, 2, err);
}

static void l_its_limits_are_those_of_its_job(void **state) {
    static const char script[] = "import os, resource\n"
                                 "def azureml_main():\n"
                                 "    disk = os.statvfs('.')\n"
                                 "    print(disk.f_frsize * disk.f_blocks >> 20, disk.f_ffree,\n"
                                 "          resource.getrlimit(resource.RLIMIT_NOFILE)[1])\n";
    struct harness_child child;
    struct jail_limits limits;
    struct err err;
    char text[256];
    int ends[2];
    jail_limits_default(&limits);
    limits.work_bytes = 16u << 20;
    limits.work_files = 1; // of the next that stand by, too: what warms them up finds room
    limits.open_files = 99;
    await_standby(*state);
    assert_int_equal(pipe(ends), 0);
    auto_fd int out = ends[0], in = ends[1];
    well(child_open_with(*state, &limits, &child, &err), &err);
    well(child_ready(&child, &err), &err);
    well(commit_with(&child, &limits, in, &err), &err);
    close(steal_fd(&in));
    well(child_start(&child, script, &err), &err);
    end(&child);
    script_read_all(out, text, sizeof text);
    assert_string_equal(text, "16 1 99\n");
    await_standby(*state);
}

// What stood in the interpreter's way, or was in reach of a rehearsal.
static const char traces[] =
    "import gc, hashlib, linecache, locale, os, signal, sys, threading, warnings\n"
    "import numpy, pandas, quern\n"
    "from quern import entry, script\n"
    "def azureml_main():\n"
    "    print(hashlib.sha256(repr(sorted(sys.modules)).encode()).hexdigest(), sys.path, sys.argv, "
    "len(sys.meta_path),\n"
    "          sorted(sys.path_importer_cache), sorted(os.environ.items()), sorted(linecache.cache),\n"
    "          sorted(map(repr, threading.enumerate())).__len__(), sorted(os.listdir('.')), os.listdir('Script "
    "Bundle'),\n"
    "          len([fd for fd in range(64) if os.path.exists(f'/proc/self/fd/{fd}')]))\n"
    "    print(sorted(vars(sys.modules['user_script'])), __name__, __doc__, __spec__.origin, os.getcwd(),\n"
    "          os.umask(0o77), threading.Thread().name, gc.isenabled(), gc.get_threshold(), len(warnings.filters),\n"
    "          entry.HELD, script.OPEN, quern.params, quern.inputs, quern._outputs, numpy.geterr(), "
    "pandas.get_option('mode.chained_assignment'),\n"
    "          signal.getsignal(signal.SIGINT), locale.setlocale(locale.LC_ALL), os.stat('.').st_nlink,\n"
    "          os.path.getsize('user_script.py'), sys.stdout.seekable(), sys.exc_info(), os.getpid() == "
    "os.getsid(0))\n";

// Until it has taken SOON, and waits again.
static void await_once_more(const struct harness_child *child) {
    uint64_t deadline = clock_deadline_ns(HARNESS_MS);
    int left = 1;
    while (left || !harness_is_waiting(pid_behind(child->pidfd))) {
        assert_int_equal(ioctl(child->conversation, SIOCOUTQ, &left), 0);
        assert_true(clock_now_ns() < deadline);
    }
}

static uint64_t cpu_us(const struct harness_child *child) {
    struct timespec used;
    clockid_t clock;
    assert_int_equal(clock_getcpuclockid(pid_behind(child->pidfd), &clock), 0);
    assert_int_equal(clock_gettime(clock, &used), 0);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

enum { OFTEN = 100 };

// What it did while it waited is more than its job, which has its whole limit and nothing of that in its record.
static void l_what_it_did_while_it_waited_is_not_its_jobs(void **state) {
    static const char script[] =
        "import resource\ndef azureml_main():\n    print(*resource.getrlimit(resource.RLIMIT_CPU))\n";
    const struct host_call soon = {.kind = HOST_SOON};
    struct jail_limits limits;
    struct harness_child child;
    struct err err;
    unsigned long long soft = 0, hard = 0;
    char text[64];
    int ends[2];
    await_standby(*state);
    well(child_open_ahead(*state, &child, &err), &err);
    for (int i = 0; i < OFTEN; i++) {
        well(child_send(&child, &soon, -1, &err), &err);
        await_once_more(&child);
    }
    uint64_t before = cpu_us(&child);
    jail_limits_default(&limits);
    limits.cpu_seconds = 11;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    auto_fd int out = ends[0], in = ends[1];
    well(child_ready(&child, &err), &err);
    well(commit_with(&child, &limits, in, &err), &err);
    own_close(&in);
    well(child_start(&child, script, &err), &err);
    end(&child);
    script_read_all(out, text, sizeof text);
    assert_int_equal(sscanf(text, "%llu %llu", &soft, &hard), 2);
    assert_int_equal(hard, soft + 1);
    assert_in_range((soft - limits.cpu_seconds) * 1000000, before, before + 2000000);
    assert_in_range(child.exited.user_us + child.exited.system_us, 1, before / 2);
}

static void output_asked_ahead(const struct harness *harness, char *text, size_t bytes, bool at_leisure) {
    const struct host_call soon = {.kind = HOST_SOON}; // the zygote says it only to whom the machine has time for
    struct harness_child child;
    struct err err;
    int ends[2];
    await_standby(harness);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    auto_fd int out = ends[0], in = ends[1];
    well(child_open_ahead(harness, &child, &err), &err);
    well(child_send(&child, &soon, -1, &err), &err);
    if (at_leisure)
        await_once_more(&child);
    well(child_ready(&child, &err), &err);
    well(child_commit(&child, in, &err), &err);
    own_close(&in);
    well(child_start(&child, traces, &err), &err);
    end(&child);
    script_read_all(out, text, bytes);
}

// Twice: the second one comes while the first is at work, or is too soon after it.
static void output_expected(const struct harness *harness, char *text, size_t bytes) {
    const struct host_spawn perhaps = {.version = HOST_VERSION, .when = HOST_PERHAPS};
    struct err err;
    await_standby(harness);
    for (int i = 0; i < 2; i++)
        well(record_send(harness->requests, &perhaps, sizeof perhaps, NULL, 0, &err), &err);
    await_standby(harness);
    assert_int_equal(list_children(harness).count, 2 * STANDBY); // each with its init: nobody got one
    script_output(harness, traces, text, bytes);
}

static void f_what_it_did_while_it_waited_leaves_nothing(void **state) {
    char expected[8192], warm[8192], twice[8192], interrupted[8192], cold[8192];
    struct harness other;
    struct err err;
    await_standby(*state);
    script_output(*state, traces, warm, sizeof warm);
    well(harness_open(&other, QUERN_PYTHON_PROGRAM, NULL, PRELOADED, &err), &err);
    script_output(&other, traces, cold, sizeof cold);
    well(harness_close(&other, &err), &err);
    assert_string_equal(warm, cold);
    output_expected(*state, expected, sizeof expected);
    assert_string_equal(expected, cold);
    output_asked_ahead(*state, twice, sizeof twice, true);
    assert_string_equal(twice, cold);
    output_asked_ahead(*state, interrupted, sizeof interrupted, false);
    assert_string_equal(interrupted, cold);
    assert_non_null(strstr(warm, " 1 ['Script Bundle', 'logs', 'outputs', 'user_script.py'] [] 5\n"));
}

static void f_the_hosts_log_is_not_in_its_reach(void **state) {
    await_standby(*state);
    struct harness_listed listed = list_children(*state);
    int seen = 0;
    for (int i = 0; i < listed.count; i++)
        for (int fd = 1; fd <= 2 && harness_is_waiting(listed.pids[i]); fd++, seen++) {
            char path[64], target[64] = "";
            snprintf(path, sizeof path, "/proc/%d/fd/%d", listed.pids[i], fd);
            assert_true(readlink(path, target, sizeof target - 1) > 0);
            assert_memory_equal(target, "pipe:", 5);
        }
    assert_int_equal(seen, 2 * STANDBY);
}

static void b_streams_are_what_the_job_was_given(void **state) {
    static const char script[] = "import sys\ndef azureml_main():\n    sys.stdout.write(str(sys.stdout.seekable()))\n"
                                 "    sys.stdout.seek(0)\n";
    char text[64] = "";
    struct err err;
    await_standby(*state);
    auto_fd int file = memory_new("output", 0, &err);
    script_run(*state, script, file);
    assert_int_equal(pread(file, text, sizeof text - 1, 0), 4);
    assert_string_equal(text, "True");
}

static void f_random_numbers_are_their_own(void **state) {
    static const char script[] =
        "import multiprocessing, numpy, os, random, secrets, tempfile, uuid\ndef azureml_main():\n"
        "    print(random.random(), numpy.random.rand(), numpy.random.default_rng().random(), uuid.uuid4(), "
        "uuid.uuid1(),\n"
        "          os.urandom(4).hex(), secrets.token_hex(4), tempfile.mkdtemp(), random.SystemRandom().random(),\n"
        "          multiprocessing.current_process().authkey.hex())\n";
    char text[4][512];
    await_standby(*state);
    for (int i = 0; i < 4; i++)
        script_output(*state, script, text[i], sizeof *text);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) {
            char one[512], other[512];
            int words = 0;
            memcpy(one, text[i], sizeof one);
            memcpy(other, text[j], sizeof other);
            char *rest = NULL, *others = NULL;
            char *word = strtok_r(one, " ", &rest), *others_word = strtok_r(other, " ", &others);
            for (; word && others_word; words++) {
                assert_string_not_equal(word, others_word);
                word = strtok_r(NULL, " ", &rest);
                others_word = strtok_r(NULL, " ", &others);
            }
            assert_int_equal(words, 10);
        }
}

static void c_one_that_dies_while_it_waits_is_nobodys_loss(void **state) {
    char text[64];
    struct err err;
    await_standby(*state);
    struct harness_listed listed = list_children(*state);
    for (int i = 0; i < listed.count; i++) {
        auto_fd int pidfd = harness_is_waiting(listed.pids[i]) ? pidfd_open(listed.pids[i], 0) : -1;
        if (pidfd < 0)
            continue;
        assert_int_equal(pidfd_send_signal(pidfd, SIGKILL, NULL, 0), 0);
        well(harness_wait(pidfd, &err), &err);
    }
    script_output(*state, "def azureml_main():\n    print('ran')\n", text, sizeof text);
    assert_string_equal(text, "ran\n");
}

static void c_they_die_with_their_zygote(void **state) {
    struct harness harness;
    struct err err;
    (void)state;
    int pidfds[HARNESS_MOST];
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--standby=2", PRELOADED, &err), &err);
    await_standby(&harness);
    struct harness_listed listed = list_children(&harness);
    for (int i = 0; i < listed.count; i++)
        assert_true((pidfds[i] = pidfd_open(listed.pids[i], 0)) >= 0);
    well(harness_close(&harness, &err), &err);
    for (int i = 0; i < listed.count; i++) {
        well(harness_wait(pidfds[i], &err), &err);
        close(pidfds[i]);
    }
}

// What an old one has in its caches is cold. Another one takes its place.
static void c_one_that_waits_for_long_is_replaced(void **state) {
    struct harness harness;
    struct err err;
    int pidfds[HARNESS_MOST];
    (void)state;
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--standby=1,2000", DESCRIPTOR, &err), &err);
    well(harness_await_waiting(&harness, 1, &err), &err);
    struct harness_listed listed = list_children(&harness);
    for (int i = 0; i < listed.count; i++)
        assert_true((pidfds[i] = pidfd_open(listed.pids[i], 0)) >= 0);
    for (int i = 0; i < listed.count; i++) {
        well(harness_wait(pidfds[i], &err), &err);
        close(pidfds[i]);
    }
    well(harness_await_waiting(&harness, 1, &err), &err);
    well(harness_close(&harness, &err), &err);
}

// Its supervisor has taken another one: who waits for a job goes, the job that runs does not notice.
static void b_a_zygote_that_nobody_asks_any_more_ends_with_its_last_job(void **state) {
    char text[4096];
    struct harness harness;
    struct harness_child child;
    struct err err;
    ssize_t got = 0;
    int ends[2];
    (void)state;
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--standby=2", DESCRIPTOR, &err), &err);
    assert_int_equal(pipe(ends), 0);
    begin(&harness, &child, "import os\ndef azureml_main():\n    os.write(1, b'x' * 200000)\n", ends[1]);
    close(ends[1]);
    close(harness.requests);
    harness.requests = -1;
    uint64_t deadline = clock_deadline_ns(HARNESS_MS);
    for (struct harness_listed listed = list_children(&harness); listed.count != 2; listed = list_children(&harness))
        assert_true(clock_now_ns() < deadline);
    for (ssize_t left = 200000; left > 0; left -= got) {
        well(harness_wait(ends[0], &err), &err);
        got = read(ends[0], text, sizeof text);
        assert_true(got > 0);
    }
    close(ends[0]);
    end(&child);
    siginfo_t info;
    well(harness_wait(harness.pidfd, &err), &err);
    assert_int_equal(waitid(P_PIDFD, (id_t)harness.pidfd, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(info.si_code, CLD_EXITED);
    assert_int_equal(info.si_status, 0);
    well(harness_close(&harness, &err), &err);
}

static int open_standby(void **state) {
    static struct harness harness;
    struct err err;
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--standby=2", PRELOADED, &err), &err);
    *state = &harness;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_a_job_gets_a_child_that_was_there_before),
        cmocka_unit_test(b_the_place_is_filled_again),
        cmocka_unit_test(b_more_jobs_than_wait_for_them),
        cmocka_unit_test(l_its_limits_are_those_of_its_job),
        cmocka_unit_test(l_what_it_did_while_it_waited_is_not_its_jobs),
        cmocka_unit_test(f_what_it_did_while_it_waited_leaves_nothing),
        cmocka_unit_test(f_the_hosts_log_is_not_in_its_reach),
        cmocka_unit_test(b_streams_are_what_the_job_was_given),
        cmocka_unit_test(f_random_numbers_are_their_own),
        cmocka_unit_test(c_they_die_with_their_zygote),
        cmocka_unit_test(c_one_that_waits_for_long_is_replaced),
        cmocka_unit_test(b_a_zygote_that_nobody_asks_any_more_ends_with_its_last_job),
        cmocka_unit_test(c_one_that_dies_while_it_waits_is_nobodys_loss), // last: a failure is a pause
    };
    return cmocka_run_group_tests(tests, open_standby, close_zygote);
}
