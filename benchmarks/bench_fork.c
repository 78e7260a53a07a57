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
// What a child that stands by is worth: bench_dispatch.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "rounds.h"
#include "tests/unit/host_harness.h"

#define DESCRIPTOR "[environment]\npreload = numpy pandas matplotlib.pyplot\n"
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

static int job(struct harness_child *child, int out, struct err *err) {
    TRY(child_commit(child, out, err));
    TRY(child_start(child, SCRIPT, err));
    return child_done(child, err);
}

static int measure(const struct harness *harness, const char *zygote, int output, struct err *err) {
    struct harness_child child;
    uint64_t began = clock_now_ns(), at = began;
    TRY(child_open(harness, &child, err));
    TRY(child_ready(&child, err));
    sample_since(zygote, "ready", at);
    at = clock_now_ns();
    TRY(job(&child, output, err));
    sample_since(zygote, "job", at);
    at = clock_now_ns();
    own_close(&child.conversation);
    TRY(child_exited(&child, err));
    sample_since(zygote, "end", at);
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
    auto_fd int output = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (output < 0)
        return err_sys(err, REASON_INFRA, "/dev/null");
    TRY(open_zygote(&plain, "--no-collapse", err));
    TRY(open_zygote(&collapsed, NULL, err));
    while (rounds_wait()) {
        TRY(measure(&plain, "small pages", output, err));
        TRY(measure(&collapsed, "huge pages", output, err));
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
