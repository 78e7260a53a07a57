// SPDX-License-Identifier: Apache-2.0
// The price of the jail: what a small C program pays, without the fork of a large interpreter. Rounds: rounds.h; each
// does everything TIMES times.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "rounds.h"

enum { TIMES = 10, OUT = 3 };

static void print(int out, const char *label, double us) { dprintf(out, "%s\tus\t%.1f\n", label, us); }

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
static int spawn_once(const char *role, bool isolate) {
    const char *const argv[] = {"bench_jail", role, NULL}, *const variables[] = {NULL};
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

static int bench_spawn(bool isolate) {
    for (int i = 0; i < TIMES; i++) {
        uint64_t start = clock_now_ns();
        if (spawn_once("nothing", isolate))
            return 1;
        print(1, isolate ? "spawn, isolated, to its end" : "spawn, plain, to its end", us_since(start));
    }
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
    uint64_t space = 0;
    double us[2];
    jail_limits_default(&limits);
    uint64_t start = clock_now_ns();
    if (jail_prepare(jail, 0, &limits, &report, 1, &work_dir, &err) < 0)
        _exit(complain(&err));
    us[0] = us_since(start);
    start = clock_now_ns();
    if (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0)
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

static int bench_tree(void) {
    struct jail_options options = {0};
    struct jail *jail = NULL;
    struct err err = {0};
    int ends[2];
    uint64_t start = clock_now_ns();
    if (pipe2(ends, O_CLOEXEC) < 0 || jail_open(&options, &jail, &err) < 0)
        return complain(&err);
    print(OUT, "jail_open, once per zygote", us_since(start));
    for (int i = 0; i < TIMES; i++) {
        struct round round;
        if (tree_round(jail, ends, &round))
            return 1;
        print(OUT, "tree: start, enter, leave", round.start);
        print(OUT, "jail_prepare", round.prepare);
        print(OUT, "jail_commit", round.commit);
        print(OUT, "tree: kill, reap", round.kill);
    }
    return 0;
}

_Noreturn static void codec_child(int report) {
    struct err err = {0};
    uint64_t start = clock_now_ns();
    if (jail_codec(NULL, &err) < 0)
        _exit(complain(&err));
    double us = us_since(start);
    _exit(write(report, &us, sizeof us) == sizeof us ? 0 : 1);
}

static int bench_codec(void) {
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return 1;
    for (int i = 0; i < TIMES; i++) {
        double us;
        pid_t pid = fork();
        if (pid == 0)
            codec_child(ends[1]);
        if (read(ends[0], &us, sizeof us) != sizeof us || waitpid(pid, &status, 0) != pid)
            return 1;
        print(OUT, "jail_codec", us);
    }
    return 0;
}

int main(int argc, char **argv) {
    const char *role = argc > 1 ? argv[1] : "";
    if (strcmp(role, "nothing") == 0)
        return 0;
    if (strcmp(role, "tree") == 0)
        return bench_tree();
    if (strcmp(role, "codec") == 0)
        return bench_codec();
    while (rounds_wait()) {
        if (bench_spawn(false) || bench_spawn(true) || spawn_once("tree", true) || spawn_once("codec", true))
            return 1;
        rounds_end();
    }
    return 0;
}
