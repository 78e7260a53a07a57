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
//     first line   request → the first line of the script
//
// `standby` is a zygote that keeps a child ready: forked, jailed and warmed up before it is asked for one.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "rounds.h"
#include "tests/unit/host_harness.h"

#define STANDBY_NS 50000000
#define DESCRIPTOR "[environment]\npreload = numpy pandas matplotlib.pyplot\n"
#define SCRIPT "import time; print(time.monotonic_ns(), flush=True)\ndef azureml_main():\n    return None\n"

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

static int job(struct harness_child *child, int out, struct err *err) {
    TRY(child_commit(child, out, err));
    TRY(child_start(child, SCRIPT, err));
    return await_done(child, err);
}

// What the script read from the clock of all processes in its first line.
static int take_first_line(int out, uint64_t *ret_ns, struct err *err) {
    char text[64] = "";
    TRY(harness_wait(out, err));
    if (read(out, text, sizeof text - 1) <= 0)
        return err_sys(err, REASON_INFRA, "the script's output");
    *ret_ns = strtoull(text, NULL, 10);
    return 0;
}

static int sample_first_line(const char *zygote, int out, uint64_t began, struct err *err) {
    char label[64];
    uint64_t first;
    TRY(take_first_line(out, &first, err));
    snprintf(label, sizeof label, "%s: first line", zygote);
    rounds_sample(label, "ms", (double)(first - began) / 1e6);
    return 0;
}

static int measure(const struct harness *harness, const char *zygote, const int output[2], struct err *err) {
    struct harness_child child;
    uint64_t began = clock_now_ns(), at = began;
    TRY(child_open(harness, &child, err));
    TRY(child_ready(&child, err));
    sample_since(zygote, "ready", at);
    at = clock_now_ns();
    TRY(job(&child, output[1], err));
    sample_since(zygote, "job", at);
    TRY(sample_first_line(zygote, output[0], began, err));
    at = clock_now_ns();
    close(child.conversation);
    child.conversation = -1;
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

// A child that waits does not say so to anybody but its zygote; it takes a few ms to come so far.
static void await_standby(void) { nanosleep(&(struct timespec){.tv_nsec = STANDBY_NS}, NULL); }

static int run(struct err *err) {
    struct harness plain, collapsed, standby;
    int output[2];
    if (pipe2(output, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "pipe2");
    TRY(open_zygote(&plain, "--no-collapse", err));
    TRY(open_zygote(&collapsed, NULL, err));
    TRY(open_zygote(&standby, "--standby=1", err));
    while (rounds_wait()) {
        TRY(measure(&plain, "small pages", output, err));
        TRY(measure(&collapsed, "huge pages", output, err));
        await_standby();
        TRY(measure(&standby, "standby", output, err));
        rounds_end();
    }
    TRY(harness_close(&standby, err));
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
