// SPDX-License-Identifier: Apache-2.0
// Children that were forked, jailed and warmed up before anybody asked for them: who gets them, with which limits, and that
// nothing of the waiting is seen by a job.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "tests/unit/host_script.h"

enum { STANDBY = 2, MOST = 32 };

struct listed {
    int count;
    int pids[MOST];
};

// The zygote's own children: for each of ours, its init and itself.
static struct listed list_children(const struct harness *harness) {
    struct listed listed = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", harness->pid, harness->pid);
    auto_file FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (listed.count < MOST && fscanf(file, "%d", &listed.pids[listed.count]) == 1)
        listed.count++;
    return listed;
}

static bool has(const struct listed *listed, int pid) {
    for (int i = 0; i < listed->count; i++)
        if (listed->pids[i] == pid)
            return true;
    return false;
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

// A child that waits for its job reads from its conversation: recvmsg(2).
static bool waits(int pid) {
    char path[64];
    int number = -1;
    snprintf(path, sizeof path, "/proc/%d/syscall", pid);
    auto_file FILE *file = fopen(path, "re");
    return file && fscanf(file, "%d", &number) == 1 && number == 47;
}

static int count_waiting(const struct harness *harness) {
    struct listed listed = list_children(harness);
    int count = 0;
    for (int i = 0; i < listed.count; i++)
        count += waits(listed.pids[i]);
    return count;
}

static void await_standby(const struct harness *harness) {
    uint64_t deadline = clock_deadline_ns(HARNESS_MS);
    while (count_waiting(harness) < STANDBY)
        assert_true(clock_now_ns() < deadline);
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
    struct listed before = list_children(*state);
    assert_int_equal(before.count, 2 * STANDBY);
    script_begin(*state, &child, "def azureml_main():\n    return None\n", null);
    assert_true(has(&before, pid_behind(child.pidfd)));
    end(&child);
}

static void b_the_place_is_filled_again(void **state) {
    auto_fd int null = script_null_device();
    for (int i = 0; i < 3 * STANDBY; i++) {
        struct harness_child child;
        struct listed before = (await_standby(*state), list_children(*state));
        begin(*state, &child, "def azureml_main():\n    return None\n", null);
        int pid = pid_behind(child.pidfd);
        end(&child);
        await_standby(*state);
        struct listed after = list_children(*state);
        assert_true(has(&before, pid));
        assert_false(has(&after, pid));
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
                                 "    print(disk.f_frsize * disk.f_blocks >> 20, disk.f_files,\n"
                                 "          resource.getrlimit(resource.RLIMIT_NOFILE)[1],\n"
                                 "          resource.getrlimit(resource.RLIMIT_CPU)[0])\n";
    struct harness_child child;
    struct jail_limits limits;
    struct err err;
    char text[256];
    int ends[2];
    jail_limits_default(&limits);
    limits.work_bytes = 16u << 20;
    limits.work_files = 77;
    limits.open_files = 99;
    limits.cpu_seconds = 11;
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
    assert_string_equal(text, "16 77 99 11\n");
}

static void f_what_it_did_while_it_waited_leaves_nothing(void **state) {
    static const char script[] =
        "import hashlib, linecache, os, sys, threading\n"
        "def azureml_main():\n"
        "    print(hashlib.sha256(repr(sorted(sys.modules)).encode()).hexdigest(), sys.path, sys.argv, "
        "len(sys.meta_path),\n"
        "          sorted(sys.path_importer_cache), sorted(os.environ.items()), sorted(linecache.cache),\n"
        "          sorted(map(repr, threading.enumerate())).__len__(), os.listdir('.'), os.listdir('Script Bundle'),\n"
        "          len([fd for fd in range(64) if os.path.exists(f'/proc/self/fd/{fd}')]))\n";
    char warm[8192], cold[8192];
    struct harness other;
    struct err err;
    await_standby(*state);
    script_output(*state, script, warm, sizeof warm);
    well(harness_open(&other, QUERN_PYTHON_PROGRAM, NULL, DESCRIPTOR, &err), &err);
    script_output(&other, script, cold, sizeof cold);
    well(harness_close(&other, &err), &err);
    assert_string_equal(warm, cold);
    assert_non_null(strstr(warm, " 1 ['user_script.py', 'Script Bundle'] [] 5\n"));
}

static void f_random_numbers_are_their_own(void **state) {
    static const char script[] = "import numpy, os, random, uuid\ndef azureml_main():\n"
                                 "    print(random.random(), numpy.random.rand(), uuid.uuid4(), os.urandom(4).hex())\n";
    char text[4][256];
    await_standby(*state);
    for (int i = 0; i < 4; i++)
        script_output(*state, script, text[i], sizeof *text);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) {
            char one[256], other[256];
            memcpy(one, text[i], sizeof one);
            memcpy(other, text[j], sizeof other);
            char *rest = NULL, *others = NULL;
            char *word = strtok_r(one, " ", &rest), *others_word = strtok_r(other, " ", &others);
            for (; word && others_word; word = strtok_r(NULL, " ", &rest), others_word = strtok_r(NULL, " ", &others))
                assert_string_not_equal(word, others_word);
        }
}

static void c_one_that_dies_while_it_waits_is_nobodys_loss(void **state) {
    char text[64];
    struct err err;
    await_standby(*state);
    struct listed listed = list_children(*state);
    for (int i = 0; i < listed.count; i++) {
        auto_fd int pidfd = waits(listed.pids[i]) ? pidfd_open(listed.pids[i], 0) : -1;
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
    int pidfds[MOST];
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--standby=2", DESCRIPTOR, &err), &err);
    await_standby(&harness);
    struct listed listed = list_children(&harness);
    for (int i = 0; i < listed.count; i++)
        assert_true((pidfds[i] = pidfd_open(listed.pids[i], 0)) >= 0);
    well(harness_close(&harness, &err), &err);
    for (int i = 0; i < listed.count; i++) {
        well(harness_wait(pidfds[i], &err), &err);
        close(pidfds[i]);
    }
}

static int open_standby(void **state) {
    static struct harness harness;
    struct err err;
    well(harness_open(&harness, QUERN_PYTHON_PROGRAM, "--standby=2", DESCRIPTOR, &err), &err);
    *state = &harness;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_a_job_gets_a_child_that_was_there_before),
        cmocka_unit_test(b_the_place_is_filled_again),
        cmocka_unit_test(b_more_jobs_than_wait_for_them),
        cmocka_unit_test(l_its_limits_are_those_of_its_job),
        cmocka_unit_test(f_what_it_did_while_it_waited_leaves_nothing),
        cmocka_unit_test(f_random_numbers_are_their_own),
        cmocka_unit_test(c_they_die_with_their_zygote),
        cmocka_unit_test(c_one_that_dies_while_it_waits_is_nobodys_loss), // last: a failure is a pause
    };
    return cmocka_run_group_tests(tests, open_standby, close_zygote);
}
