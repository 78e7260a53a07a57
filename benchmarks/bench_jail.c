// SPDX-License-Identifier: Apache-2.0
// The price of the jail, in microseconds: what a small C program pays, without the fork of a large interpreter.
// usage: bench_jail [rounds]
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"

enum { DEFAULT_ROUNDS = 200, MAX_ROUNDS = 10000, OUT = 3 };

struct series {
    const char *name;
    size_t count;
    double us[MAX_ROUNDS];
};

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static void print(int out, struct series *series) {
    qsort(series->us, series->count, sizeof *series->us, ascending);
    dprintf(out, "%-44s min %8.1f  p50 %8.1f  p99 %8.1f us\n", series->name, series->us[0],
            series->us[series->count / 2], series->us[series->count * 99 / 100]);
}

static double us_since(uint64_t start) { return (double)(clock_now_ns() - start) / 1000; }

static int complain(const struct err *err) {
    fprintf(stderr, "bench_jail: %s\n", err->msg);
    return 1;
}

static int reap(int pidfd) {
    siginfo_t info;
    int got = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED);
    close(pidfd);
    return got == 0 && info.si_status == 0 ? 0 : 1;
}

// One program started to its end: exec, and for the isolated one all namespaces, id maps and their teardown.
static int spawn_once(const char *role, const char *rounds, bool isolate) {
    const char *const argv[] = {"bench_jail", rounds, role, NULL}, *const variables[] = {NULL};
    int out = 1, pidfd = -1;
    pid_t pid;
    struct err err = {0};
    struct jail_spawn spawn = {.program = "/proc/self/exe",
                               .argv = argv,
                               .environ = variables,
                               .fds = &out,
                               .fd_count = 1,
                               .isolate = isolate};
    return jail_spawn(&spawn, &pidfd, &pid, &err) < 0 ? complain(&err) : reap(pidfd);
}

static int bench_spawn(size_t rounds, bool isolate) {
    static struct series series;
    series.name = isolate ? "spawn, isolated, to its end" : "spawn, plain, to its end";
    series.count = rounds;
    for (size_t i = 0; i < rounds; i++) {
        uint64_t start = clock_now_ns();
        if (spawn_once("nothing", "1", isolate))
            return 1;
        series.us[i] = us_since(start);
    }
    print(1, &series);
    return 0;
}

// ---- in a zygote ----

static int start_tree(const struct jail *jail, int *ret_init, struct err *err) {
    TRY(jail_tree_start(jail, ret_init, err));
    TRY(jail_tree_enter(jail, *ret_init, err));
    return 0;
}

static int end_tree(int init, struct err *err) {
    TRY(jail_tree_kill(init, err));
    TRY(jail_tree_reap(init, err));
    close(init);
    return 0;
}

_Noreturn static void child(const struct jail *jail, int report) {
    struct jail_limits limits;
    struct err err = {0};
    int work_dir = -1;
    double us[2];
    jail_limits_default(&limits);
    uint64_t start = clock_now_ns();
    if (jail_prepare(jail, 0, &report, 1, &work_dir, &err) < 0)
        _exit(complain(&err));
    us[0] = us_since(start);
    start = clock_now_ns();
    if (jail_commit(jail, &limits, &err) < 0)
        _exit(complain(&err));
    us[1] = us_since(start);
    _exit(write(report, us, sizeof us) == sizeof us ? 0 : 1);
}

struct round {
    double start, prepare, commit, kill;
};

static int tree_round(const struct jail *jail, const int pipe[2], struct round *ret) {
    struct err err = {0};
    int init = -1, status = 0;
    double us[2];
    uint64_t start = clock_now_ns();
    if (start_tree(jail, &init, &err) < 0)
        return complain(&err);
    ret->start = us_since(start);
    pid_t pid = fork();
    if (pid == 0)
        child(jail, pipe[1]);
    start = clock_now_ns();
    if (jail_tree_leave(jail, &err) < 0)
        return complain(&err);
    ret->start += us_since(start);
    if (read(pipe[0], us, sizeof us) != sizeof us || waitpid(pid, &status, 0) != pid || status != 0)
        return 1;
    ret->prepare = us[0];
    ret->commit = us[1];
    start = clock_now_ns();
    if (end_tree(init, &err) < 0)
        return complain(&err);
    ret->kill = us_since(start);
    return 0;
}

static int bench_tree(size_t rounds) {
    struct jail_options options = {0};
    struct jail *jail = NULL;
    struct err err = {0};
    int ends[2];
    uint64_t start = clock_now_ns();
    if (pipe2(ends, O_CLOEXEC) < 0 || jail_open(&options, &jail, &err) < 0)
        return complain(&err);
    dprintf(OUT, "%-44s %12.1f us, level %s\n", "jail_open, once", us_since(start),
            jail_level_name(jail_facts(jail)->level));
    static struct series series[] = {{.name = "tree: start, enter, leave"},
                                     {.name = "jail_prepare"},
                                     {.name = "jail_commit"},
                                     {.name = "tree: kill, reap"}};
    for (size_t i = 0; i < 4; i++)
        series[i].count = rounds;
    for (size_t i = 0; i < rounds; i++) {
        struct round round;
        if (tree_round(jail, ends, &round))
            return 1;
        series[0].us[i] = round.start;
        series[1].us[i] = round.prepare;
        series[2].us[i] = round.commit;
        series[3].us[i] = round.kill;
    }
    for (size_t i = 0; i < 4; i++)
        print(OUT, &series[i]);
    return 0;
}

static int bench_codec(size_t rounds) {
    static struct series series = {.name = "jail_codec"};
    int ends[2], status = 0;
    series.count = rounds;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return 1;
    for (size_t i = 0; i < rounds; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct err err = {0};
            uint64_t start = clock_now_ns();
            if (jail_codec(NULL, &err) < 0)
                _exit(complain(&err));
            double us = us_since(start);
            _exit(write(ends[1], &us, sizeof us) == sizeof us ? 0 : 1);
        }
        if (read(ends[0], &series.us[i], sizeof *series.us) != sizeof *series.us || waitpid(pid, &status, 0) != pid)
            return 1;
    }
    print(OUT, &series);
    return 0;
}

int main(int argc, char **argv) {
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    if (rounds == 0 || rounds > MAX_ROUNDS)
        return 2;
    if (argc > 2 && strcmp(argv[2], "nothing") == 0)
        return 0;
    if (argc > 2 && strcmp(argv[2], "tree") == 0)
        return bench_tree(rounds);
    if (argc > 2)
        return bench_codec(rounds);
    char text[32];
    snprintf(text, sizeof text, "%zu", rounds);
    return bench_spawn(rounds, false) || bench_spawn(rounds, true) || spawn_once("tree", text, true) ||
           spawn_once("codec", text, true);
}
