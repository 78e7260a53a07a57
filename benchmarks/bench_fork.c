// SPDX-License-Identifier: Apache-2.0
//
// bench_fork [ROUNDS]: what a child costs, with the zygote's heap on huge pages and without, in interleaved rounds.
//
//     ready   request → READY: tiny init, fork, jail             (hidden by standby children)
//     job     COMMIT → DONE: an empty script                     (what a user waits for)
//     end     end of the conversation → host_exited
//     cpu     of the tree
//
// `standby` is a child that had time to touch its pages before its job came.
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "tests/unit/host_harness.h"

#define MAX_ROUNDS 10000u
#define DEFAULT_ROUNDS 200u
#define DESCRIPTOR "[environment]\npreload = numpy pandas matplotlib.pyplot\n"
#define STANDBY_NS 50000000
#define SCRIPT "def azureml_main():\n    return None\n"

enum measure { READY, JOB, END, TOTAL, CPU, MEASURES };
static const char *const names[MEASURES] = {"ready", "job", "end", "total", "cpu"};

struct series {
    double us[MEASURES][MAX_ROUNDS];
};

static double since_us(uint64_t began) { return (double)(clock_now_ns() - began) / 1000.0; }

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

static int measure(const struct harness *harness, bool standby, int null, struct series *series, size_t round,
                   struct err *err) {
    struct harness_child child;
    uint64_t began = clock_now_ns(), at = began;
    TRY(child_open(harness, &child, err));
    TRY(child_ready(&child, err));
    series->us[READY][round] = since_us(at);
    if (standby)
        nanosleep(&(struct timespec){.tv_nsec = STANDBY_NS}, NULL);
    at = clock_now_ns();
    TRY(job(&child, null, err));
    series->us[JOB][round] = since_us(at);
    at = clock_now_ns();
    close(child.conversation);
    child.conversation = -1;
    TRY(child_exited(&child, err));
    series->us[END][round] = since_us(at);
    series->us[TOTAL][round] = since_us(began);
    series->us[CPU][round] = (double)(child.exited.user_us + child.exited.system_us);
    child_close(&child);
    return 0;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print(const char *title, struct series *series, size_t rounds) {
    printf("%-12s", title);
    for (int i = 0; i < MEASURES; i++) {
        qsort(series->us[i], rounds, sizeof series->us[i][0], compare);
        printf("  %s %.0f/%.0f/%.0f", names[i], series->us[i][0], series->us[i][rounds / 2],
               series->us[i][rounds * 99 / 100]);
    }
    printf("\n");
}

static int open_zygote(struct harness *harness, const char *option, struct err *err) {
    TRY(harness_open(harness, QUERN_PYTHON_PROGRAM, option, DESCRIPTOR, err));
    if (!harness->ready.err.reason)
        return 0;
    *err = harness->ready.err;
    return -1;
}

static int run(size_t rounds, struct err *err) {
    static struct series plain_series, collapsed_series, standby_series;
    struct harness plain, collapsed;
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    TRY(open_zygote(&plain, "--no-collapse", err));
    TRY(open_zygote(&collapsed, NULL, err));
    for (size_t i = 0; i < rounds; i++) {
        TRY(measure(&plain, false, null, &plain_series, i, err));
        TRY(measure(&collapsed, false, null, &collapsed_series, i, err));
        TRY(measure(&collapsed, true, null, &standby_series, i, err));
    }
    printf("%zu rounds, us, min/median/p99; jail level %s; import %.0f ms\n", rounds,
           jail_level_name((enum jail_level)plain.ready.facts.level), (double)plain.ready.import_us / 1000.0);
    print("plain", &plain_series, rounds);
    print("collapsed", &collapsed_series, rounds);
    print("standby", &standby_series, rounds);
    TRY(harness_close(&plain, err));
    return harness_close(&collapsed, err);
}

int main(int count, char **arguments) {
    struct err err;
    unsigned long rounds = count > 1 ? strtoul(arguments[1], NULL, 10) : DEFAULT_ROUNDS;
    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "bench_fork: expected 1 to %u rounds\n", MAX_ROUNDS);
        return 2;
    }
    if (run(rounds, &err) == 0)
        return 0;
    fprintf(stderr, "bench_fork: %s\n", err.msg);
    return err_exit_code(&err);
}
