// SPDX-License-Identifier: Apache-2.0
// The price of the jail: what a small C program pays, without the fork of a large interpreter, while this program does
// nothing else (`idle`) and while it keeps every processor busy (`busy`). Rounds: rounds.h; each does everything TIMES times.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail_prices.h"
#include "quern/clock.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "rounds.h"
#include "spinners.h"

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
static int spawn_once(const char *role, const char *when, bool isolate) {
    const char *const argv[] = {"bench_jail", role, when, NULL}, *const variables[] = {NULL};
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
        if (spawn_once("nothing", NULL, isolate))
            return 1;
        print(1, isolate ? "spawn, isolated, to its end" : "spawn, plain, to its end", us_since(start));
    }
    return 0;
}

// ---- in a zygote ----

static int bench_tree(const char *when) {
    struct jail_options options = {0};
    struct jail *jail = NULL;
    struct err err = {0};
    uint64_t start = clock_now_ns();
    if (jail_open(&options, &jail, &err) < 0)
        return complain(&err);
    if (strcmp(when, "idle") == 0)
        print(OUT, "jail_open, once per zygote", us_since(start));
    return jail_prices(jail, when, OUT, &err) < 0 ? complain(&err) : 0;
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

static int round_of(const struct spinners *spinners) {
    if (bench_spawn(false) || bench_spawn(true) || spawn_once("codec", NULL, true) || spawn_once("tree", "idle", true))
        return 1;
    spinners_go(spinners);
    int busy = spawn_once("tree", "busy", true);
    spinners_rest(spinners);
    return busy;
}

int main(int argc, char **argv) {
    const char *role = argc > 1 ? argv[1] : "";
    struct spinners spinners;
    struct err err = {0};
    if (strcmp(role, "nothing") == 0)
        return 0;
    if (strcmp(role, "tree") == 0)
        return bench_tree(argv[2]);
    if (strcmp(role, "codec") == 0)
        return bench_codec();
    if (spinners_start(&spinners, &err) < 0)
        return complain(&err);
    while (rounds_wait()) {
        if (round_of(&spinners))
            return 1;
        rounds_end();
    }
    spinners_end(&spinners);
    return 0;
}
