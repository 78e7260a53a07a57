// SPDX-License-Identifier: Apache-2.0
//
// bench_dispatch: from the request for a child to the first line of the script, with children that stand by. Rounds:
// rounds.h.
//
//     wake-up      a byte is sent → a process that waited for it has read the clock     (what the machine gives at best)
//     python3      the script is sent → its first line in a plain Python that waited for it  (what Python takes at least)
//     given        the request is sent → the child's conversation is here
//     first line   the request is sent → the first line of the script has read the clock
//     expected     the same, of a child that was told that a job may come, as it is when a worker is let claim
//     told         the job is sent → its first line, of a child that was asked for before
//
// Each is done once while this program does nothing else (`idle`) and once while it keeps every processor busy (`busy`).
// The records are those that a worker sends, in its order; the script is in its memory file before.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "rounds.h"
#include "spinners.h"
#include "tests/unit/host_harness.h"
#include "tests/unit/host_waiting.h"

#define DESCRIPTOR "[environment]\npreload = numpy pandas matplotlib.pyplot\n"
#define SCRIPT                                                                                                         \
    "import time; first = time.monotonic_ns()\n"                                                                       \
    "import os\n"                                                                                                      \
    "def azureml_main():\n"                                                                                            \
    "    os.write(1, b\"%d\" % first)\n"

enum { STANDBY = 3, REST_NS = 10000000, CLAIM_NS = 600000, LOAD_NS = 1000000 };

#define PYTHON "/usr/bin/python3"
#define WAITS                                                                                                          \
    "import os, time\n"                                                                                                \
    "while text := os.read(0, 65536):\n"                                                                               \
    "    module = {}\n"                                                                                                \
    "    exec(compile(text, 'user_script.py', 'exec'), module)\n"                                                      \
    "    os.write(1, module['first'].to_bytes(8, 'little'))\n"

struct waker {
    int socket;
    pid_t pid;
};

struct bench {
    struct harness harness;
    struct spinners spinners;
    struct waker waker, python;
    int script;
    int output[2];
};

// ---- processes that wait ----

_Noreturn static void answer_with_clock(int socket) {
    char byte;
    while (read(socket, &byte, 1) == 1) {
        uint64_t now = clock_now_ns();
        if (write(socket, &now, sizeof now) != sizeof now)
            break;
    }
    _exit(0);
}

_Noreturn static void answer_with_python(int socket) {
    if (dup2(socket, STDIN_FILENO) >= 0 && dup2(socket, STDOUT_FILENO) >= 0)
        execl(PYTHON, PYTHON, "-c", WAITS, (char *)NULL);
    _exit(1);
}

static int start_waker(struct waker *waker, void (*answer)(int socket), struct err *err) {
    int ends[2];
    TRY(record_pair(ends, err));
    waker->pid = fork();
    if (waker->pid == 0) {
        close(ends[0]);
        answer(ends[1]);
    }
    close(ends[1]);
    waker->socket = ends[0];
    return waker->pid < 0 ? err_sys(err, REASON_INFRA, "fork") : 0;
}

static void end_waker(const struct waker *waker) {
    close(waker->socket);
    waitpid(waker->pid, NULL, 0);
}

// Whoever worked just now (a fork, a wake-up, a spinner that starts) gives its processor back; what is measured next is not
// its tail. There is no event to wait for: that is the kernel's own time.
static void settle(void) { nanosleep(&(struct timespec){.tv_nsec = REST_NS}, NULL); }

// ---- samples ----

static void sample(const char *when, const char *what, uint64_t from, uint64_t to) {
    char label[64];
    snprintf(label, sizeof label, "%s: %s", when, what);
    rounds_sample(label, "us", (double)(to - from) / 1000);
}

static int measure_waker(const struct waker *waker, const char *when, const char *what, const char *text, size_t bytes,
                         struct err *err) {
    uint64_t began = clock_now_ns(), woken;
    if (write(waker->socket, text, bytes) != (ssize_t)bytes ||
        read(waker->socket, &woken, sizeof woken) != sizeof woken)
        return err_sys(err, REASON_INFRA, "the process for %s", what);
    sample(when, what, began, woken);
    return 0;
}

static int measure_wakers(const struct bench *bench, const char *when, struct err *err) {
    TRY(measure_waker(&bench->waker, when, "wake-up", "", 1, err));
    settle();
    return measure_waker(&bench->python, when, "python3", SCRIPT, strlen(SCRIPT), err);
}

static int tell(struct harness_child *child, const struct bench *bench, struct err *err) {
    struct host_call record = {.kind = HOST_SCRIPT, .name = "script.py"};
    TRY(child_commit(child, bench->output[1], err));
    TRY(child_send(child, &record, bench->script, err));
    record = (struct host_call){.kind = HOST_START, .task = HOST_TASK_RUN, .dialect = HOST_QUERN};
    TRY(child_send(child, &record, -1, err));
    return child_lend(child, err);
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

static int end_child(struct harness_child *child, struct err *err) {
    own_close(&child->conversation);
    TRY(child_exited(child, err));
    child_close(child);
    return 0;
}

static int measure_dispatch(const struct bench *bench, const char *when, struct err *err) {
    struct harness_child child;
    uint64_t first;
    uint64_t began = clock_now_ns();
    TRY(child_open(&bench->harness, &child, err));
    uint64_t given = clock_now_ns();
    TRY(tell(&child, bench, err));
    TRY(take_first_line(bench->output[0], &first, err));
    TRY(child_done(&child, err));
    sample(when, "given", began, given);
    sample(when, "first line", began, first);
    return end_child(&child, err);
}

static void work(uint64_t ns) {
    uint64_t end = clock_now_ns() + ns;
    while (clock_now_ns() < end)
        ;
}

// As it is with a job that needs nothing but its script: between the wake-up and the request a worker claims.
static int measure_expected(const struct bench *bench, const char *when, struct err *err) {
    const struct host_spawn perhaps = {.version = HOST_VERSION, .when = HOST_PERHAPS};
    struct harness_child child;
    uint64_t first;
    TRY(record_send(bench->harness.requests, &perhaps, sizeof perhaps, NULL, 0, err));
    work(CLAIM_NS);
    uint64_t began = clock_now_ns();
    TRY(child_open(&bench->harness, &child, err));
    TRY(tell(&child, bench, err));
    TRY(take_first_line(bench->output[0], &first, err));
    TRY(child_done(&child, err));
    sample(when, "expected", began, first);
    return end_child(&child, err);
}

// As a worker does it: between the request and the job it loads.
static int measure_ahead(const struct bench *bench, const char *when, struct err *err) {
    struct harness_child child;
    uint64_t first;
    TRY(child_open_ahead(&bench->harness, &child, err));
    work(LOAD_NS);
    uint64_t told = clock_now_ns();
    TRY(tell(&child, bench, err));
    TRY(take_first_line(bench->output[0], &first, err));
    TRY(child_done(&child, err));
    sample(when, "told", told, first);
    return end_child(&child, err);
}

static int rest(const struct bench *bench, struct err *err) {
    TRY(harness_await_waiting(&bench->harness, STANDBY, err));
    settle();
    return 0;
}

static int round_of(const struct bench *bench, struct err *err) {
    TRY(rest(bench, err));
    TRY(measure_wakers(bench, "idle", err));
    TRY(rest(bench, err));
    TRY(measure_dispatch(bench, "idle", err));
    TRY(rest(bench, err));
    TRY(measure_expected(bench, "idle", err));
    TRY(rest(bench, err));
    TRY(measure_ahead(bench, "idle", err));
    TRY(rest(bench, err));
    spinners_go(&bench->spinners);
    settle();
    TRY(measure_wakers(bench, "busy", err));
    settle();
    TRY(measure_dispatch(bench, "busy", err));
    settle();
    TRY(measure_expected(bench, "busy", err));
    settle();
    TRY(measure_ahead(bench, "busy", err));
    spinners_rest(&bench->spinners);
    return 0;
}

static int open_bench(struct bench *bench, struct err *err) {
    if (pipe2(bench->output, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "pipe2");
    bench->script = memory_from("script", SCRIPT, strlen(SCRIPT), err);
    TRY(bench->script);
    TRY(spinners_start(&bench->spinners, err));
    TRY(start_waker(&bench->waker, answer_with_clock, err));
    TRY(start_waker(&bench->python, answer_with_python, err));
    TRY(harness_open(&bench->harness, QUERN_PYTHON_PROGRAM, "--standby=3", DESCRIPTOR, err));
    if (!bench->harness.ready.err.reason)
        return 0;
    *err = bench->harness.ready.err;
    return -1;
}

static int run(struct err *err) {
    struct bench bench = {.script = -1};
    TRY(open_bench(&bench, err));
    while (rounds_wait()) {
        TRY(round_of(&bench, err));
        rounds_end();
    }
    spinners_end(&bench.spinners);
    end_waker(&bench.waker);
    end_waker(&bench.python);
    return harness_close(&bench.harness, err);
}

int main(void) {
    struct err err;
    if (run(&err) == 0)
        return 0;
    fprintf(stderr, "bench_dispatch: %s\n", err.msg);
    return err_exit_code(&err);
}
