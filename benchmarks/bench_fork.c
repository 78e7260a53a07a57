// SPDX-License-Identifier: Apache-2.0
//
// bench_fork: what a child costs in the warm path, with the zygote's heap on huge pages and without. Rounds: rounds.h.
//
//     ready   request → READY: tiny init, fork, jail             (hidden by standby children)
//     job     COMMIT → DONE: an empty script                     (what a user waits for)
//     end     end of the conversation → host_exited
//     total   all of it
//     cpu     of the tree
//
// `standby` is a child that had time to touch its pages before its job came.
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "rounds.h"
#include "tests/unit/host_harness.h"

#define DESCRIPTOR "[environment]\npreload = numpy pandas matplotlib.pyplot\n"
#define STANDBY_NS 50000000
#define SCRIPT "def azureml_main():\n    return None\n"

static void sample_since(const char *zygote, const char *what, uint64_t start) {
    char label[64];
    snprintf(label, sizeof label, "%s: %s", zygote, what);
    rounds_since(label, start);
}

static void sample_cpu(const char *zygote, const struct host_exited *exited) {
    char label[64];
    snprintf(label, sizeof label, "%s: cpu", zygote);
    rounds_sample(label, "cpu ms", (double)(exited->user_us + exited->system_us) / 1000);
}

static int await_done(struct harness_child *child, struct err *err) {
    struct host_answer answer;
    do {
        auto_fd int fd = -1;
        int got = child_answer(child, &answer, &fd, err);
        TRY(got);
        if (got == 0)
            return err_set(err, REASON_INFRA, "the child went without DONE");
        if (answer.kind == HOST_RAISED)
            return err_set(err, REASON_EXCEPTION, "%s", answer.value);
    } while (answer.kind != HOST_DONE);
    return 0;
}

static int job(struct harness_child *child, int null, struct err *err) {
    TRY(child_commit(child, null, err));
    TRY(child_start(child, SCRIPT, err));
    return await_done(child, err);
}

static int measure(const struct harness *harness, const char *zygote, bool standby, int null, struct err *err) {
    struct harness_child child;
    uint64_t began = clock_now_ns(), at = began;
    TRY(child_open(harness, &child, err));
    TRY(child_ready(&child, err));
    sample_since(zygote, "ready", at);
    if (standby)
        nanosleep(&(struct timespec){.tv_nsec = STANDBY_NS}, NULL);
    at = clock_now_ns();
    TRY(job(&child, null, err));
    sample_since(zygote, "job", at);
    at = clock_now_ns();
    close(child.conversation);
    child.conversation = -1;
    TRY(child_exited(&child, err));
    sample_since(zygote, "end", at);
    if (!standby)
        sample_since(zygote, "total", began);
    sample_cpu(zygote, &child.exited);
    child_close(&child);
    return 0;
}

static int open_zygote(struct harness *harness, const char *option, struct err *err) {
    TRY(harness_open(harness, QUERN_PYTHON_PROGRAM, option, DESCRIPTOR, err));
    if (!harness->ready.err.reason)
        return 0;
    *err = harness->ready.err;
    return -1;
}

static int run(struct err *err) {
    struct harness plain, collapsed;
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    TRY(open_zygote(&plain, "--no-collapse", err));
    TRY(open_zygote(&collapsed, NULL, err));
    while (rounds_wait()) {
        TRY(measure(&plain, "small pages", false, null, err));
        TRY(measure(&collapsed, "huge pages", false, null, err));
        TRY(measure(&collapsed, "standby", true, null, err));
        rounds_end();
    }
    TRY(harness_close(&plain, err));
    return harness_close(&collapsed, err);
}

int main(void) {
    struct err err;
    if (run(&err) == 0)
        return 0;
    fprintf(stderr, "bench_fork: %s\n", err.msg);
    return err_exit_code(&err);
}
